"""What the records of one experiment or arm show, wherever they lie."""

from collections.abc import Callable, Mapping
from functools import cached_property

from dmdrepro.runs.divergence import divergence

ALL_PAIRS = "all pairs"  # a null over pairs of all classes, though both networks are told one


class Shown:
    """What can be told from `size` and `record(snapshot)` alone, for runs and published records."""

    size: str
    evaluated: tuple[int, ...]  # teacher iterations whose student has been evaluated, ascending

    @cached_property
    def diverged(self) -> dict[int, str]:
        """Each snapshot whose samples are far from the data -> how far, in words."""
        found = {snapshot: divergence(self.record(snapshot)) for snapshot in self.evaluated}
        return {snapshot: words for snapshot, words in found.items() if words}

    @cached_property
    def snapshots(self) -> tuple[int, ...]:
        """The others, which means, curves, figures and verdicts are made of, ascending."""
        return tuple(s for s in self.evaluated if s not in self.diverged)

    @property
    def label(self) -> str:
        reduced = "" if self.size == "paper" else " (reduced)"
        return f"{self.size} size{reduced}"

    @cached_property
    def config(self) -> dict:
        """The resolved experiment of the last evaluated snapshot."""
        return self.record(self.evaluated[-1])["config"]

    def own_measures(self, snapshot: int) -> list[str]:
        """Keys of the measures of files that its evaluation names; a published record has none."""
        return []

    def null(self, snapshot: int, pairing: Callable[[dict], Mapping | None] | None = None) -> str:
        """The pairs that E_ind is over: "class", "second draw"; "" if the run is unconditional.

        ALL_PAIRS: of a class-conditional one measured before pairs had to share the class.
        `pairing`: another part of the record than the student's own.
        """
        record = self.record(snapshot)
        found = record.get("pairing") if pairing is None else pairing(record)
        data = (record.get("config") or {}).get("data") or {}
        if (over := (found or {}).get("null", "all")) != "all":
            return over
        return ALL_PAIRS if data.get("conditional") or data.get("classes") else ""
