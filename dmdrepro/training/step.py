"""What a training step is: a function of inputs alone, which an engine can compile or record.

It is called with a block of inputs, one dataclass of tensors for each iteration, changes what it
trains, and returns each iteration's losses. It draws nothing, waits for nothing and branches on no
value.
"""

from collections.abc import Mapping, Sequence

import torch

from dmdrepro.runs import checkpoint
from dmdrepro.training.ranks import ALONE, Ranks

Losses = list[dict[str, torch.Tensor]]
Parts = Mapping[str, torch.nn.Module | torch.optim.Optimizer]


class Step:
    """`parts`: what a call changes, by name; `denoisers`: the networks that it calls.

    `functions`: its methods that can be compiled, each as one graph: losses with their gradients.
    `no_graphs`: why it cannot be recorded, "" if it can. `ranks`: over which gradients are means.
    """

    parts: Parts
    denoisers: Sequence[torch.nn.Module] = ()
    functions: Sequence[str] = ()
    no_graphs = ""
    ranks = ALONE

    def __call__(self, block: Sequence) -> Losses:
        raise NotImplementedError


def state_of(parts: Parts) -> checkpoint.Tensors:
    """Every tensor of the parts: what a saved state holds."""
    return checkpoint.pack(
        **{
            name: checkpoint.optimiser_tensors(part)
            if isinstance(part, torch.optim.Optimizer)
            else part.state_dict()
            for name, part in parts.items()
        }
    )


def restore(parts: Parts, tensors: checkpoint.Tensors) -> None:
    """Put back what `state_of` took."""
    for name, part in parts.items():
        own = checkpoint.unpack(tensors, name)
        if isinstance(part, torch.optim.Optimizer):
            checkpoint.restore_optimiser(part, own)
        else:
            checkpoint.put_weights(part, own, f"The saved state's {name}")


def share_state(ranks: Ranks, done: int, parts: Parts) -> int:
    """Give all ranks the first one's parts after `done` steps, which is returned."""
    tensors = ranks.shared(state_of(parts))
    if not ranks.first:
        restore(parts, tensors)
    return ranks.said(done)
