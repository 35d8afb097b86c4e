"""Compile every kernel as it is launched for an H100, without one; print what it uses as JSON.

Run by test_compile_sm90.py in a process of its own: under TRITON_INTERPRET nothing is compiled.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from dmdrepro.kernels.auction_rounds import kernel as auction_rounds
from dmdrepro.kernels.cheapest_two import kernel as cheapest_two
from dmdrepro.kernels.dm_gradient import kernel as dm_gradient
from dmdrepro.kernels.group_norm_silu import kernel as group_norm_silu
from dmdrepro.kernels.nearest_two import kernel as nearest_two
from dmdrepro.kernels.pairwise_sqdist import kernel as pairwise_sqdist

H100 = GPUTarget("cuda", 90, 32)
CUOBJDUMP = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
FLOATS = ("fp32", "bf16", "fp16")
NORM = ("fp32", "bf16")  # of the networks' activations
# The arguments that are neither inputs nor int32, the inputs, and the types they are launched in.
KERNELS = {
    "dm_gradient": (
        dm_gradient.dm_gradient_kernel,
        dm_gradient,
        {"sigma": "*fp32", "grad": "*fp32", "loss": "*fp32", "sigma_data": "fp32"},
        ("x", "noisy", "f_real", "f_fake"),
        FLOATS,
    ),
    "pairwise_sqdist": (
        pairwise_sqdist.pairwise_sqdist_kernel,
        pairwise_sqdist,
        {"out": "*fp64"},
        ("x", "y"),
        FLOATS,
    ),
    "nearest_two": (
        nearest_two.nearest_two_kernel,
        nearest_two,
        {
            **dict.fromkeys(("q_norms", "x_norms", "q_units", "x_units", "sums"), "*fp32"),
            **dict.fromkeys(("keys", "let_go"), "*i32"),
        },
        ("q_high", "q_low", "x_high", "x_low"),
        ("fp16",),  # into which the launch splits every input
    ),
    "halves": (
        nearest_two.halves_kernel,
        nearest_two,
        {
            **dict.fromkeys(("centre", "norms", "units"), "*fp32"),
            **dict.fromkeys(("high", "low"), "*fp16"),
        },
        ("values",),
        FLOATS,
    ),
    "cheapest_two": (
        cheapest_two.cheapest_two_kernel,
        cheapest_two,
        {"rows": "*i64", "value": "*fp64", "column": "*i64"},
        ("cost", "price"),
        ("fp64",),
    ),
    "group_norm_forward": (
        group_norm_silu.group_norm_forward_kernel,
        group_norm_silu,
        {
            **dict.fromkeys(("weight", "bias", "mean", "rstd", "scale", "shift"), "*fp32"),
            **dict.fromkeys(("size", "eps"), "fp32"),
        },
        ("x", "y"),
        NORM,
    ),
    "group_norm_backward": (
        group_norm_silu.group_norm_backward_kernel,
        group_norm_silu,
        dict.fromkeys(
            ("weight", "bias", "scale", "shift", "mean", "rstd", "sums", "products"), "*fp32"
        )
        | {"size": "fp32"},
        ("dy", "x", "dx"),
        NORM,
    ),
    "norm_parameters": (
        group_norm_silu.norm_parameters_kernel,
        group_norm_silu,
        {},
        ("sums", "products", "weight", "bias", "scale", "dweight", "dbias", "dscale"),
        ("fp32",),
    ),
}
QUEUE = dict.fromkeys(
    ("waiting", "count", "next_waiting", "next_count", "column", "winner"), "*i32"
) | dict.fromkeys(("owner", "best", "bids"), "*i64")
for name, inputs in (
    ("bid", ("cost", "price", "offer", "eps")),
    ("claim", ("offer",)),
    ("settle", ("price", "offer")),
):
    kernel = getattr(auction_rounds, f"{name}_kernel")
    KERNELS[name] = (kernel, auction_rounds, QUEUE, inputs, ("fp64",))
# Kernels that get no pointer of the caller's: memory of the launch's own is always aligned.
OWN_MEMORY = ("nearest_two",)


def resources(cubin: bytes) -> dict[str, int]:
    """REG, STACK, SHARED and LOCAL of the one kernel in a cubin."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        command = [str(CUOBJDUMP), "-res-usage", file.name]
        usage = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in re.findall(r"\b([A-Z]+):(\d+)", usage)}


def compile_one(name: str, dtype: str, aligned: bool) -> dict[str, int | None]:
    """`aligned`: the caller's pointers and sizes divisible by 16, and costs contiguous.

    Triton specialises on both.
    """
    kernel, module, fixed, inputs, _ = KERNELS[name]
    kinds = {**dict.fromkeys(inputs, f"*{dtype}"), **fixed}
    signature, constants = {}, {}
    for parameter in kernel.params:
        if parameter.is_constexpr:
            signature[parameter.name] = "constexpr"
            constants[parameter.name] = getattr(module, parameter.name)
        elif parameter.name == "column_stride" and aligned:
            signature[parameter.name] = "constexpr"
            constants[parameter.name] = 1
        else:
            signature[parameter.name] = kinds.get(parameter.name, "i32")
    attributes = {
        (i,): [["tt.divisibility", 16]]
        for i, kind in enumerate(signature.values())
        if kind not in ("constexpr", "fp32")
        and (aligned or (name in OWN_MEMORY and kind.startswith("*")))
    }
    source = ASTSource(kernel, signature, constants, attributes)
    options = {"num_warps": module.NUM_WARPS}
    if hasattr(module, "NUM_STAGES"):
        options["num_stages"] = module.NUM_STAGES
    compiled = triton.compile(source, target=H100, options=options)
    used = resources(compiled.asm["cubin"]) if CUOBJDUMP.exists() else {}
    return {
        **used,
        "shared": compiled.metadata.shared,
        "bytes": len(compiled.asm["cubin"]),
        # For the tensor cores: HGMMA in the machine's code, which takes a second to list.
        "wgmma": compiled.asm["ptx"].count("wgmma.mma_async"),
    }


if __name__ == "__main__":
    rows = {
        f"{name} {dtype} {'aligned' if aligned else 'odd'}": compile_one(name, dtype, aligned)
        for name in KERNELS
        for dtype in KERNELS[name][-1]
        for aligned in (True, False)
    }
    json.dump(rows, sys.stdout, indent=1)
