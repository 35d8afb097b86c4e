"""U-Nets of diffusers as `dmdrepro.compare` calls networks: D(x; sigma), one-step students G.

They are given as objects, so nothing of diffusers is imported here (extra `diffusers`).
"""

from collections.abc import Mapping

import torch
from torch import nn

from dmdrepro.models.edm import levels, over

SIGMA_DATA, SIGMA_MIN = 0.5, 0.002  # of OpenAI's consistency models
TIME = 250.0  # their time is 250 ln sigma
STUDENT_TIME = 399  # the timestep at which DMD2's one-step latent students are evaluated
BETAS = (0.00085, 0.012, 1000)  # of Stable Diffusion and SDXL: "scaled linear"
REGRESSED = (
    "Consistency distillation regresses the student on the teacher's ODE, so its pairing is "
    "imposed: a positive control, no test of whether DMD copies."
)
IMPOSED = (
    "DMD2's SDXL student was first trained by regression on pairs of noise and teacher's sample, "
    "so its pairing is imposed: no test of whether DMD copies."
)


class _Unet(nn.Module):
    """A U-Net of diffusers with the `shape` and `label_dim` of its configuration."""

    caution = ""  # a sentence that a comparison repeats

    def __init__(self, unet: nn.Module) -> None:
        super().__init__()
        size = unet.config.sample_size
        self.unet = unet.requires_grad_(False).eval()
        self.shape = (unet.config.in_channels, *([size] * 2 if isinstance(size, int) else size))
        self.label_dim = 0

    def output(self, x: torch.Tensor, time: torch.Tensor, **given: object) -> torch.Tensor:
        """The network's output in float32; `time` [B]."""
        dtype = next(self.unet.parameters()).dtype
        return self.unet(x.to(dtype), time, return_dict=False, **given)[0].float()


class ConsistencyDenoiser(_Unet):
    """OpenAI's consistency models (UNet2DModel): the consistency function f(x; sigma).

    `boundary`: False for the EDM teacher of the same code, whose scalings are EDM's own. Labels are
    one-hot [B, label_dim], as everywhere here.
    """

    def __init__(self, unet: nn.Module, boundary: bool = True) -> None:
        super().__init__(unet)
        self.label_dim = unet.config.num_class_embeds or 0
        self.least = SIGMA_MIN if boundary else 0.0
        self.caution = REGRESSED if boundary else ""

    def forward(
        self, x: torch.Tensor, sigma: torch.Tensor | float, class_labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """[B, *shape], float32; `sigma`: a number, [] or [B]."""
        sigma = levels(sigma, x).expand(len(x))  # [B]
        told = {} if class_labels is None else {"class_labels": class_labels.argmax(1)}
        size = (sigma**2 + SIGMA_DATA**2).sqrt()
        raw = self.output(over(1 / size, x) * x, TIME * sigma.log(), **told)
        above = sigma - self.least
        c_skip = SIGMA_DATA**2 / (above**2 + SIGMA_DATA**2)
        return over(c_skip, x) * x + over(above * SIGMA_DATA / size, x) * raw


class _Latent(_Unet):
    """A latent network that predicts epsilon, with one prompt for all samples.

    `prompt`: the text encoder's states [1, L, C]; `added`: SDXL's `added_cond_kwargs`, of one
    sample. `guidance` above 1 needs `unprompted`, the same two of the empty prompt.
    """

    def __init__(
        self,
        unet: nn.Module,
        prompt: torch.Tensor,
        added: Mapping[str, torch.Tensor] | None = None,
        guidance: float = 1.0,
        unprompted: tuple[torch.Tensor, Mapping[str, torch.Tensor] | None] | None = None,
    ) -> None:
        super().__init__(unet)
        if guidance != 1 and unprompted is None:
            raise ValueError("guidance needs unprompted=(states, added) of the empty prompt.")
        self.guidance, self.conditions = guidance, [(prompt, added)]
        if guidance != 1:
            self.conditions.append(unprompted)
        low, high, steps = BETAS
        betas = torch.linspace(low**0.5, high**0.5, steps, dtype=torch.float64) ** 2
        self.kept = torch.cumprod(1 - betas, 0)  # alpha-bar at each timestep

    def epsilon(self, x: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """The noise that the network sees in x [B, *shape] at timesteps [B]."""
        found = []
        for prompt, added in self.conditions:
            told = {"encoder_hidden_states": _repeated(prompt, x)}
            if added is not None:
                told["added_cond_kwargs"] = {k: _repeated(v, x) for k, v in added.items()}
            found.append(self.output(x, time, **told))
        return found[-1] + self.guidance * (found[0] - found[-1]) if found[1:] else found[0]


class LatentDenoiser(_Latent):
    """A latent teacher as D(x; sigma), x = x0 + sigma eps; start it from `sigma_max` z."""

    @property
    def sigma_max(self) -> float:
        """Of the last timestep, 14.6: pass it to `dmdrepro.compare`."""
        return float(self.sigmas[-1])

    @property
    def sigmas(self) -> torch.Tensor:
        """The noise level of each timestep, ascending, float64."""
        return ((1 - self.kept) / self.kept).sqrt()

    def forward(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """D [B, *shape], float32; between two timesteps the time is even in ln sigma."""
        sigma = levels(sigma, x).expand(len(x))
        known = self.sigmas.to(x.device).log()
        level = sigma.double().log().clamp(known[0], known[-1])
        above = torch.searchsorted(known, level).clamp(1, len(known) - 1)
        share = (level - known[above - 1]) / (known[above] - known[above - 1])
        time = (above - 1 + share).float()
        return x - over(sigma, x) * self.epsilon(over(1 / (1 + sigma**2).sqrt(), x) * x, time)


class LatentStudent(_Latent):
    """DMD2's one-step SDXL and SD 1.5: z of N(0, I) is the latent at timestep 399, G its x0.

    It is called with sigma z and divides by sigma, so any `student_sigma` will do.
    """

    def __init__(self, unet: nn.Module, prompt: torch.Tensor, *given, **more) -> None:
        super().__init__(unet, prompt, *given, **more)
        # SDXL's network alone is told sizes beside the text.
        sdxl = getattr(unet.config, "addition_embed_type", None) == "text_time"
        self.caution = IMPOSED if sdxl else ""

    def forward(self, x: torch.Tensor, sigma: torch.Tensor | float) -> torch.Tensor:
        """G(z) [B, *shape], float32, in latent space."""
        z = x / over(levels(sigma, x).expand(len(x)), x)
        kept = float(self.kept[STUDENT_TIME])
        time = torch.full((len(x),), STUDENT_TIME, device=x.device)
        return (z - (1 - kept) ** 0.5 * self.epsilon(z, time)) / kept**0.5


def _repeated(one: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """[1, ...] for each sample of x, on its device."""
    return one.to(x.device).expand(len(x), *one.shape[1:])
