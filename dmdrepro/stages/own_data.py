"""Whether a user's data set draws what it says, before anything is trained on it."""

import torch

from dmdrepro.data import Data
from dmdrepro.runs.errors import RunError


def check_drawn(settings: Data, dataset: Data) -> None:
    """Raise RunError, naming the class, if a draw of two has another shape, type or classes."""
    name, shape, classes = type(dataset).__name__, settings.shape, settings.classes
    drawn = dataset.sample(2, torch.Generator().manual_seed(0))
    if not (isinstance(drawn, tuple) and len(drawn) == 2):
        raise RunError(f"{name}.sample returns {type(drawn).__name__}, not (x, classes or None).")
    x, labels = drawn
    if not isinstance(x, torch.Tensor) or x.dtype != torch.float32 or x.shape != (2, *shape):
        said = f"{x.dtype} {list(x.shape)}" if isinstance(x, torch.Tensor) else type(x).__name__
        raise RunError(f"{name}.sample(2) returns x as {said}, not torch.float32 {[2, *shape]}.")
    if not x.isfinite().all():
        raise RunError(f"{name}.sample returns values that are not finite numbers.")
    if (labels is None) != (classes == 0):
        lack = "no class numbers" if labels is None else "class numbers"
        raise RunError(f"{name}.sample returns {lack}, and it says classes = {classes}.")
    if labels is None:
        return
    fits = isinstance(labels, torch.Tensor) and labels.shape == (2,) and labels.dtype == torch.int64
    if not fits or labels.min() < 0 or labels.max() >= classes:
        raise RunError(
            f"{name}.sample(2) returns classes {labels}, not a tensor int64 [2] below {classes}."
        )
