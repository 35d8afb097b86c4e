"""A training step recorded once and replayed: what makes a GPU independent of Python's speed.

A step is a function of a list of inputs, one dataclass of tensors for each iteration, that returns
each iteration's losses. It draws nothing, waits for nothing and branches on no value. A record is
used only after it has done to weights, moments and losses what the step itself does to them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

import torch

WARM_UP = 3  # steps before one is recorded, so that compilers and allocators have settled

Losses = list[dict[str, torch.Tensor]]
Step = Callable[[Sequence], Losses]
State = Callable[[], Mapping[str, torch.Tensor]]


class Recorded:
    """A step that is recorded once over inputs of its own and replayed with new values in them.

    `record(work)` returns a function that repeats the work and returns what `work()` would, as
    `record_graph` does; `warm_up(call)` calls what it is given, before there is a record.
    `state()`: every tensor that the step changes, by name. `give_up(why)` is told where the step
    cannot be recorded, or where the first replay moves a tensor elsewhere than the step does, by
    more than `tolerance` of its largest value; where it returns, steps go on unrecorded.
    """

    def __init__(
        self,
        step: Step,
        record: Callable,
        warm_up: Callable,
        state: State,
        give_up: Callable[[str], None],
        tolerance: float = 0.0,
    ) -> None:
        self._step, self._record, self._warm_up = step, record, warm_up
        self._state, self._give_up, self._tolerance = state, give_up, tolerance
        self._seen, self._replay, self._given_up = 0, None, False
        self._inputs: Sequence = ()
        self._names: list[list[str]] = []

    def __call__(self, block: Sequence) -> Losses:
        """As the step; a block of another length than the recorded one is not replayed."""
        if self._seen < WARM_UP:
            self._seen += 1
            return self._warm_up(lambda: self._step(block))
        if self._replay is None and not self._given_up:
            return self._first(block)
        if self._given_up or len(block) != len(self._inputs):
            return self._step(block)
        return self._replayed(block)

    def _first(self, block: Sequence) -> Losses:
        """Record and replay, then take it back and do the step itself, which must come to the same.

        Not with the inputs that were recorded: a record that kept their values would pass.
        """
        before = _copies(self._state())
        self._inputs = copy.deepcopy(block)
        for tensor in tensors_of(self._inputs):
            tensor.zero_()
        why, found = "", {}
        try:
            self._replay = self._record(self._work)
            found = _copies(self._everything(self._replayed(block)))
        except RuntimeError as error:  # torch's, for whatever a graph cannot hold
            first_line, *_ = str(error).strip().split("\n")
            why = f"the step cannot be recorded ({first_line.rstrip('.')})"
        for name, tensor in self._state().items():
            tensor.copy_(before[name])
        losses = self._step(block)
        why = why or _difference(found, self._everything(losses), self._tolerance)
        if why:
            self._given_up, self._replay = True, None
            self._give_up(why)
        return losses

    def _everything(self, losses: Losses) -> dict[str, torch.Tensor]:
        """The state, and the losses of each iteration, by name."""
        numbered = enumerate(losses)
        named = {f"{name} {place}": v for place, found in numbered for name, v in found.items()}
        return {**self._state(), **named}

    def _replayed(self, block: Sequence) -> Losses:
        torch._foreach_copy_(list(tensors_of(self._inputs)), list(tensors_of(block)))
        values = iter(self._replay().clone().unbind())  # the next replay overwrites its own
        return [{name: next(values) for name in names} for names in self._names]

    def _work(self) -> torch.Tensor:
        """One step on the recorded inputs: the losses of all iterations [n]."""
        losses = self._step(self._inputs)
        self._names = [list(found) for found in losses]
        return torch.stack([value for found in losses for value in found.values()])


def _copies(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _difference(
    found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], tolerance: float
) -> str:
    """Which tensor differs the most, if by more than `tolerance` of its largest value; else ""."""
    worst, where = 0.0, ""
    for name, tensor in expected.items():
        if torch.allclose(found[name], tensor, rtol=0, atol=0, equal_nan=True):
            continue
        gap = ((found[name] - tensor).abs().max() / tensor.abs().max()).item()
        if not gap <= worst:  # nan too
            worst, where = gap, name
    if worst <= tolerance:
        return ""
    return f"a replay differs from the step itself, by {worst:.1g} of the largest value of {where}"


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
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
    try:
        with torch.cuda.graph(graph):
            result = work()
    finally:
        torch.cuda.set_stream(stream)  # a record that fails may leave its own

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
