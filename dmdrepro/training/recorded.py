"""A training step recorded once and replayed: what makes a GPU independent of Python's speed.

A step is a function of a list of inputs, one dataclass of tensors for each iteration, that returns
each iteration's losses. It draws nothing, waits for nothing and branches on no value.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass

import torch

WARM_UP = 3  # steps before one is recorded, so that compilers and allocators have settled

Losses = list[dict[str, torch.Tensor]]
Step = Callable[[Sequence], Losses]


class Recorded:
    """A step that is recorded once over inputs of its own and replayed with new values in them.

    `record(work)` returns a function that repeats the work and returns what `work()` would, as
    `record_graph` does; `warm_up(call)` calls what it is given, before there is a record.
    """

    def __init__(self, step: Step, record: Callable, warm_up: Callable) -> None:
        self._step, self._record, self._warm_up = step, record, warm_up
        self._seen, self._replay = 0, None
        self._inputs: Sequence = ()
        self._names: list[list[str]] = []

    def __call__(self, block: Sequence) -> Losses:
        """As the step; a block of another length than the recorded one is not replayed."""
        if self._seen < WARM_UP:
            self._seen += 1
            return self._warm_up(lambda: self._step(block))
        if self._replay is None:
            self._inputs = copy.deepcopy(block)
            self._replay = self._record(self._work)
        elif len(block) != len(self._inputs):
            return self._step(block)
        torch._foreach_copy_(list(tensors_of(self._inputs)), list(tensors_of(block)))
        values = iter(self._replay().clone().unbind())  # the next replay overwrites its own
        return [{name: next(values) for name in names} for names in self._names]

    def _work(self) -> torch.Tensor:
        """One step on the recorded inputs: the losses of all iterations [n]."""
        losses = self._step(self._inputs)
        self._names = [list(found) for found in losses]
        return torch.stack([value for found in losses for value in found.values()])


def tensors_of(value: object) -> Iterator[torch.Tensor]:
    """Every tensor in nested sequences and dataclasses, always in the same order."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from tensors_of(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from tensors_of(getattr(value, field.name))


def record_graph(work: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
    """`work` as a CUDA graph: recording does none of it, the returned function does it."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = work()

    def replay() -> torch.Tensor:
        graph.replay()
        return result

    return replay


def aside(call: Callable[[], Losses]) -> Losses:
    """Call on a stream of its own: a record must not depend on the default stream's work."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        found = call()
    torch.cuda.current_stream().wait_stream(stream)
    return found
