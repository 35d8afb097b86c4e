"""dmdrepro: does a one-step DMD student keep its teacher's noise-data pairing?

Seven names are promised to library users; each is imported when first asked for, so that
`import dmdrepro` does not load torch.
"""

import importlib
from typing import TYPE_CHECKING

from dmdrepro.checkout import map_beside

if TYPE_CHECKING:
    from dmdrepro.comparison.measure import compare
    from dmdrepro.diffusion.sampler import heun_sample
    from dmdrepro.metrics.pairing import pairing_inefficiency
    from dmdrepro.models.adm import adm_denoiser
    from dmdrepro.models.song import song_denoiser
    from dmdrepro.pretrained.load import load_denoiser, unit_noise

map_beside()

__version__ = "0.1.0"

_PUBLIC = {
    "compare": "dmdrepro.comparison.measure",
    "pairing_inefficiency": "dmdrepro.metrics.pairing",
    "heun_sample": "dmdrepro.diffusion.sampler",
    "adm_denoiser": "dmdrepro.models.adm",
    "song_denoiser": "dmdrepro.models.song",
    "load_denoiser": "dmdrepro.pretrained.load",
    "unit_noise": "dmdrepro.pretrained.load",
}
__all__ = [
    "__version__",
    "adm_denoiser",
    "compare",
    "heun_sample",
    "load_denoiser",
    "pairing_inefficiency",
    "song_denoiser",
    "unit_noise",
]


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'dmdrepro' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
