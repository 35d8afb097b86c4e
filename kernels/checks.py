"""Checks that the operations share."""

import torch

FLOATS = (torch.float32, torch.bfloat16, torch.float16)


def check_same_device(
    operation: str, tensors: dict[str, torch.Tensor], dtypes: tuple[torch.dtype, ...]
) -> None:
    """Raise ValueError, naming the tensor, for a dtype not in `dtypes` or a second device."""
    first = next(iter(tensors.values()))
    for name, tensor in tensors.items():
        if tensor.dtype not in dtypes:
            known = ", ".join(str(d).removeprefix("torch.") for d in dtypes)
            raise ValueError(f"{operation}: {name} is {tensor.dtype}; pass one of {known}.")
        if tensor.device != first.device:
            raise ValueError(
                f"{operation}: {name} is on {tensor.device}, the first tensor on {first.device}; "
                "move them to one device."
            )
