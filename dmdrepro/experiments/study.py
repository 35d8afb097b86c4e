"""What a study is: changed copies (arms) of one experiment that answer a question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dmdrepro.experiments.config import Experiment
from dmdrepro.experiments.registry import build


@dataclass(frozen=True)
class Arm:
    """A changed copy: its name, which names its folder, and the fields that differ."""

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    every_teacher: bool = False  # a student of each teacher snapshot, else of the last alone
    teacher: str = ""  # the arm of this experiment whose teacher, of the same settings, is used

    @property
    def own_teacher(self) -> bool:
        """Whether the teacher differs too; otherwise the experiment's own is used."""
        return any(not dotted.startswith(("distill.", "sampling.")) for dotted in self.settings)

    def teacher_folder(self, folder: Path) -> Path:
        """Where the teacher of the arm in `folder` lies."""
        experiment = folder.name.partition("@")[0]
        if self.teacher:
            return folder.with_name(f"{experiment}@{self.teacher}")
        return folder if self.own_teacher else folder.with_name(experiment)


@dataclass(frozen=True)
class Study:
    """A question, and the arms that answer it over several seeds."""

    name: str
    question: str
    experiment: str
    size: str
    arms: tuple[Arm, ...]
    seeds: tuple[int, ...] = (0, 1, 2)

    def at(self, size: str) -> Study:
        """The same at another size."""
        return replace(self, size=size)

    def build(self, arm: Arm, seed: int) -> Experiment:
        return build(self.experiment, self.size, seed, arm.settings)
