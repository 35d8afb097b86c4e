"""Who may import whom (docs/architecture.md)."""

import ast
import sys

import pytest
from conftest import ROOT
from processes import completed

INSIDE = ("dmdrepro", "kernels", "paper_figures")  # folders; the last two belong to dmdrepro
# Room -> the other rooms of ours, below dmdrepro, that it may import from.
MAY = {
    "kernels": "",
    "dmdrepro/experiments": "data models settings",
    "dmdrepro/runs": "settings",
    "dmdrepro/data": "settings",
    "dmdrepro/models": "kernels settings",
    "dmdrepro/diffusion": "kernels",
    "dmdrepro/pretrained": "checkout data models runs",
    "dmdrepro/distillation": "diffusion kernels",
    "dmdrepro/metrics": "kernels",
    "dmdrepro/known": "diffusion distillation metrics runs",
    "dmdrepro/training": "checkout data diffusion distillation experiments models runs watching",
    "dmdrepro/watching": "paper_figures runs",
    "dmdrepro/pipeline": "checkout commands data experiments loading runs stages watching",
    "dmdrepro/measures": "data diffusion experiments kernels metrics runs",
    "dmdrepro/report": "commands experiments measures paper_figures runs",
    "dmdrepro/comparison": "diffusion kernels measures metrics paper_figures report runs settings",
    "paper_figures": "runs",
}


def imports(path):
    """(module, at import time) for each import of a file."""
    tree = ast.parse(path.read_text())
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    lazy = {id(inner) for f in functions for inner in ast.walk(f)}
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in lazy
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module, id(node) not in lazy


@pytest.mark.parametrize("room", MAY)
def test_a_room_imports_only_what_it_may(room):
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    allowed = {f"dmdrepro.{name}" for name in (room.split("/")[-1], *MAY[room].split())}
    for path in files:
        for module, _ in imports(path):
            top, *inner = module.split(".")
            ours = ".".join((top, *inner[:1])) in allowed
            assert ours or top not in INSIDE, f"{path} imports {module}"


@pytest.mark.parametrize("room", ["dmdrepro/experiments", "dmdrepro/pipeline", "dmdrepro/runs"])
def test_configuration_plans_and_records_need_the_standard_library_only(room):
    for path in (ROOT / room).rglob("*.py"):
        for module, at_import in imports(path):
            top = module.split(".")[0]
            light = top == "dmdrepro" or top in sys.stdlib_module_names
            assert light or not at_import, f"{path} imports {module}"


def test_importing_does_not_load_torch():
    names = (
        "dmdrepro", "dmdrepro.cli.commands", "dmdrepro.data.mnist_files",
        "dmdrepro.experiments.estimate", "dmdrepro.measures.along", "dmdrepro.pipeline.execute",
        "dmdrepro.paper_figures",
    )  # fmt: skip
    code = (
        "import importlib, sys\n"
        f"for name in {names}:\n"
        "    importlib.import_module(name)\n"
        "    if 'torch' in sys.modules: sys.exit(name)\n"
    )
    assert completed("-c", code).returncode == 0


def modules():
    """Full name -> file of every module of ours."""
    found = {}
    for room in (*INSIDE, "tests"):
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join(parts if room == "dmdrepro" else ("dmdrepro", *parts))] = path
    return found


def needs(path, known):
    """The modules of ours that a file imports, at once or when a function is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "dmdrepro":
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else node.module for name in inside)


# A network's settings make it when they are asked to, and it is made from them.
MADE_BY_ITS_SETTINGS = {
    f"dmdrepro.models.{name}{what}"
    for name in ("adm", "song", "mlp", "classifier")
    for what in ("_network", "_block")
}


def test_no_module_needs_itself_by_way_of_others():
    known = modules()
    left = {
        name: set(needs(path, known)) - {name} - MADE_BY_ITS_SETTINGS
        for name, path in known.items()
    }
    # What needs nothing that is left is taken away, until nothing changes.
    while free := [name for name, others in left.items() if not others & left.keys()]:
        for name in free:
            del left[name]
    assert not left  # a circle, and what needs it


def test_files_stay_near_250_lines():
    for room in (*INSIDE, "tests"):
        for path in (ROOT / room).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 300, path
