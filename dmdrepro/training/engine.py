"""How training steps are executed; what they compute is the same within rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from dmdrepro.runs.errors import RunError

if TYPE_CHECKING:
    import torch

    from dmdrepro.training.recorded import State, Step

MakeStep = Callable[[Callable[[Callable], Callable]], "Step"]

EAGER, AUTO = "eager", "auto"
# Of a record that was asked for, against the step itself: TF32 rounds to 1e-3. One that nobody
# asked for is used only if it comes to the same bits.
ROUNDING = 2e-3


@dataclass(frozen=True)
class Engine:
    """Which ways of execution are on; none: plain eager torch."""

    auto: bool = False  # on a GPU graphs, where a record does what the step does, to the bit
    compiled: bool = False  # losses with their gradients through torch.compile
    graphs: bool = False  # whole steps as CUDA graphs
    channels_last: bool = False  # images and convolutions' weights as NHWC in memory

    @classmethod
    def parse(cls, words: str) -> Engine:
        """`auto`, `eager`, or names joined by commas, as `compiled,graphs`.

        Raises RunError for others.
        """
        if words in (AUTO, EAGER):
            return cls(auto=words == AUTO)
        known = [f.name.replace("_", "-") for f in fields(cls) if f.name != AUTO]
        names = [word.strip() for word in words.split(",")]
        for name in names:
            if name in (AUTO, EAGER):
                raise RunError(f"--engine {words}: {name} stands alone.")
            if name not in known:
                raise RunError(
                    f"--engine {words}: there is no {name!r}; use {AUTO}, {EAGER}, or some of "
                    f"{', '.join(known)} joined by commas."
                )
        return cls(**{name.replace("-", "_"): True for name in names})

    def on(self, device: torch.device) -> Engine:
        """This with what `auto` stands for there; raises RunError for what the device cannot do."""
        if self.graphs and device.type != "cuda":
            raise RunError(
                f"--engine {self}: graphs need a CUDA GPU and this runs on {device.type}; "
                f"use --engine {self.without_graphs}."
            )
        return replace(self, graphs=device.type == "cuda") if self.auto else self

    def __str__(self) -> str:
        on = [f.name for f in fields(self) if getattr(self, f.name) and f.name != AUTO]
        return ",".join(on).replace("_", "-") or EAGER

    def prepare(
        self,
        make_step: MakeStep,
        denoisers: Iterable[torch.nn.Module],
        state: State,
        give_up: Callable[[str], None] | None = None,
    ) -> Step:
        """The step executed this way; `denoisers` are the networks that it calls.

        `make_step(compiled)` makes it of functions of tensors, each given to `compiled` first.
        `state()`: every tensor that it changes, by name. `give_up(why)` is told where the step
        does without graphs after all; without it RunError is raised there.
        """
        import torch

        from dmdrepro.training.recorded import Aside, Recorded, record_graph

        if self.compiled:
            # Functions of earlier stages count towards a limit past which torch stops compiling.
            torch._dynamo.reset()
            torch._dynamo.config.trace_autograd_ops = True  # a loss and its gradients are one graph
        for denoiser in denoisers:
            if self.channels_last:
                denoiser.to(memory_format=torch.channels_last)
            if self.compiled:  # for calls from outside of compiled functions
                denoiser.model.compile(dynamic=False)  # in place: names of weights stay
        step = make_step(_compiled if self.compiled else as_it_is)
        if self.graphs:
            step = Recorded(
                step,
                record_graph,
                Aside(),
                state,
                give_up or self.refuse_graphs,
                0.0 if self.auto else ROUNDING,
            )
        return self._explained(step) if self.compiled else step

    def refuse_graphs(self, why: str) -> None:
        """Raise RunError for graphs that were asked for."""
        raise RunError(f"--engine {self}: {why}; use --engine {self.without_graphs}.")

    @property
    def without_graphs(self) -> Engine:
        return replace(self, graphs=False)

    @property
    def option(self) -> str:
        """What to give --engine for it."""
        return AUTO if self.auto else str(self)

    def _explained(self, step: Step) -> Step:
        """`step`, whose functions are compiled when they first run: what fails then is no bug."""
        from torch._dynamo.exc import TorchDynamoException

        def explained(block):
            try:
                return step(block)
            except TorchDynamoException as error:
                why = next((line for line in str(error).splitlines() if line.strip()), "no reason")
                raise RunError(
                    f"--engine {self}: torch could not compile the step ({why.strip()}); "
                    "leave compiled out (it needs a C++ compiler on a CPU)."
                ) from error

        return explained


def as_it_is(function: Callable) -> Callable:
    return function


def _compiled(function: Callable) -> Callable:
    import torch

    return torch.compile(function, dynamic=False)
