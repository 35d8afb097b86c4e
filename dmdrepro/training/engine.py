"""How training steps are executed; what they compute is the same within rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from dmdrepro.runs.errors import RunError

if TYPE_CHECKING:
    import torch

    from dmdrepro.training.recorded import GiveUp
    from dmdrepro.training.step import Losses, Step

EAGER, AUTO = "eager", "auto"
# Of a record that was asked for, against the step itself: TF32 rounds to 1e-3. One that nobody
# asked for is used only if it comes to the same bits.
ROUNDING = 2e-3


@dataclass(frozen=True)
class Engine:
    """Which ways of execution are on; none: plain eager torch."""

    auto: bool = False  # on a GPU graphs, if a record does what the step does, to the bit
    compiled: bool = False  # losses with their gradients through torch.compile
    graphs: bool = False  # whole steps as CUDA graphs
    channels_last: bool = False  # images and convolutions' weights as NHWC in memory
    checkpointed: bool = False  # a U-Net's activations are computed again in the backward pass

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
        if {"compiled", "checkpointed"} <= set(names):
            raise RunError(f"--engine {words}: compiled and checkpointed do not go together yet.")
        return cls(**{name.replace("-", "_"): True for name in names})

    def on(self, device: torch.device) -> Engine:
        """This with what `auto` stands for there; raises RunError for what the device cannot do."""
        if self.graphs and device.type != "cuda":
            raise RunError(
                f"--engine {self}: graphs need a CUDA GPU and this runs on {device.type}; "
                f"use --engine {self.without_graphs}."
            )
        on = self.auto and device.type == "cuda"
        # The kernel that normalises writes NHWC: images in any other layout would be copied.
        return replace(self, graphs=True, channels_last=True) if on else self

    def __str__(self) -> str:
        on = [f.name for f in fields(self) if getattr(self, f.name) and f.name != AUTO]
        return ",".join(on).replace("_", "-") or EAGER

    def prepare(self, step: Step, give_up: GiveUp | None = None) -> Callable[[Sequence], Losses]:
        """The step executed this way.

        `give_up(why, broken)` is told if the step does without graphs after all; without it
        RunError is raised there.
        """
        if self.checkpointed:
            self._checkpoint(step)
        if self.channels_last:
            import torch

            for denoiser in step.denoisers:
                denoiser.to(memory_format=torch.channels_last)
        call = _compiled(step, self) if self.compiled else step
        if not self.graphs:
            return call
        from dmdrepro.training.recorded import Recorded

        tolerance = 0.0 if self.auto else ROUNDING
        give_up = give_up or self.refuse_graphs
        return Recorded(call, step.parts, give_up, tolerance, step.ranks.agree)

    def _checkpoint(self, step: Step) -> None:
        """Raises RunError for a network that cannot do it."""
        for denoiser in step.denoisers:
            if not hasattr(denoiser.model, "checkpointed"):
                raise RunError(
                    f"--engine {self}: only a U-Net's activations can be computed again; leave "
                    "out checkpointed."
                )
            denoiser.model.checkpointed = True

    def refuse_graphs(self, why: str, broken: bool = False) -> None:
        """Raise RunError for graphs that were asked for."""
        raise RunError(f"--engine {self}: {why}; use --engine {self.without_graphs}.")

    @property
    def without_graphs(self) -> Engine:
        return replace(self, graphs=False)

    @property
    def option(self) -> str:
        """What to give --engine for it."""
        return AUTO if self.auto else str(self)


def _compiled(step: Step, engine: Engine) -> Callable[[Sequence], Losses]:
    """The step whose functions torch compiles at their first call; a failure is a RunError."""
    import torch
    from torch._dynamo.exc import TorchDynamoException

    # Functions of earlier stages count towards a limit past which torch stops compiling.
    torch._dynamo.reset()
    torch._dynamo.config.trace_autograd_ops = True  # a loss and its gradients are one graph
    for denoiser in step.denoisers:  # for calls from outside of compiled functions
        denoiser.model.compile(dynamic=False)  # in place: names of weights stay
    for name in step.functions:
        setattr(step, name, torch.compile(getattr(step, name), dynamic=False))

    def call(block: Sequence) -> Losses:
        try:
            return step(block)
        except TorchDynamoException as error:
            why = next((line for line in str(error).splitlines() if line.strip()), "no reason")
            raise RunError(
                f"--engine {engine.option}: torch could not compile the step ({why.strip()}); on "
                f"a CPU it needs a C++ compiler. Use --engine {replace(engine, compiled=False)}."
            ) from error

    return call
