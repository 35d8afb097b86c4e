"""Which of several devices a chain is made on, each chain a process of its own.

A device does the work of one chain at a time. Evaluations are chains of their own here: they find
the exact optimum on the CPU, so one has a device beside the chain that works on it.
"""

from collections.abc import Callable, Collection, Sequence

from dmdrepro.pipeline.chains import Chain
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.processes import Process, Processes
from dmdrepro.pipeline.together import Together

APART = ("evaluate",)  # stages that mostly keep the CPU busy


def free_device(chain: Chain, held: dict[Chain, int], devices: int) -> int | None:
    """The first device, from 0, without a chain of the same kind; None if every device has one.

    `held`: the chains at work, each with its device.
    """
    taken = {device for other, device in held.items() if is_apart(other) == is_apart(chain)}
    return next((device for device in range(devices) if device not in taken), None)


def is_apart(chain: Chain) -> bool:
    return chain.tasks[0].stage in APART


class Devices(Processes):
    """Starts a process for each chain, on a device that has room for it."""

    apart = APART

    def __init__(
        self,
        plan: Plan,
        context,
        devices: Sequence[str],
        threads: int,
        complain: Callable[[str], None],
    ) -> None:
        """`devices`: as `--gpu` takes them, one each."""
        super().__init__(plan, context, 2 * len(devices), threads, complain)
        self._devices, self._held = devices, {}

    def has_place(self, chain: Chain, making: Collection[Chain]) -> bool:
        self._held = {other: self._held[other] for other in making}
        return free_device(chain, self._held, len(self._devices)) is not None

    def start(self, chain: Chain) -> Process:
        self._held[chain] = free_device(chain, self._held, len(self._devices))
        return super().start(chain)

    def _process(self, chain: Chain, words: list[str]) -> Process:
        if (ranks := self.ranks(chain)) == 1:
            return super()._process(chain, words)
        return Together(self._context, self._complain, words, ranks)

    def device(self, chain: Chain) -> str:
        """Several GPUs, `0,1`, of a training that its ranks share."""
        device = self._devices[self._held[chain]]
        return device if self.ranks(chain) > 1 else device.partition(",")[0]

    def ranks(self, chain: Chain) -> int:
        return self._plan.request.ranks if any(task.trains for task in chain.tasks) else 1
