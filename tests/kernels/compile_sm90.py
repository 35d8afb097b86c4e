"""Compile every kernel as it is launched for an H100, without one; print what it uses as JSON.

Run by test_compile_sm90.py in a process of its own: under TRITON_INTERPRET nothing is compiled.
"""

import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from dmdrepro.kernels import Bidding
from dmdrepro.kernels.auction_rounds import kernel as auction_rounds
from dmdrepro.kernels.cheapest_two import kernel as cheapest_two
from dmdrepro.kernels.dm_gradient import kernel as dm_gradient
from dmdrepro.kernels.group_norm_silu import kernel as group_norm
from dmdrepro.kernels.nearest_two import kernel as nearest_two
from dmdrepro.kernels.pairwise_sqdist import kernel as pairwise_sqdist

MODULES = (auction_rounds, cheapest_two, dm_gradient, group_norm, nearest_two, pairwise_sqdist)
H100 = GPUTarget("cuda", 90, 32)
CUOBJDUMP = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
FLOAT64, INT64 = torch.float64, torch.int64
FLOATS = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
TYPES = {**FLOATS, FLOAT64: "fp64", torch.int32: "i32", INT64: "i64"}


class Recorder:
    """Stands in for a kernel: keeps what its first launch hands over."""

    def __init__(self, kernel) -> None:
        self.kernel, self.launched = kernel, None

    def __getitem__(self, grid):
        def launch(*arguments, **options) -> None:
            self.launched = self.launched or (arguments, options)

        return launch


def launch_all(dtype: torch.dtype, aligned: bool) -> None:
    """All launches with inputs of `dtype`, where there is a choice.

    `aligned`: the caller's memory and all sizes divisible by 16, and a unit stride. Triton
    specialises on these.
    """
    n, size, batch, channels, pixels = (
        (128, 1024, 32, 64, 1024) if aligned else (33, 67, 3, 60, 1023)
    )

    def made(*shape: int, dtype: torch.dtype = dtype) -> torch.Tensor:
        room = torch.zeros(math.prod(shape) + 1, dtype=dtype)
        return (room[:-1] if aligned else room[1:]).view(shape)

    def strided(*shape: int, dtype: torch.dtype = dtype) -> torch.Tensor:
        return made(*shape, dtype=dtype) if aligned else made(*shape, 2, dtype=dtype)[..., 0]

    sigma, price = made(n, dtype=torch.float32), made(n, dtype=FLOAT64)
    dm_gradient.launch(made(n, size), made(n, size), sigma, made(n, size), made(n, size), 0.5)
    pairwise_sqdist.launch(made(2, n, size), made(2, n, size))
    nearest_two.launch(made(n, size), made(2 * n, size), 8)
    cost = strided(n, n, dtype=FLOAT64)
    cheapest_two.launch(cost, price, made(n, dtype=INT64))
    auction_rounds.launch(cost, Bidding.over(price), 2)
    if dtype == torch.float16:  # no network's activations
        return
    groups = channels // 4  # as of the layers of most pixels of the paper's U-Net
    x = strided(batch, pixels, channels).transpose(1, 2)
    weight, bias = (made(channels, dtype=torch.float32) for _ in range(2))
    scale, shift = (made(batch, channels, dtype=torch.float32) for _ in range(2))
    _, mean, rstd = group_norm.launch_forward(x, weight, bias, scale, shift, groups, 1e-5, True)
    group_norm.launch_backward(x, x, weight, bias, scale, shift, mean, rstd, True)


def source_of(kernel, arguments: tuple, options: dict) -> ASTSource:
    """The kernel with Triton's signature of these arguments."""
    signature, constants, attributes = {}, {}, {}
    given = iter(arguments)
    for place, parameter in enumerate(kernel.params):
        value = options[parameter.name] if parameter.is_constexpr else next(given)
        divisible = False
        if parameter.is_constexpr or (isinstance(value, int) and value == 1):
            signature[parameter.name], constants[parameter.name] = "constexpr", value
        elif isinstance(value, torch.Tensor):
            signature[parameter.name] = f"*{TYPES[value.dtype]}"
            divisible = value.data_ptr() % 16 == 0
        else:
            signature[parameter.name] = "i32" if isinstance(value, int) else "fp32"
            divisible = isinstance(value, int) and value % 16 == 0
        if divisible:
            attributes[place,] = [["tt.divisibility", 16]]
    return ASTSource(kernel, signature, constants, attributes)


def resources(cubin: bytes) -> dict[str, int]:
    """REG, STACK, SHARED and LOCAL of the one kernel in a cubin."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        command = [str(CUOBJDUMP), "-res-usage", file.name]
        usage = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in re.findall(r"\b([A-Z]+):(\d+)", usage)}


def compile_one(source: ASTSource, options: dict) -> dict[str, int]:
    launch = {k: v for k, v in options.items() if k in ("num_warps", "num_stages")}
    compiled = triton.compile(source, target=H100, options=launch)
    used = resources(compiled.asm["cubin"]) if CUOBJDUMP.exists() else {}
    return {
        **used,
        "shared": compiled.metadata.shared,
        "bytes": len(compiled.asm["cubin"]),
        # For the tensor cores: HGMMA in the machine's code, which takes a second to list.
        "wgmma": compiled.asm["ptx"].count("wgmma.mma_async"),
    }


if __name__ == "__main__":
    kernels = {k: (m, v) for m in MODULES for k, v in vars(m).items() if k.endswith("_kernel")}
    rows, seen = {}, set()
    for dtype in FLOATS:
        for aligned in (True, False):
            for name, (module, kernel) in kernels.items():
                setattr(module, name, Recorder(kernel))
            launch_all(dtype, aligned)
            for name, (module, _) in kernels.items():
                recorder = getattr(module, name)
                if recorder.launched is None:
                    continue
                source = source_of(recorder.kernel, *recorder.launched)
                form = name, repr((source.signature, source.constants, source.attrs))
                if form not in seen:
                    seen.add(form)
                    row = f"{name.removesuffix('_kernel')} {FLOATS[dtype]} {aligned}"
                    rows[row] = compile_one(source, recorder.launched[1])
    json.dump(rows, sys.stdout, indent=1)
