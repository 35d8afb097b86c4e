"""Where a number comes from: versions, commit, device, threads, wall time."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import subprocess
import sys
from pathlib import Path

_PACKAGES = ("torch", "triton", "numpy", "scipy")
_ROOT = Path(__file__).resolve().parents[2]


def provenance(device: str | None = None) -> dict[str, object]:
    """Versions, commit and machine of this process; `device` is the torch device in use."""
    facts: dict[str, object] = {
        "commit": commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
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


def commit() -> str | None:
    """The commit of this checkout, with "+" where files differ from it; None outside git."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(_ROOT), *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=10
    ).stdout.strip()
