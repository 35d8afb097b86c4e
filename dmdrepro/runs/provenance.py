"""Where a number comes from: versions, commit, device, threads, wall time."""

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

PROJECT = "dmdrepro"
_PACKAGES = ("torch", "triton", "numpy", "scipy")
_ROOT = Path(__file__).resolve().parents[2]


def provenance(device: str | None = None) -> dict[str, object]:
    """Versions, commit and machine of this process; `device` is the torch device in use."""
    facts: dict[str, object] = {
        "commit": commit(),
        "version": sys.modules[PROJECT].__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    if job := os.environ.get("SLURM_JOB_ID"):
        facts["slurm_job"], facts["host"] = job, platform.node()
    for package in _PACKAGES:
        try:
            facts[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            facts[package] = None
    torch = sys.modules.get("torch")
    if torch is not None:
        facts["torch"] = str(torch.__version__)
        facts["threads"] = torch.get_num_threads()
        if device is not None and device.startswith("cuda"):
            device = torch.cuda.get_device_name(device)
    facts["device"] = device
    return facts


def commit(root: Path = _ROOT) -> str | None:
    """The commit that this code is of; "+" if a checkout's files differ from it.

    A checkout counts if `root`, which holds the package, is the top level of this project's git
    repository. A repository around it, somebody else's, is not asked. Of an installed package it
    is what pip recorded of the git address. Else None.
    """
    if not _is_ours(root):
        return _installed_commit(root)
    try:
        if Path(_git(root, "rev-parse", "--show-toplevel")).resolve() != root.resolve():
            return None
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _is_ours(root: Path) -> bool:
    """Whether `root` holds this project's pyproject.toml."""
    import tomllib

    try:
        about = tomllib.loads((root / "pyproject.toml").read_text()).get("project", {})
        return about.get("name") == PROJECT
    except (OSError, ValueError, AttributeError):
        return False


def _installed_commit(root: Path) -> str | None:
    """The commit in the direct_url.json (PEP 610) of the package that lies in `root`."""
    try:
        found = importlib.metadata.distribution(PROJECT)
        if Path(str(found.locate_file(""))).resolve() != root.resolve():
            return None
        recorded = json.loads(found.read_text("direct_url.json") or "{}")
        return str(recorded["vcs_info"]["commit_id"])
    except (importlib.metadata.PackageNotFoundError, OSError, ValueError, KeyError, TypeError):
        return None


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    # A hook's GIT_DIR and the like name the repository that the hook runs for.
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=10, env=own
    ).stdout.strip()
