"""A training step recorded once and replayed: what makes a GPU independent of Python's speed.

A record is used only after it has done to weights, moments and losses what the step itself does to
them.
"""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass

import torch

from dmdrepro.training.step import Losses, Parts, state_of

GiveUp = Callable[[str, bool], None]
WARM_UP = 3  # steps before one is recorded, so that compilers and allocators have settled


class Recorded:
    """A step that is recorded once over inputs of its own and replayed with new values in them.

    `parts`: what the step changes. `give_up(why, broken)` is called if the step cannot be recorded
    (`broken`), or if the first replay differs from the step itself (see `difference`). If it
    returns, later steps run unrecorded.
    """

    def __init__(
        self,
        step: Callable[[Sequence], Losses],
        parts: Parts,
        give_up: GiveUp,
        tolerance: float = 0.0,
        agree: Callable[[tuple[str, bool] | None], tuple[str, bool] | None] = lambda found: found,
    ) -> None:
        self._step, self._parts = step, parts
        self._give_up, self._tolerance, self._warm_up = give_up, tolerance, Aside()
        self._agree = agree
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
        """The step itself, and a comparison with a record of it; the step's results are kept.

        The record is made over zeros, so one that kept the values of its inputs is detected. The
        step comes first, so if memory runs out, it is already done.
        """
        before = _copies(state_of(self._parts))
        losses = self._step(block)
        after = _copies(state_of(self._parts))
        self._put(before)
        # A rank whose record is broken must not leave the others in a replay that waits for it.
        wrong = self._wrong(lambda: self._record(block)) or self._wrong(
            lambda: self._difference(block, after | _named(losses))
        )
        self._put(after)
        if wrong:
            self._given_up, self._replay = True, None
            self._give_up(*wrong)
        return losses

    def _wrong(self, work: Callable[[], str]) -> tuple[str, bool] | None:
        """What the first rank that finds something finds wrong; whether the record is broken."""
        try:
            why = work()
            found = (why, False) if why else None
        except Exception as error:  # whatever a graph cannot hold
            found = f"the step cannot be recorded ({_cause(error)})", True
        return self._agree(found)

    def _record(self, block: Sequence) -> str:
        self._inputs = copy.deepcopy(block)
        torch._foreach_zero_(list(tensors_of(self._inputs)))
        self._replay = record_graph(self._work)
        return ""

    def _difference(self, block: Sequence, expected: Mapping[str, torch.Tensor]) -> str:
        found = _named(self._replayed(block))
        return difference(state_of(self._parts) | found, expected, self._tolerance)

    def _put(self, values: Mapping[str, torch.Tensor]) -> None:
        for name, tensor in state_of(self._parts).items():
            tensor.copy_(values[name])

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
    return {name: tensor.clone() for name, tensor in tensors.items()}


def _named(losses: Losses) -> dict[str, torch.Tensor]:
    return {f"{name} {place}": v for place, found in enumerate(losses) for name, v in found.items()}


def _cause(error: BaseException) -> str:
    """The first line of what went wrong first: ending a broken capture fails once more."""
    while error.__context__ is not None:
        error = error.__context__
    first_line, *_ = str(error).strip().split("\n")
    return first_line.rstrip(".") or type(error).__name__


def difference(
    found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], tolerance: float
) -> str:
    """Which tensor differs the most, "" for none.

    Above a tolerance of 0, by which part of its largest value, of losses and moments alone: Adam
    makes whole steps of a small gradient's rounding.
    """
    worst, where = -1.0, ""
    for name, tensor in expected.items():
        if torch.allclose(found[name], tensor, rtol=0, atol=0, equal_nan=True):
            continue
        gap = ((found[name] - tensor).abs().max() / tensor.abs().max()).item()
        if not gap < math.inf:
            gap = math.inf
        loss_or_moment = "/" not in name or ".exp_avg" in name
        if gap > worst and (not tolerance or (loss_or_moment and gap > tolerance)):
            worst, where = gap, name
    if not where:
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


_unfinished: list[torch.cuda.CUDAGraph] = []  # of records that failed: torch still refers to them


def record_graph(work: Callable[[], torch.Tensor]) -> Callable[[], torch.Tensor]:
    """`work` as a CUDA graph: recording does none of it, the returned function does it."""
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
    # A thread of NCCL's, where ranks have joined, may look at its events meanwhile.
    mode = "thread_local" if torch.distributed.is_initialized() else "global"
    try:
        # A stream of its own: what torch keeps for a stream goes with the first of its graphs.
        with torch.cuda.graph(graph, stream=torch.cuda.Stream(), capture_error_mode=mode):
            result = work()
    except Exception:
        _unfinished.append(graph)
        raise
    finally:
        torch.cuda.set_stream(stream)  # a record that fails may leave its own

    def replay() -> torch.Tensor:
        graph.replay()
        return result

    return replay


class Aside:
    """Calls on a stream of its own: a record must not depend on the default stream's work."""

    _stream = None

    def __call__(self, call: Callable[[], Losses]) -> Losses:
        self._stream = self._stream or torch.cuda.Stream()
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            found = call()
        torch.cuda.current_stream().wait_stream(self._stream)
        return found
