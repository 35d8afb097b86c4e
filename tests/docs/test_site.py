"""The documentation site is built without a warning, and its examples run."""

import re

import pytest
from conftest import ROOT
from processes import completed

EXAMPLES = [
    (page.name, number, code)
    for page in sorted((ROOT / "docs").glob("*.md"))
    if page.name != "own_model.md"  # whose examples need files: test_own_model.py
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
]


def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("furo")
    pytest.importorskip("myst_parser")
    done = completed("-m", "sphinx", "-q", "-W", "--keep-going", "docs", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    commands = (tmp_path / "commands.html").read_text()
    assert "--independent" in commands
    assert "pairing_inefficiency" in (tmp_path / "api.html").read_text()


@pytest.mark.parametrize(("page", "number", "code"), EXAMPLES, ids=lambda v: str(v)[:20])
def test_every_example_of_the_docs_runs(page, number, code):
    exec(compile(code, f"{page}, example {number}", "exec"), {})


CLIENT = """
import numpy as np
import torch

from dmdrepro import adm_denoiser, heun_sample, pairing_inefficiency

net = adm_denoiser(8, 1, 0, width=32, channel_mult=(1,), num_blocks=1, attn_resolutions=())
samples: torch.Tensor = heun_sample(net, 80 * torch.randn(4, 1, 8, 8), 8)
record = pairing_inefficiency(samples, np.zeros((4, 1, 8, 8)))
numbers: list[float] = [record.delta_e, record.retention, record.concordance]
"""


# What the client sees of both: read whole, they take a minute.
STUBS = {
    "torch": """
class Tensor:
    def __rmul__(self, other: float) -> Tensor: ...
def randn(*size: int) -> Tensor: ...
def __getattr__(name: str) -> object: ...
""",
    "numpy": """
class ndarray: ...
def zeros(shape: tuple[int, ...]) -> ndarray: ...
def __getattr__(name: str) -> object: ...
""",
}
WRONG = {"record.delta_e": "float", "samples": "Tensor"}


def test_a_client_passes_a_strict_type_check(tmp_path):
    pytest.importorskip("mypy")
    assert (ROOT / "dmdrepro/py.typed").is_file()
    wrong = "".join(f"wrong_{kind}: str = {value}\n" for value, kind in WRONG.items())
    (tmp_path / "client.py").write_text(CLIENT + wrong)
    for name, stub in STUBS.items():
        (tmp_path / f"{name}.pyi").write_text(stub)
    # Silent, as of an installed package: what is asked is what a client sees.
    options = ("--strict", "--no-site-packages", "--follow-imports=silent", "--cache-dir", tmp_path)
    done = completed("-m", "mypy", *options, tmp_path / "client.py")
    assert done.stdout.count("error:") == len(WRONG), done.stdout + done.stderr
    for kind in WRONG.values():
        assert f'(expression has type "{kind}", variable has type "str")' in done.stdout
