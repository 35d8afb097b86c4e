"""How training steps are executed; what they compute is the same within rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from dmdrepro.runs.errors import RunError

if TYPE_CHECKING:
    import torch

    from dmdrepro.training.recorded import Step

EAGER = "eager"


@dataclass(frozen=True)
class Engine:
    """Which ways of execution are on; none: plain eager torch."""

    compiled: bool = False  # the networks through torch.compile
    graphs: bool = False  # whole steps as CUDA graphs
    channels_last: bool = False  # images and convolutions' weights as NHWC in memory

    @classmethod
    def parse(cls, words: str) -> Engine:
        """`eager`, or names joined by commas, as `compiled,graphs`; raises RunError for others."""
        known = [f.name.replace("_", "-") for f in fields(cls)]
        names = [] if words == EAGER else [word.strip() for word in words.split(",")]
        for name in names:
            if name not in known:
                raise RunError(
                    f"--engine {words}: there is no {name!r}; use {EAGER}, or some of "
                    f"{', '.join(known)} joined by commas."
                )
        return cls(**{name.replace("-", "_"): True for name in names})

    def check(self, device: torch.device) -> None:
        """Raise RunError for what the device cannot do."""
        if self.graphs and device.type != "cuda":
            raise RunError(
                f"--engine {self}: graphs need a CUDA GPU and this runs on {device.type}; "
                "leave graphs out."
            )

    def __str__(self) -> str:
        on = [f.name.replace("_", "-") for f in fields(self) if getattr(self, f.name)]
        return ",".join(on) or EAGER

    def prepare(self, step: Step, denoisers: Iterable[torch.nn.Module]) -> Step:
        """`step` executed this way; `denoisers` are the networks that it calls."""
        import torch

        from dmdrepro.training.recorded import Recorded, aside, record_graph

        if self.compiled:
            # Networks of earlier stages count towards a limit past which torch stops compiling.
            torch._dynamo.reset()
        for denoiser in denoisers:
            if self.channels_last:
                denoiser.to(memory_format=torch.channels_last)
            if self.compiled:
                denoiser.model.compile(dynamic=False)  # in place: names of weights stay
        if self.graphs:
            step = Recorded(step, record_graph, aside)
        return self._explained(step) if self.compiled else step

    def _explained(self, step: Step) -> Step:
        """`step`, whose networks are compiled when it first runs: what fails then is no bug."""
        from torch._dynamo.exc import TorchDynamoException

        def explained(block):
            try:
                return step(block)
            except TorchDynamoException as error:
                why = next((line for line in str(error).splitlines() if line.strip()), "no reason")
                raise RunError(
                    f"--engine {self}: torch could not compile the networks ({why.strip()}); "
                    "leave compiled out (it needs a C++ compiler on a CPU)."
                ) from error

        return explained
