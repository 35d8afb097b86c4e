"""One training in several processes, a device each: the ranks of torchrun.

All that is drawn is drawn for the whole batch, as by one rank, and each rank takes its part of it.
Gradients and losses are means over the ranks, so that all change their networks alike. The first
rank alone reads and writes files. With one rank nothing here does anything.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist

from dmdrepro.runs.checkpoint import Tensors
from dmdrepro.runs.errors import RunError

# The others wait while the first draws samples; that a rank has died, its closed connection says.
PATIENCE = timedelta(days=30)


class RankLost(RunError):
    """Another rank has ended before its time."""


@dataclass(frozen=True)
class Ranks:
    """Rank `rank` of `size`."""

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls, rank: int, size: int) -> Ranks:
        """Wait for all to come: NCCL between GPUs, gloo between CPUs and for all else."""
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        # A sum in NVLink's switch may have another order in a replayed graph than in the step.
        for name in ("NCCL_NVLS_ENABLE", "NCCL_GRAPH_REGISTER"):
            os.environ.setdefault(name, "0")
        dist.init_process_group(backend, rank=rank, world_size=size, timeout=PATIENCE)
        return cls(rank, size)

    @classmethod
    def here(cls) -> Ranks:
        """This process's, if it has joined others."""
        return cls(dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else ALONE

    @property
    def first(self) -> bool:
        return self.rank == 0

    def part(self, value: Any) -> Any:
        """This rank's rows of every tensor in nested sequences and dataclasses; numbers stay."""
        if self.size == 1 or value is None:
            return value
        if isinstance(value, torch.Tensor):
            return value.chunk(self.size)[self.rank] if value.ndim else value
        if isinstance(value, list | tuple):
            return type(value)(map(self.part, value))
        return replace(value, **{f.name: self.part(getattr(value, f.name)) for f in fields(value)})

    def mean(self, tensors: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        """Each tensor's mean over the ranks, float32, with the same bits in all of them."""
        if self.size == 1:
            return tensors
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        if flat.is_cuda:  # may be recorded as a part of a graph
            dist.all_reduce(flat)
        else:
            self._all(dist.all_reduce, flat)
        parts = flat.div_(self.size).split([tensor.numel() for tensor in tensors])
        return [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]

    def around(self, step: Callable[[Sequence], list[dict]]) -> Callable[[Sequence], list[dict]]:
        """A step that takes inputs of the whole batch and returns its losses."""

        def call(block: Sequence) -> list[dict]:
            found = step(self.part(block))
            values = iter(self.mean([value for losses in found for value in losses.values()]))
            return [{name: next(values) for name in losses} for losses in found]

        return step if self.size == 1 else call

    def any(self, flag: bool) -> bool:
        """Whether it is so in any rank."""
        if self.size == 1:
            return flag
        found = torch.tensor(flag, dtype=torch.int32)
        self._all(dist.all_reduce, found, op=dist.ReduceOp.MAX)
        return bool(found)

    def agree(self, value: Any) -> Any:
        """What the first rank says that says anything; this one's own if none does."""
        found = [value] * self.size
        if self.size > 1:
            self._all(dist.all_gather_object, found, value)
        return next(filter(None, found), value)

    def said(self, value: Any = None) -> Any:
        """What the first rank says."""
        found = [value]
        if self.size > 1:
            self._all(dist.broadcast_object_list, found, src=0)
        return found[0]

    def shared(self, tensors: Tensors) -> Tensors:
        """The first rank's tensors, in the others on the CPU; what these have does not matter."""
        if self.size == 1:
            return tensors
        forms = self.said({name: (t.shape, t.dtype) for name, t in tensors.items()})
        found = {}
        for name, (shape, dtype) in forms.items():
            if self.first:
                self._all(dist.broadcast, tensors[name].cpu().contiguous(), src=0)
            else:
                found[name] = torch.empty(shape, dtype=dtype)
                self._all(dist.broadcast, found[name], src=0)
        return tensors if self.first else found

    def _all(
        self, collective: Callable[..., object], *arguments: object, **options: object
    ) -> None:
        """Raises RankLost if another rank has ended."""
        try:
            collective(*arguments, **options)
        except RuntimeError as error:
            # This one ends too; torchrun's signal to do so must not get in the way of the reason.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
            raise RankLost(
                f"One of the {self.size} processes of this training has ended, perhaps killed for "
                "want of memory, so all end; what was saved is whole. Run the same command again."
            ) from error

    def end(self) -> None:
        """Let the others go."""
        if self.size > 1:
            self.said()
            dist.destroy_process_group()


ALONE = Ranks()
