"""Every kernel, input type and block shape that is launched compiles for an H100 (sm_90).

The compiler sees what the interpreter does not: illegal layouts, types, too much shared memory.
"""

import json
import re

import pytest
from cases import NO_TRITON
from conftest import ROOT
from processes import completed, environment

pytestmark = NO_TRITON
SHARED_MEMORY = 227 * 1024  # bytes a block may have on sm_90


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    # A fresh cache: what an earlier version left there must not stand in for this one.
    cache = {"TRITON_CACHE_DIR": str(tmp_path_factory.mktemp("triton"))}
    done = completed("tests/kernels/compile_sm90.py", env=environment() | cache)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_every_kernel_compiles_for_sm90_in_every_input_type(compiled):
    names = {name.split()[0] for name in compiled}
    written = "".join(path.read_text() for path in ROOT.glob("kernels/*/kernel.py"))
    assert names == set(re.findall(r"^def (\w+)_kernel\(", written, re.MULTILINE))
    # Three input types; two of a norm; of pairwise_sqdist, nearest_two, cheapest_two, an auction's
    # and a norm's parameters one; divisible by 16 or not, but for an auction's claims.
    assert len(compiled) == (2 * 3 + 2 * 2 + 7) * 2 - 1
    assert all(row["bytes"] > 0 and row["shared"] <= SHARED_MEMORY for row in compiled.values())


def test_no_kernel_spills_registers(compiled):
    if not any("LOCAL" in row for row in compiled.values()):
        pytest.skip("this triton does not bundle cuobjdump")
    spilled = {name: row for name, row in compiled.items() if row["LOCAL"] or row["STACK"]}
    assert not spilled


def test_the_matrix_product_runs_on_tensor_cores(compiled):
    for name, row in compiled.items():
        assert (row["wgmma"] > 0) == name.startswith("nearest_two"), name
