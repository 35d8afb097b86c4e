"""One stage of a run as a folder: new, interrupted or done; never mixed up, never half."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dmdrepro.runs import checkpoint
from dmdrepro.runs.errors import Busy, DifferentConfiguration, RunError
from dmdrepro.runs.files import (
    MANIFEST,
    check_file,
    read_json,
    read_sealed,
    sha256,
    verify_manifest,
    write_json,
    write_manifest,
)
from dmdrepro.runs.layout import CONFIG, LOG, RECORD
from dmdrepro.runs.log import EMPTY, LossLog
from dmdrepro.runs.provenance import provenance
from dmdrepro.runs.sittings import Sittings
from dmdrepro.runs.state import STATE, SavedState, read_state, write_state

REMEDY = (
    "Give the same options, another --runs folder, or --fresh to make it anew (what is there is "
    "moved aside)."
)


class Stage:
    """A stage's folder.

    `config.json` is written first: the configuration and the hashes of the inputs that this
    stage depends on. `state.json` names the newest saved state. `manifest.json` is written last:
    where it stands, the stage is done.
    """

    shared = False  # by several runs, which may be made at the same time: see stages/waiting.py

    def __init__(self, folder: Path, key: dict, what: str, remedy: str = REMEDY) -> None:
        """`key`: all that the result depends on; `what`: its name in messages.

        `remedy`: what to do where what is there has another configuration.
        """
        self.folder = folder
        self.key = key
        self.what = what
        self.remedy = remedy
        self.sittings = Sittings()
        self._configuration = ""  # digest of config.json, once begun
        self._made: dict[str, str] = {}  # finished files -> digest
        self._wall_before = 0.0
        self._opened = time.monotonic()

    # --- status ---

    @property
    def done(self) -> bool:
        return (self.folder / MANIFEST).is_file()

    def progress(self) -> int:
        """The step of the newest saved state, 0 where there is none."""
        state = read_state(self.folder)
        return 0 if state is None else state.step

    def verify(self) -> dict[str, str]:
        """Check a done stage's files against its manifest; SHA-256 by file name."""
        if not self.done:
            raise RunError(f"{self.what} is not done in {self.folder}.")
        return verify_manifest(self.folder)

    def check_configuration(self) -> None:
        """Raise DifferentConfiguration where what is there was made from another configuration.

        Where neither a result nor a saved state is, nothing was made and any configuration may
        begin. Raises DamagedArtifact where the recorded configuration is not the one written.
        """
        if self.done:
            digest = read_sealed(self.folder / MANIFEST, "files").get(CONFIG, {}).get("sha256")
            listing = self.folder / MANIFEST
        elif (state := read_state(self.folder)) is not None:
            digest, listing = state.configuration, self.folder / STATE
        else:
            return
        check_file(self.folder / CONFIG, digest, listing)
        changes = differences(read_json(self.folder / CONFIG), self.key)
        if changes:
            listed = "; ".join(changes)
            raise DifferentConfiguration(
                f"{self.what} in {self.folder} was made with another configuration ({listed}). "
                f"{self.remedy}"
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
            raise Busy(
                f"Another process is making {self.what} in {self.folder}; wait for it to end."
            ) from None

    def begin(self) -> None:
        """Record the configuration; to be called under the lock, before anything is made."""
        self.check_configuration()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.done and read_state(self.folder) is None:
            write_json(self.folder / CONFIG, self.key)
        self._configuration = sha256(self.folder / CONFIG)
        self._opened = time.monotonic()

    def load_state(self) -> tuple[int, checkpoint.Tensors] | None:
        """(step, tensors) of the newest saved state; None for a stage at its start.

        Raises DamagedArtifact where the state, or a file finished before it, has changed.
        """
        state = read_state(self.folder)
        if state is None:
            return None
        for name, digest in {state.file: state.sha256, **state.made}.items():
            check_file(self.folder / name, digest, self.folder / STATE)
        self._made = dict(state.made)
        self._wall_before = state.wall_s
        self.sittings.go_on(state.step, state.sittings, self.what)
        return state.step, checkpoint.load_tensors(self.folder / state.file)

    def open_log(self) -> LossLog:
        """The log, cut back to the saved state; raises DamagedArtifact where it has changed."""
        state = read_state(self.folder)
        length, digest = (0, EMPTY) if state is None else (state.log_bytes, state.log_sha256)
        return LossLog(self.folder / LOG, length, digest)

    def vouch(self, name: str) -> None:
        """Let the states saved from now on answer for a finished file."""
        self._made[name] = sha256(self.folder / name)

    def save_state(
        self, step: int, tensors: checkpoint.Tensors, log: LossLog | None = None
    ) -> None:
        """Save state and log so that a kill at any moment leaves the old pair or the new one."""
        file = self.folder / f"state-{step}.safetensors"
        checkpoint.save_tensors(file, tensors)
        self.sittings.at = step
        state = SavedState(
            step=step,
            file=file.name,
            sha256=sha256(file),
            configuration=self._configuration,
            log_bytes=0 if log is None else log.sync(),
            log_sha256=EMPTY if log is None else log.sha256,
            made=self._made,
            wall_s=self.wall_s(),
            sittings=self.sittings.all(),
        )
        write_state(self.folder, state)
        self._drop_states(keep=file)

    def wall_s(self) -> float:
        """Seconds spent on this stage over all its sittings."""
        return self._wall_before + time.monotonic() - self._opened

    def finish(self, files: Iterable[str], device: str | None, record: dict | None = None) -> None:
        """Write the record and the manifest, then drop the state that is no longer needed."""
        facts = provenance(device)
        facts["finished"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts["wall_s"] = round(self.wall_s(), 2)
        del facts["started"]
        if sittings := self.sittings.all():
            facts["sittings"] = sittings
        write_json(self.folder / RECORD, {**(record or {}), "provenance": facts})
        write_manifest(self.folder, [CONFIG, RECORD, *files])
        (self.folder / STATE).unlink(missing_ok=True)
        self._drop_states()

    def _drop_states(self, keep: Path | None = None) -> None:
        # With the parts that a kill in the middle of a save leaves.
        for old in self.folder.glob("state-*.safetensors*"):
            if old != keep:
                old.unlink()


def differences(
    theirs: object,
    ours: object,
    path: str = "",
) -> list[str]:
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
