"""What a metric accepts as samples, and in what form it gets them."""

import math

import numpy as np
import torch

Samples = torch.Tensor | np.ndarray
PLAIN = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
WHOLE = 2**53  # up to here float64 holds every whole number


def as_tensor(samples: Samples, name: str) -> torch.Tensor:
    """Samples [N, ...] as a floating tensor of their own shape and device, without gradient.

    Floating types keep their digits (float8 becomes float32, longer types than float64 are
    rounded); integers and booleans become float64. Raises ValueError, naming the samples, for what
    is not real numbers: complex, quantized, sparse, masked, objects, integers above 2^53.
    """
    if not isinstance(samples, torch.Tensor):
        return _from_numpy(samples, name)
    tensor = check_dense(samples.detach(), name)
    if tensor.is_complex():
        raise ValueError(f"{name} holds complex numbers; pass real ones.")
    if tensor.dtype in PLAIN:
        return tensor
    try:
        if tensor.is_floating_point():
            return tensor.float()
        if tensor.dtype == torch.bool:
            return tensor.double()
        _check_whole(tensor.cpu().numpy(), name)
        return tensor.double()
    except (RuntimeError, TypeError):  # such as four-bit floats and bits
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ValueError(f"{name} has type {kind}; pass real numbers, such as float32.") from None


def check_dense(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """The tensor; raises ValueError if it is nested, sparse, quantized or without values."""
    if tensor.is_nested or tensor.layout != torch.strided:
        kind = "nested" if tensor.is_nested else str(tensor.layout).removeprefix("torch.")
        remedy = "" if tensor.is_nested else ", such as its .to_dense()"
        raise ValueError(f"{name} is a {kind} tensor; pass a dense one{remedy}.")
    if tensor.is_quantized:
        raise ValueError(f"{name} is a quantized tensor; pass its .dequantize().")
    if tensor.is_meta:
        raise ValueError(f"{name} is a meta tensor, which holds no numbers; pass one that does.")
    return tensor.resolve_conj().resolve_neg()  # numpy takes no view that torch has yet to negate


def as_rows(samples: Samples, name: str, least: int = 2) -> torch.Tensor:
    """Samples [N, ...] as a floating tensor [N, D] on their own device, without gradient.

    Types as of `as_tensor`. Raises ValueError, naming the samples, for what that refuses, fewer
    than `least` samples, or a non-finite value.
    """
    tensor = as_tensor(samples, name)
    if tensor.ndim == 0 or len(tensor) < least:
        count = 0 if tensor.ndim == 0 else len(tensor)
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)}, so {count} samples; "
            f"pass [N, ...] with N of at least {least}."
        )
    if tensor.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}: its samples are empty.")
    rows = tensor.reshape(len(tensor), -1)
    # The sum of finite values may overflow; then their ends tell. Of NaN's both are NaN.
    if not (rows.sum().isfinite() or all(math.isfinite(end) for end in rows.aminmax())):
        first = int((~rows.isfinite().all(1)).nonzero()[0, 0])
        raise ValueError(
            f"{name} holds values that are not finite, first in sample {first}; "
            "no distance is defined: find out why the network made them."
        )
    return rows


def same_rows(**sets: Samples) -> list[torch.Tensor]:
    """Sets of equal shape as rows [N, D] of one type on the first one's device.

    Raises ValueError, naming the sets, for unequal shapes and whatever `as_rows` refuses.
    """
    tensors = {name: as_tensor(samples, name) for name, samples in sets.items()}
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) > 1:
        words = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"The sets differ in shape ({words}); row i of each must belong together.")
    rows = [as_rows(tensor, name) for name, tensor in tensors.items()]
    dtype = rows[0].dtype
    for other in rows[1:]:
        dtype = torch.promote_types(dtype, other.dtype)
    return [r.to(rows[0].device, dtype) for r in rows]


def strict(record: dict[str, object]) -> dict[str, object]:
    """A record for JSON, which has no infinities and no nan: as "inf", "-inf" and "nan"."""
    return {
        k: str(v) if isinstance(v, float) and not math.isfinite(v) else v for k, v in record.items()
    }


def _from_numpy(samples: Samples, name: str) -> torch.Tensor:
    if isinstance(samples, list | tuple) and any(map(np.ma.isMaskedArray, samples)):
        samples = np.ma.array(samples)
    if np.ma.isMaskedArray(samples):
        if masked := int(np.ma.count_masked(samples)):
            raise ValueError(
                f"{name} is a masked array with {masked:,} masked values, which have no distance; "
                "leave those rows out of every set and pass its .data."
            )
        samples = samples.data
    try:
        array = np.asarray(samples)
    except (ValueError, TypeError, RuntimeError) as error:  # such as rows of unequal length
        words = str(error).rstrip(".")
        raise ValueError(f"{name} is not an array of numbers: {words}.") from None
    if array.dtype.kind not in "fiub":
        kind = "objects" if array.dtype.kind == "O" else f"type {array.dtype}"
        raise ValueError(f"{name} has {kind}; pass a dense array of real numbers.")
    if array.dtype.kind in "iu":
        _check_whole(array, name)
    # torch knows neither foreign byte orders, nor 128-bit floats, nor large unsigned integers.
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            longer, array = array, array.astype(np.float64)
        if array.dtype != longer.dtype and bool((np.isinf(array) & np.isfinite(longer)).any()):
            raise ValueError(f"{name} holds values beyond float64's range; scale all sets alike.")
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    array = array.reshape(np.shape(samples))  # a number has no axis, which ascontiguousarray adds
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def _check_whole(array: np.ndarray, name: str) -> None:
    """Refuse whole numbers that float64, in which distances are computed, does not hold."""
    ends = (-int(array.min()), int(array.max())) if array.size else (0,)
    if array.dtype.itemsize == 8 and max(ends) > WHOLE:
        raise ValueError(
            f"{name} holds whole numbers above 2^53, of which float64 loses digits; subtract the "
            "same offset from all sets first."
        )
