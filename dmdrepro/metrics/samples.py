"""What a metric accepts as samples, and in what form it gets them."""

from __future__ import annotations

import numpy as np
import torch

Samples = torch.Tensor | np.ndarray


def as_rows(samples: Samples, name: str, least: int = 2) -> torch.Tensor:
    """Samples [N, ...] as a floating tensor [N, D] on their own device, without gradient.

    Floating types keep their digits; integers become float64. Raises ValueError, naming the
    samples, for anything but real numbers, fewer than `least` samples, or a non-finite value.
    """
    tensor = samples.detach() if isinstance(samples, torch.Tensor) else _from_numpy(samples, name)
    if tensor.is_complex():
        raise ValueError(f"{name} holds complex numbers; pass real ones.")
    if not tensor.is_floating_point():
        tensor = tensor.double()
    if tensor.ndim == 0 or len(tensor) < least:
        count = 0 if tensor.ndim == 0 else len(tensor)
        raise ValueError(
            f"{name} has shape {tuple(tensor.shape)}, so {count} samples; "
            f"pass [N, ...] with N of at least {least}."
        )
    if tensor.numel() == 0:
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}: its samples are empty.")
    rows = tensor.reshape(len(tensor), -1)
    finite = rows.isfinite().all(dim=1)
    if not finite.all():
        first = int((~finite).nonzero()[0, 0])
        raise ValueError(
            f"{name} holds values that are not finite, first in sample {first}; "
            "no distance is defined: find out why the network made them."
        )
    return rows


def same_rows(**sets: Samples) -> list[torch.Tensor]:
    """Sets of equal shape as rows [N, D] of one type on the first one's device.

    Raises ValueError, naming the sets, for unequal shapes and whatever `as_rows` refuses.
    """
    shapes = {name: tuple(np.shape(samples)) for name, samples in sets.items()}
    if len(set(shapes.values())) > 1:
        words = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"The sets differ in shape ({words}); row i of each must belong together.")
    rows = [as_rows(samples, name) for name, samples in sets.items()]
    dtype = rows[0].dtype
    for other in rows[1:]:
        dtype = torch.promote_types(dtype, other.dtype)
    return [r.to(rows[0].device, dtype) for r in rows]


def _from_numpy(samples: Samples, name: str) -> torch.Tensor:
    array = np.asarray(samples)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} has type {array.dtype}; pass real numbers.")
    # torch knows neither foreign byte orders, nor 128-bit floats, nor large unsigned integers.
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    array = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))
    return torch.from_numpy(array if array.flags.writeable else array.copy())
