"""What every network's settings say of it, and how they make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.settings import LARGEST, require, require_count

if TYPE_CHECKING:
    from torch import nn

    from dmdrepro.models.edm import EDMDenoiser


@dataclass(frozen=True)
class Cost:
    """Parameters, multiply-add FLOPs of one forward pass of one sample, activation values."""

    parameters: float
    flops: float
    activations: float


class Model:
    """A network: a frozen dataclass of its settings that inherits this and has `network`."""

    def network(self, shape: tuple[int, ...], classes: int) -> nn.Module:
        """The raw network F of samples of `shape`, from torch's global generator.

        It maps (c_in x [B, *shape], c_noise [1 or B], one-hot labels [B, classes] or None) to
        [B, *shape]. For the adversarial loss it also has `features`, which returns (F, h), and
        `feature_shape`, that of one h.
        """
        raise NotImplementedError

    def check(self, shape: tuple[int, ...]) -> None:
        """Raises ConfigError if the network cannot be built for samples of `shape`."""

    def make(
        self, shape: tuple[int, ...], classes: int = 0, sigma_data: float = 0.5
    ) -> EDMDenoiser:
        """The network as a denoiser of samples of `shape`, from torch's global generator.

        `classes`: how many it is told of, 0: unconditional. Raises ConfigError as `check` does.
        """
        from dmdrepro.models.edm import EDMDenoiser

        require_count("classes", classes, 0)
        self.check(shape)
        return EDMDenoiser(self.network(shape, classes), sigma_data, shape, classes)

    def cost(self, shape: tuple[int, ...], classes: int = 0) -> Cost:
        """For the dry run: counted by torch on tensors without memory, unless overridden."""
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            network = self.network(shape, classes)
            labels = torch.zeros(1, classes) if classes else None
            sizes: list[int] = []
            for module in network.modules():
                module.register_forward_hook(
                    lambda _, __, y: sizes.append(y.numel() if torch.is_tensor(y) else 0)
                )
            network(torch.zeros(1, *shape), torch.zeros(1), labels)
        parameters = sum(p.numel() for p in network.parameters())
        return Cost(parameters, counter.get_total_flops(), sum(sizes))


def require_layer(width: int, weights: int) -> None:
    """Raise ConfigError for a layer too large for any memory."""
    require(
        weights <= LARGEST,
        f"model.width={width} makes a layer of {weights:,} weights; at most {LARGEST:,} are "
        "possible.",
    )
