"""Arrays and tensors of every kind: measured as their numbers, or refused in a sentence."""

import numpy as np
import pytest
import torch

from dmdrepro.metrics import (
    boundary_effect,
    feature_quality,
    frechet_squared,
    memorisation_ratio,
    pairing_inefficiency,
    precision_recall,
    sample_quality,
    turn_of,
)

RNG = np.random.default_rng(0)
GOOD = RNG.standard_normal((12, 4))
METRICS = {
    "pairing": lambda x, y: pairing_inefficiency(x, y).to_json(),
    "turn": lambda x, y: turn_of(x, y).to_json(),
    "quality": lambda x, y: sample_quality({"x": x}, [(y, GOOD)])["x"].to_json(),
    "features": lambda x, y: feature_quality({"x": x}, [(y, GOOD)])["x"].to_json(),
    "frechet": frechet_squared,
    "overlap": precision_recall,
    "memorisation": lambda x, y: memorisation_ratio(x, y).to_json(),
    "boundary": lambda x, y: boundary_effect(GOOD, x, y, np.arange(12.0)).to_json(),
}
every_metric = pytest.mark.parametrize("metric", METRICS)

masked = np.ma.masked_array(GOOD, mask=GOOD > 1)
large = np.full((12, 4), 2**60, dtype=np.int64) + np.arange(48).reshape(12, 4)
REFUSED = {
    "masked values": (masked, f"masked array with {masked.mask.sum()} masked values"),
    "masked rows": (list(masked), f"masked array with {masked.mask.sum()} masked values"),
    "large integers": (large, r"whole numbers above 2\^53"),
    "large negative integers": (-large, r"whole numbers above 2\^53"),
    "large unsigned integers": (large.astype(np.uint64), r"whole numbers above 2\^53"),
    "large integers of torch": (torch.from_numpy(large), r"whole numbers above 2\^53"),
    "objects": (GOOD.astype(object), "has objects; pass a dense array of real numbers"),
    "text": (GOOD.astype(str), "type <U"),
    "times": (GOOD.astype("m8[s]"), "type timedelta64"),
    "complex": (GOOD.astype(complex), "type complex128"),
    "complex of torch": (torch.from_numpy(GOOD).to(torch.complex64), "complex numbers"),
    "a ragged list": ([[1.0, 2.0], [3.0]], "is not an array of numbers"),
    "sparse": (torch.from_numpy(GOOD).to_sparse(), r"sparse_coo tensor; .*to_dense\(\)"),
    "sparse by rows": (torch.from_numpy(GOOD).to_sparse_csr(), r"sparse_csr tensor; .*to_dense"),
    "quantized": (
        torch.quantize_per_tensor(torch.from_numpy(GOOD).float(), 0.1, 0, torch.qint8),
        r"quantized tensor; pass its \.dequantize\(\)",
    ),
    "meta": (torch.empty(12, 4, device="meta"), "meta tensor, which holds no numbers"),
    "bits": (torch.zeros(12, 4, dtype=torch.uint8).view(torch.bits8), "has type bits8"),
    "nested": (torch.nested.nested_tensor([torch.zeros(2), torch.zeros(3)]), "nested tensor"),
    "beyond float64": (np.full((12, 4), np.longdouble(10) ** 400), "beyond float64's range"),
}


@every_metric
@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("place", [0, 1])
def test_what_is_no_plain_set_of_real_numbers_is_refused(metric, kind, place):
    bad, words = REFUSED[kind]
    if kind == "beyond float64" and np.finfo(np.longdouble).max == np.finfo(float).max:
        pytest.skip("long floats are float64 here")
    sets = [GOOD, GOOD]
    sets[place] = bad
    with pytest.raises(ValueError, match=words) as error:
        METRICS[metric](*sets)
    assert "\n" not in str(error.value)


whole = RNG.integers(0, 5, (12, 4))
TAKEN = {
    "an empty mask": lambda x: np.ma.masked_array(x, mask=False),
    "float8": lambda x: torch.from_numpy(x).to(torch.float8_e4m3fn),
    "float8, wide": lambda x: torch.from_numpy(x).to(torch.float8_e5m2),
    "large unsigned type": lambda x: x.astype(np.uint64),
    "unsigned of torch": lambda x: torch.from_numpy(x).to(torch.uint16),
    "long floats": lambda x: x.astype(np.longdouble),
    "a list": lambda x: x.tolist(),
    "a gradient": lambda x: torch.from_numpy(x).double().requires_grad_(),
    "a view to be negated": lambda x: torch.from_numpy(-1j * x).conj().imag,
    "other byte order": lambda x: x.astype(">f8"),
    "bytes": lambda x: x.astype(np.uint8),
    "float16": lambda x: x.astype(np.float16),
}


@every_metric
@pytest.mark.parametrize("kind", TAKEN)
def test_what_is_one_is_measured_as_its_numbers(metric, kind):
    x, y = whole, (whole * 2 + np.arange(12)[:, None]) % 7  # floats of eight bits hold these
    expected = METRICS[metric](x.astype(float), y.astype(float))
    assert METRICS[metric](TAKEN[kind](x), TAKEN[kind](y)) == expected


def test_whole_numbers_up_to_2_to_the_53_keep_their_digits():
    x = np.array([[2**53 - 1], [2**53 - 3]])
    assert pairing_inefficiency(x, x - 1).e_dt == 1
