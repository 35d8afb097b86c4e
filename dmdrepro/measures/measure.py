"""What a measure is: its part of the record, and how tables, page and figures show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from dmdrepro.measures.chart import Chart
from dmdrepro.measures.students import Student
from dmdrepro.measures.table import Cell, Table
from dmdrepro.runs.shape import Shape
from dmdrepro.runs.streams import generator

if TYPE_CHECKING:
    import numpy as np
    import torch

    from dmdrepro.data import Data
    from dmdrepro.experiments import Experiment
    from dmdrepro.metrics import MemorisationRecord
    from dmdrepro.metrics.watch import Watch
    from dmdrepro.runs.results import Result


@dataclass(frozen=True)
class Reader:
    """The digits' classifier: `digits` gives (features [N, F], digits [N]) of images."""

    digits: Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
    sha256: str  # of its weights
    accuracy: float  # on the held-out digits


@dataclass
class Sampled:
    """What `evaluate` gives every measure: one student's samples, and what they are held against.

    `samples`: the first N = `sampling.pairing` rows [N, ...] of noise, teacher_1, teacher_8,
    teacher_32, student, and of each student kept on the way; `everything`: all rows drawn.
    """

    experiment: Experiment
    samples: dict[str, torch.Tensor]
    everything: dict[str, torch.Tensor]
    kept: Mapping[str, int]  # array of a student kept on the way -> its iterations
    dataset: Data
    device: torch.device
    classes: np.ndarray | None = None  # [total], if teacher and student are told one
    second: Mapping[str, torch.Tensor] = field(default_factory=dict)  # second draws, by array
    reader: Reader | None = None  # of MNIST
    teacher: Callable[[], Callable] | None = None  # loads the trained denoiser; None: it is exact
    watch: Watch | None = None  # told how far a long measurement is; raises Stopped
    look: Callable[[], None] = lambda: None  # raises Stopped if a stop was asked for
    warn: Callable[[str], None] = print  # told what makes the pairing doubtful

    @property
    def n(self) -> int:
        return self.experiment.sampling.pairing

    def null_of(self, name: str) -> dict[str, object]:
        """What an independent pairing shares, for `pairing_inefficiency` of the array `name`.

        Older samples have the classes alone, unconditional ones neither.
        """
        given = {} if self.classes is None else {"classes": self.classes[: self.n]}
        return given | ({"independent": self.second[name]} if name in self.second else {})

    def draw(self, stream: str, step: int = 0, device: str | torch.device = "cpu"):
        """A generator of the stream `evaluate/<stream>`: of the experiment's seed alone."""
        return generator(self.experiment.seed, f"evaluate/{stream}", step, device)

    def data_pairs(self, draws: int, stream: str) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Pairs of independent sets of N data, on the CPU; disjoint if the data set is finite."""
        import torch

        images = self.dataset.training_set
        for step in range(draws):
            if images is None:
                both = self.dataset.sample(2 * self.n, self.draw(stream, step))[0]
            else:
                order = torch.randperm(len(images), generator=self.draw(stream, step))
                both = images.cpu()[order[: 2 * self.n]]
            yield both[: self.n], both[self.n :]

    @property
    def sets(self) -> dict[str, torch.Tensor]:
        """Every set of N samples; Phi_32 is none if fewer were drawn."""
        found = self.samples.items()
        return {name: x for name, x in found if name != "noise" and len(x) == self.n}

    @cached_property
    def nearest(self) -> MemorisationRecord | None:
        """Phi_8 against the training set; None of data without one."""
        from dmdrepro.metrics import memorisation_ratio

        images = self.dataset.training_set
        if images is None:
            return None
        return memorisation_ratio(self.samples["teacher_8"], images.to(self.device))

    @cached_property
    def read(self) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """(features, digits) of every set of samples, by the classifier."""
        return {k: self.reader.digits(x) for k, x in self.sets.items()}


@dataclass(frozen=True)
class Measured:
    """What a measure adds: to the record, to each kept student's stop, arrays to the folder."""

    record: Mapping[str, object]
    # Kept array -> the measure's part; a function of none if that takes long: it is called last.
    along: Mapping[str, object] | Callable[[], Mapping[str, object]] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Quantity:
    """A number at every stop of a distillation: a column, and a curve if it has a `title`."""

    head: str  # of its column
    path: tuple[str, ...]  # in the measure's part at a stop
    title: str = ""  # of its chart
    note: str = ""  # what its values mean
    levels: tuple[float, ...] = (0.0,)  # values that the axis reaches
    by: tuple[str, ...] = ()  # its panels in a study's figure: "iterations", "path"
    scale: str = "linear"  # of these panels
    about: str = ""  # a note of the tables that have its column
    label: str = ""  # of a line; else `head`
    # (label, value of the record and its part at a stop) of a dashed line beside it.
    beside: tuple[str, Callable[[Mapping, object], object]] | None = None
    of_null: bool = False  # whether it depends on what the null is over
    along: bool = True  # whether an experiment's page draws it along distillation


@dataclass(frozen=True)
class Measure:
    """One thing that is measured of a student; whatever it lacks is left out."""

    key: str  # its part of the record, and of each stop
    title: str = ""  # of its part of the page
    # What it finds, None if there is nothing to measure; without: read off the logs.
    measure: Callable[[Sampled], Measured | None] | None = None
    shape: Mapping[str, Shape] = field(default_factory=dict)  # of its parts of the record
    at_stop: Shape | None = None  # of its part at a stop; None: only the end is measured
    start: tuple[str, ...] = ()  # where the record has its part at the start, Phi_1
    end: tuple[str, ...] = ()  # and at the end; empty: `key`
    # Its part at stops that no record has: of (result, teacher iterations, stops).
    stops: Callable[[Result, int, Sequence[int]], list[Mapping]] | None = None
    quantities: tuple[Quantity, ...] = ()
    # Head -> cell of a number of a student at its end, in the tables of studies.
    columns: Mapping[str, Callable[[Student], Cell]] = field(default_factory=dict)
    table: Callable[[Sequence[Student]], Table] | None = None
    charts: Callable[[Sequence[Student]], list[Chart]] | None = None  # besides those of quantities
    lack: str = ""  # what the page says if there are no charts
    notes: Callable[[Sequence[Student]], Sequence[str]] | None = None  # below the charts
    figure: str = ""  # the title of the file `<key>.png` with all experiments' charts
    remark: str = ""  # below that figure
    sentence: Callable[[Student], str] | None = None
