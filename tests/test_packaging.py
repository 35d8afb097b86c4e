"""What is installed, under which names, and that another library's `kernels` stays its own."""

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT

SAMPLES = "import numpy as np; x = np.arange(8.0).reshape(4, 2) ** 2; "
STUB = "kernels: somebody else's"


def run(*command: object, cwd: Path, code: int = 0) -> str:
    """Standard output of a command that sees no PYTHONPATH of ours."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "TRITON_INTERPRET")}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_every_package_is_listed_for_installation():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    found = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("dmdrepro", "kernels", "paper_figures")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert set(settings["packages"]) == {
        name if name.startswith("dmdrepro") else f"dmdrepro.{name}" for name in found
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The Python of an environment with our wheel, its dependencies and a stub `kernels`."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"  # a build leaves files beside what it builds
    run("git", "clone", "-q", "--no-hardlinks", ROOT, source, cwd=folder)
    for name in run("git", "ls-files", "-mo", "--exclude-standard", cwd=ROOT).splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    wheel = ("wheel", "--no-deps", "--no-build-isolation", "-w", folder)
    run(*pip, *wheel, source, cwd=folder)
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    (built,) = folder.glob("dmdrepro-*.whl")
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", built, cwd=folder)
    site = Path(run(python, "-c", "import sysconfig as s; print(s.get_path('purelib'))", cwd=folder)
                .strip())  # fmt: skip
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (site / "kernels").mkdir()
    (site / "kernels" / "__init__.py").write_text(f"NAME = {STUB!r}\n")
    return python


def test_the_library_works_beside_another_package_called_kernels(installed, tmp_path):
    code = (
        "import kernels, dmdrepro; " + SAMPLES + "print(kernels.NAME); "
        "print(dmdrepro.pairing_inefficiency(x, x).delta_e, dmdrepro.__file__)"
    )
    printed = run(installed, "-c", code, cwd=tmp_path)
    assert printed.splitlines()[0] == STUB
    assert printed.splitlines()[1].startswith("0.0 ")
    assert str(installed.parents[1]) in printed  # and not this checkout


def test_nothing_of_ours_is_installed_under_a_name_of_its_own(installed, tmp_path):
    code = "import importlib.metadata as m; print(*sorted(map(str, m.files('dmdrepro'))))"
    tops = {Path(name).parts[0] for name in run(installed, "-c", code, cwd=tmp_path).split()}
    assert {top for top in tops if ".dist-info" not in top} == {"..", "dmdrepro"}  # .. : bin


@pytest.mark.parametrize("how", ["script", "module"])
def test_the_program_runs_anywhere(installed, tmp_path, how):
    program = (
        (installed.with_name("dmdrepro"),) if how == "script" else (installed, "-m", "dmdrepro")
    )
    printed = run(*program, "list", "--runs", tmp_path / "runs", cwd=tmp_path)
    assert "chessboard" in printed
    if how == "script":  # both begin alike
        run(*program, "all", "chessboard", "--size", "smoke", "--gpu", "cpu", "--offline",
            "--runs", tmp_path / "runs", cwd=tmp_path)  # fmt: skip
        assert (tmp_path / "runs/smoke/seed0/report.html").is_file()


@pytest.mark.parametrize("where", ["reproduce.py", "-m dmdrepro"])
def test_a_checkout_leaves_the_name_kernels_to_others(installed, tmp_path, where):
    """The same environment, the program started in the repository."""
    spy = tmp_path / "sitecustomize.py"
    spy.write_text(
        "import atexit, sys\n"
        "def say():\n"
        "    import kernels\n"
        "    print(kernels.NAME, sys.modules['dmdrepro'].__file__)\n"
        "atexit.register(say)\n"
    )
    code = f"import sys; sys.path.insert(1, {str(tmp_path)!r}); import sitecustomize, runpy; "
    if where == "reproduce.py":
        code += "sys.path.insert(0, '.'); sys.argv = ['reproduce.py', 'list']; "
        code += "runpy.run_path('reproduce.py', run_name='__main__')"
    else:
        code += "sys.argv = ['dmdrepro', 'list']; "
        code += "runpy.run_module('dmdrepro', run_name='__main__', alter_sys=True)"
    printed = run(installed, "-c", code, cwd=ROOT).splitlines()[-1]
    assert printed == f"{STUB} {ROOT / 'dmdrepro' / '__init__.py'}"
