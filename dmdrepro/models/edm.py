"""EDM preconditioning (Karras et al. 2022, table 1): from a raw network F to a denoiser D."""

import contextlib

import torch
from torch import nn

from dmdrepro.settings import require_positive


def c_skip(sigma: torch.Tensor, sigma_data: float) -> torch.Tensor:
    """sigma_data^2 / (sigma^2 + sigma_data^2), of any shape (EDM table 1)."""
    return sigma_data**2 / (sigma**2 + sigma_data**2)


def c_out(sigma: torch.Tensor, sigma_data: float) -> torch.Tensor:
    """sigma sigma_data / sqrt(sigma^2 + sigma_data^2), of any shape (EDM table 1)."""
    return sigma * sigma_data / (sigma**2 + sigma_data**2).sqrt()


def c_in(sigma: torch.Tensor, sigma_data: float) -> torch.Tensor:
    """1 / sqrt(sigma^2 + sigma_data^2), of any shape: the network's input has variance 1."""
    return 1 / (sigma**2 + sigma_data**2).sqrt()


def c_noise(sigma: torch.Tensor) -> torch.Tensor:
    """ln(sigma) / 4, of any shape: what the network is told of the noise level."""
    return sigma.log() / 4


def precondition(
    raw: torch.Tensor, noisy: torch.Tensor, sigma: torch.Tensor | float, sigma_data: float
) -> torch.Tensor:
    """D(x; sigma) = c_skip x + c_out F from the raw output F (EDM equation 7).

    `raw`, `noisy`: [B, ...]; `sigma`: a number, [1] or [B]. Raises ValueError on other sizes.
    """
    sigma = over(levels(sigma, noisy), noisy)  # [1 or B, 1, ...]
    return c_skip(sigma, sigma_data) * noisy + c_out(sigma, sigma_data) * raw


class RawNetwork(nn.Module):
    """F, the network that EDM's preconditioning turns into a denoiser; `features` makes it."""

    def forward(
        self, x: torch.Tensor, noise: torch.Tensor, class_labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """F [B, ...] from c_in x, c_noise [1 or B] and one-hot labels [B, classes]."""
        return self.features(x, noise, class_labels)[0]

    def rounded_layers(self) -> dict[str, nn.Module]:
        """The layers, by name, whose weights autocast rounds, each once a pass."""
        return {}


class EDMDenoiser(nn.Module):
    """D(x; sigma) around a raw network; weights and preconditioning stay float32.

    `model`: see `Model.network`. `shape`: of one sample; `label_dim`: number of classes, 0 =
    unconditional. `compute_dtype` may be changed at any time: None or float32 runs the network as
    it is, another type under autocast. `copies`: of the model's weights, by name, that `forward`
    uses in their place (training/copies.py).
    """

    def __init__(
        self,
        model: nn.Module,
        sigma_data: float,
        shape: tuple[int, ...],
        label_dim: int,
        compute_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        require_positive("sigma_data", sigma_data)
        self.model = model
        self.sigma_data = float(sigma_data)
        self.shape = tuple(shape)
        self.label_dim = label_dim
        self.compute_dtype = compute_dtype
        self.copies: dict[str, torch.Tensor] = {}

    def rounded_layers(self) -> dict[str, nn.Module]:
        """The model's, if it runs under autocast."""
        if self.compute_dtype in (None, torch.float32) or not isinstance(self.model, RawNetwork):
            return {}
        return self.model.rounded_layers()

    @property
    def feature_shape(self) -> tuple[int, ...]:
        """Shape of one sample's features h, for a GAN head."""
        return self.model.feature_shape

    def forward(
        self, x: torch.Tensor, sigma: torch.Tensor | float, class_labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """D(x; sigma), float32 like `x` (EDM equation 7).

        `x`: [B, *shape]; `sigma`: a positive number or [B]; `class_labels`: one-hot [B, label_dim].
        Raises ValueError for other sizes or labels.
        """
        x = x.float()
        return precondition(self.raw(x, sigma, class_labels), x, sigma, self.sigma_data)

    def raw(
        self, x: torch.Tensor, sigma: torch.Tensor | float, class_labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """F, the network's output before preconditioning, float32; arguments as in `forward`."""
        inputs = self._inputs(x, sigma, class_labels)
        with self._compute(x.device):
            if self.copies:
                raw = torch.func.functional_call(self.model, self.copies, inputs)
            else:
                raw = self.model(*inputs)
        return raw.float()

    def features(
        self, x: torch.Tensor, sigma: torch.Tensor | float, class_labels: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(F, h): raw output and features [B, *feature_shape], float32; arguments as above."""
        inputs = self._inputs(x, sigma, class_labels)
        with self._compute(x.device):
            raw, h = self.model.features(*inputs)
        return raw.float(), h.float()

    def _inputs(
        self, x: torch.Tensor, sigma: torch.Tensor | float, class_labels: torch.Tensor | None
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        if tuple(x.shape[1:]) != self.shape:
            raise ValueError(f"denoiser input has shape {tuple(x.shape)}; pass [B, *{self.shape}].")
        self._check_labels(class_labels, len(x))
        x = x.float()
        sigma = levels(sigma, x)
        return over(c_in(sigma, self.sigma_data), x) * x, c_noise(sigma), class_labels

    def _check_labels(self, class_labels: torch.Tensor | None, batch: int) -> None:
        count, wanted = self.label_dim, f"[{batch}, {self.label_dim}]"
        if class_labels is None and count:
            raise ValueError(
                f"this denoiser is conditional on {count} classes; pass one-hot class_labels "
                f"{wanted} (all zeros: no class)."
            )
        if class_labels is None:
            return
        if not count:
            raise ValueError("this denoiser is unconditional; pass class_labels=None.")
        if not class_labels.is_floating_point():
            raise ValueError(
                f"class_labels are {class_labels.dtype}; pass one-hot floats {wanted}, as "
                f"F.one_hot(labels, {count}).float()."
            )
        if tuple(class_labels.shape) != (batch, count):
            shape = tuple(class_labels.shape)
            raise ValueError(f"class_labels have shape {shape}; pass one-hot floats {wanted}.")

    def _compute(self, device: torch.device) -> contextlib.AbstractContextManager:
        if self.compute_dtype in (None, torch.float32):
            return contextlib.nullcontext()
        return torch.autocast(device.type, dtype=self.compute_dtype)


def full_precision(x: torch.Tensor) -> contextlib.AbstractContextManager:
    """A context in which autocast, if it is on for the device of `x`, is off.

    For embeddings, scale and shift, as in the public EDM and DMD2 code.
    """
    device = x.device.type
    if device != "meta" and torch.is_autocast_enabled(device):
        return torch.autocast(device, enabled=False)
    return contextlib.nullcontext()


def levels(sigma: torch.Tensor | float, x: torch.Tensor) -> torch.Tensor:
    """`sigma` as float32 [1] or [B] on the device of `x`."""
    if not isinstance(sigma, torch.Tensor):
        if not sigma > 0:
            raise ValueError(f"sigma is {sigma}; noise levels must be positive.")
        # A fill, not a copy from the host: nothing waits, and CUDA graphs can hold it.
        return torch.full((1,), sigma, dtype=torch.float32, device=x.device)
    sigma = sigma.to(device=x.device, dtype=torch.float32).reshape(-1)
    if len(sigma) not in (1, len(x)):
        raise ValueError(f"sigma has {len(sigma)} values for a batch of {len(x)}; pass 1 or B.")
    return sigma


def over(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """[B] shaped to broadcast over [B, ...]."""
    return values.reshape(-1, *[1] * (x.ndim - 1))
