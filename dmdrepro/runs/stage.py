"""One stage of a run as a folder: new, interrupted or done; never mixed up, never half."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dmdrepro.runs import checkpoint
from dmdrepro.runs.errors import DamagedArtifact, DifferentConfiguration, RunError
from dmdrepro.runs.files import (
    MANIFEST,
    read_json,
    sha256,
    verify_manifest,
    write_json,
    write_manifest,
)
from dmdrepro.runs.log import LossLog
from dmdrepro.runs.provenance import provenance

CONFIG, RECORD, STATE, LOG = "config.json", "record.json", "state.json", "log.jsonl"


class Stage:
    """A stage's folder.

    `config.json` is written first: the configuration and the hashes of the inputs that this
    stage depends on. `state.json` names the newest saved state. `manifest.json` is written last:
    where it stands, the stage is done.
    """

    def __init__(self, folder: Path, key: dict, what: str) -> None:
        """`key`: all that the result depends on; `what`: its name in messages."""
        self.folder = folder
        self.key = key
        self.what = what
        self._wall_before = 0.0
        self._opened = time.monotonic()

    # --- status ---

    @property
    def done(self) -> bool:
        return (self.folder / MANIFEST).is_file()

    @property
    def begun(self) -> bool:
        return (self.folder / CONFIG).is_file()

    def progress(self) -> int:
        """The step of the newest saved state, 0 where there is none."""
        path = self.folder / STATE
        return int(read_json(path)["step"]) if path.is_file() else 0

    def verify(self) -> dict[str, str]:
        """Check a done stage's files against its manifest; SHA-256 by file name."""
        if not self.done:
            raise RunError(f"{self.what} is not done in {self.folder}.")
        return verify_manifest(self.folder)

    def check_configuration(self) -> None:
        """Raise DifferentConfiguration where the folder was made from another configuration."""
        if not self.begun:
            if self.done:
                raise DamagedArtifact(f"{self.folder} has results but no {CONFIG}; use --fresh.")
            return
        theirs = read_json(self.folder / CONFIG)
        changes = differences(theirs, self.key)
        if changes:
            listed = "; ".join(changes)
            raise DifferentConfiguration(
                f"{self.what} in {self.folder} was made with another configuration ({listed}). "
                "Give the same options, another --runs folder, or --fresh to make it anew "
                "(what is there is moved aside)."
            )

    # --- life ---

    def set_aside(self) -> Path | None:
        """Move what is there out of the way (for --fresh): nothing made is deleted."""
        if not self.folder.exists():
            return None
        number = 1
        while (aside := self.folder.with_name(f"{self.folder.name}.old{number}")).exists():
            number += 1
        self.folder.rename(aside)
        return aside

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process out of this stage while it is being made."""
        from filelock import FileLock, Timeout

        self.folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder.with_name(f".{self.folder.name}.lock"), timeout=0)
        try:
            with lock:
                yield
        except Timeout:
            raise RunError(
                f"Another process is making {self.what} in {self.folder}; wait for it to end."
            ) from None

    def begin(self) -> None:
        """Record the configuration; to be called under the lock, before anything is made."""
        self.check_configuration()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.begun:
            write_json(self.folder / CONFIG, self.key)
        self._opened = time.monotonic()

    def load_state(self) -> tuple[int, checkpoint.Tensors] | None:
        """(step, tensors) of the newest saved state, checked; None for a stage at its start."""
        path = self.folder / STATE
        if not path.is_file():
            return None
        state = read_json(path)
        file = self.folder / state["file"]
        if not file.is_file() or sha256(file) != state["sha256"]:
            raise DamagedArtifact(
                f"{file} is not the state that was saved (changed or damaged); "
                f"run {self.what} again with --fresh (what is there is moved aside)."
            )
        self._wall_before = state["wall_s"]
        return int(state["step"]), checkpoint.load_tensors(file)

    def open_log(self) -> LossLog:
        path = self.folder / STATE
        return LossLog(self.folder / LOG, read_json(path)["log_bytes"] if path.is_file() else 0)

    def save_state(self, step: int, tensors: checkpoint.Tensors, log: LossLog) -> None:
        """Save state and log so that a kill at any moment leaves the old pair or the new one."""
        file = self.folder / f"state-{step}.safetensors"
        checkpoint.save_tensors(file, tensors)
        write_json(
            self.folder / STATE,
            {
                "step": step,
                "file": file.name,
                "sha256": sha256(file),
                "log_bytes": log.sync(),
                "wall_s": self.wall_s(),
            },
        )
        for old in self.folder.glob("state-*.safetensors"):
            if old != file:
                old.unlink()

    def wall_s(self) -> float:
        """Seconds spent on this stage over all its sittings."""
        return self._wall_before + time.monotonic() - self._opened

    def finish(self, files: Iterable[str], device: str | None, record: dict | None = None) -> None:
        """Write the record and the manifest, then drop the state that is no longer needed."""
        facts = provenance(device)
        facts["finished"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts["wall_s"] = round(self.wall_s(), 2)
        del facts["started"]
        write_json(self.folder / RECORD, {**(record or {}), "provenance": facts})
        write_manifest(self.folder, [CONFIG, RECORD, *files])
        (self.folder / STATE).unlink(missing_ok=True)
        for old in self.folder.glob("state-*.safetensors"):
            old.unlink()


def differences(theirs: object, ours: object, path: str = "") -> list[str]:
    """Each leaf that differs, as `distill.lr: 1e-4 there, 2e-4 now`."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        found: list[str] = []
        for key in sorted(theirs.keys() | ours.keys()):
            inner = f"{path}.{key}" if path else key
            found += differences(theirs.get(key, "absent"), ours.get(key, "absent"), inner)
        return found
    if theirs == ours:
        return []
    return [f"{path}: {_short(theirs)} there, {_short(ours)} now"]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:12] + "..."
