"""One stage of a run as a folder: new, interrupted or done; never mixed up, never half."""

import datetime
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dmdrepro.runs import checkpoint, files
from dmdrepro.runs.errors import DamagedArtifact, DifferentConfiguration, RunError
from dmdrepro.runs.layout import CONFIG, LOG, RECORD
from dmdrepro.runs.leftovers import drop_parts, drop_states, has_leftovers, unlisted
from dmdrepro.runs.links import refuse_links, refuse_links_above
from dmdrepro.runs.log import EMPTY, LossLog, check_beginning
from dmdrepro.runs.provenance import provenance
from dmdrepro.runs.sittings import Sittings
from dmdrepro.runs.state import (
    BEFORE,
    STATE,
    Found,
    SavedState,
    find_state,
    has_state,
    listed_files,
    write_state,
)
from dmdrepro.settings import filled, leaves

REMEDY = "Use another --runs folder, or move that one away."  # every command can do it


class Stage:
    """A stage's folder.

    `config.json` is written first: the configuration and the hashes of the inputs that this
    stage depends on. `state.json` names the newest saved state, `state_before.json` the one
    before. `manifest.json` is written last: a stage that has it is done.
    """

    say: Callable[[str], None] = staticmethod(print)  # what a user must know
    slower = ""  # the option for a smaller learning rate; "": its command has none
    shared = False  # by several runs, which may be made at the same time: see stages/waiting.py

    def __init__(
        self,
        folder: Path,
        key: dict,
        what: str,
        remedy: str = REMEDY,
        runs: Path | None = None,
        before: dict | None = None,
    ) -> None:
        """`key`: all that the result depends on; `what`: its name in messages.

        `remedy`: what to do about a stage of another configuration. `runs`: the folder below which
        no link is followed; None: the folder's parent. `before`: the values of fields that older
        runs do not have (`settings.before`).
        """
        self.folder = folder
        self.key = key
        self._before = before or {}
        self.what = what
        self.remedy = remedy
        self._runs = folder.parent if runs is None else runs
        self._latest: SavedState | None = None  # loaded or saved by this process
        self.sittings = Sittings()
        self._configuration = ""  # digest of config.json, once begun
        self._made: dict[str, str] = {}  # finished files -> digest
        self._wall_before = 0.0
        self._opened = time.monotonic()

    # --- status ---

    @property
    def done(self) -> bool:
        return (self.folder / files.MANIFEST).is_file()

    def progress(self) -> int:
        """The step of the newest saved state, 0 if there is none."""
        found = find_state(self.folder)
        return 0 if found is None else found.state.step

    @property
    def unlisted(self) -> list[str]:
        """The results or saved states whose listing is lost."""
        if self.done or has_state(self.folder):
            return []
        return unlisted(self.folder, self.key, self._before)

    def verify(self) -> dict[str, str]:
        """Check a done stage's files against its manifest; SHA-256 by file name."""
        if not self.done:
            raise RunError(f"{self.what} is not done in {self.folder}.")
        return files.verify_manifest(self.folder)

    def check_configuration(self) -> None:
        """Raise DifferentConfiguration if the stage was made with another configuration.

        If there is neither a result nor a saved state, nothing was made and any configuration may
        begin. Raises DamagedArtifact if the recorded configuration is not the one written, and
        for a link.
        """
        refuse_links(self.folder, self._runs)
        if self.done:
            listing = self.folder / files.MANIFEST
            digest = files.read_manifest(listing).get(CONFIG)
        elif (found := find_state(self.folder)) is not None:
            digest, listing = found.state.configuration, found.listing
        else:
            return
        files.check_file(self.folder / CONFIG, digest, listing)
        recorded = filled(files.read_json(self.folder / CONFIG), self._before, self.key)
        changes = differences(recorded, self.key)
        if changes:
            listed = "; ".join(changes)
            raise DifferentConfiguration(
                f"{self.what} in {self.folder} was made with another configuration ({listed}). "
                f"{self.remedy}"
            )

    # --- life ---

    def set_aside(self) -> Path | None:
        """Move what is there out of the way (for --fresh): nothing made is deleted."""
        return files.set_aside(self.folder)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process out of this stage while it is being made."""
        from dmdrepro.runs.lock import locked

        refuse_links_above(self.folder, self._runs)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, self.what):
            yield

    def begin(self) -> None:
        """Record the configuration; to be called under the lock, before anything is made.

        Parts that a kill left are removed, and saved states that it left unlisted beside listed
        ones. Results or saved states without any listing are moved aside and said: what is made now
        would be written over them.
        """
        self.check_configuration()
        drop_parts(self.folder, locked=True)
        if found := self.unlisted:
            aside = self.set_aside()
            self.say(
                f"{self.what}: {', '.join(found[:3])}{', ...' if len(found) > 3 else ''} had "
                f"neither {files.MANIFEST} nor {STATE} beside them, so nothing says what they are; "
                f"they are now in {aside}, and the stage is made from its start."
            )
        with suppress(DamagedArtifact):  # then nobody knows which are listed
            if listed := listed_files(self.folder):
                drop_states(self.folder, listed)
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.done and not has_state(self.folder):
            files.write_json(self.folder / CONFIG, self.key)
        self._configuration = files.sha256(self.folder / CONFIG)
        self._opened = time.monotonic()

    def load_state(self) -> tuple[int, checkpoint.Tensors] | None:
        """(step, tensors) of the newest whole saved state; None for a stage at its start.

        If that is not the newest, a message says so. Raises DamagedArtifact if none is whole: the
        state, the log up to it, or a file finished before it has changed.
        """
        found = self._find_state()
        if found is None:
            return None
        state = found.state
        if found.passed:
            self.say(
                f"{self.what}: {found.passed.partition(';')[0].rstrip('.')}; the stage resumes "
                f"from the saved state before, step {state.step:,}."
            )
        self._made = dict(state.made)
        self._wall_before = state.wall_s
        self.sittings.go_on(state.step, state.sittings, self.what)
        return state.step, checkpoint.load_tensors(self.folder / state.file)

    def _find_state(self) -> Found | None:
        found = find_state(self.folder, self._check_state)
        self._latest = None if found is None else found.state
        return found

    def _check_state(self, state: SavedState, listing: Path) -> None:
        listed = {CONFIG: state.configuration, state.file: state.sha256, **state.made}
        for name, digest in listed.items():
            files.check_file(self.folder / name, digest, listing)
        check_beginning(self.folder / LOG, state.log_bytes, state.log_sha256)

    def open_log(self) -> LossLog:
        """The log, cut back to the saved state; raises DamagedArtifact if it has changed."""
        if self._latest is None:
            self._find_state()
        state = self._latest
        length, digest = (0, EMPTY) if state is None else (state.log_bytes, state.log_sha256)
        return LossLog(self.folder / LOG, length, digest)

    def vouch(self, name: str) -> None:
        """Let the states saved from now on answer for a finished file."""
        self._made[name] = files.sha256(self.folder / name)

    def save_state(
        self, step: int, tensors: checkpoint.Tensors, log: LossLog | None = None
    ) -> None:
        """Save state and log so that a kill at any moment leaves the old pair or the new one.

        The state before stays: one damaged file costs no more than the time between two saves.
        """
        file = self.folder / f"state-{step}.safetensors"
        checkpoint.save_tensors(file, tensors)
        self.sittings.at = step
        before = self._latest
        try:
            state = SavedState(
                step=step,
                file=file.name,
                sha256=files.sha256(file),
                configuration=self._configuration,
                log_bytes=0 if log is None else log.sync(),
                log_sha256=EMPTY if log is None else log.sha256,
                made=dict(self._made),
                wall_s=self.wall_s(),
                sittings=self.sittings.all(),
            )
            write_state(self.folder, state, before)
        except OSError:  # a full disk, which has no room for a file that nothing lists
            file.unlink(missing_ok=True)
            raise
        self._latest = state
        drop_states(self.folder, {state.file, "" if before is None else before.file})

    def wall_s(self) -> float:
        """Seconds spent on this stage over all its sittings."""
        return self._wall_before + time.monotonic() - self._opened

    def finish(self, made: Iterable[str], device: str | None, record: dict | None = None) -> None:
        """Write the record and the manifest, then drop the state that is no longer needed."""
        facts = provenance(device)
        facts["finished"] = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        facts["wall_s"] = round(self.wall_s(), 2)
        del facts["started"]
        if sittings := self.sittings.all():
            facts["sittings"] = sittings
        files.write_json(self.folder / RECORD, {**(record or {}), "provenance": facts})
        files.write_manifest(self.folder, [CONFIG, RECORD, *made])
        self._drop_saved()

    def tidy(self) -> None:
        """Remove what a kill left of a done stage: saved states, parts.

        Not on a read-only disk, and not from another process, which may be making it anew.
        """
        if has_leftovers(self.folder):
            with suppress(OSError, RunError), self.locked():
                if self.done:
                    self._drop_saved()
                    drop_parts(self.folder, locked=True)

    def _drop_saved(self) -> None:
        for name in (STATE, BEFORE):
            (self.folder / name).unlink(missing_ok=True)
        drop_states(self.folder)


def differences(theirs: dict, ours: dict) -> list[str]:
    """Each leaf that differs, as `distill.lr: 1e-4 there, 2e-4 now`."""
    theirs, ours = leaves(theirs), leaves(ours)
    values = {k: (theirs.get(k, "absent"), ours.get(k, "absent")) for k in theirs | ours}
    return [
        f"{name}: {_short(there)} there, {_short(now)} now"
        for name, (there, now) in sorted(values.items())
        if there != now
    ]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:12] + "..."
