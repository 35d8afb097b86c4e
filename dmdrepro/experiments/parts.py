"""What an experiment's data set and network must have; each lack is a sentence with the class."""

from dataclasses import is_dataclass

from dmdrepro.data import Data
from dmdrepro.models import Model
from dmdrepro.settings import ConfigError, require


def check_parts(data: object, model: object) -> None:
    """Raise ConfigError, naming the class and what it lacks."""
    name = _check_kind(data, Data, "data set", "dmdrepro.data.Data")
    try:
        hash(data)
    except TypeError as error:
        raise ConfigError(f"{name} has a setting that can change ({error}); use a tuple.") from None
    shape = getattr(data, "shape", None)
    require(
        isinstance(shape, tuple) and bool(shape) and all(type(n) is int and n > 0 for n in shape),
        f"{name} lacks `shape`, the shape of one sample: a tuple such as (2,) or (1, 32, 32).",
    )
    classes = data.classes
    require(
        type(classes) is int and classes >= 0,
        f"{name} has classes = {classes!r}; it must be a whole number, 0 if unconditional.",
    )
    require(
        not (classes and data.exact),
        f"{name} has exact = True and {classes} classes, which denoise(x, sigma) is not told: set "
        "exact = False.",
    )
    ours = type(data).__module__.startswith("dmdrepro.")  # ImageNet-64's is never drawn from
    if type(data).make is Data.make and not ours:  # else what it makes may have them
        offered = {
            "sample(n, generator)": type(data).sample is not Data.sample,
            "denoise(x, sigma), which exact = True promises": data.denoise or not data.exact,
            "training_set, which training_size promises": (
                not data.training_size or data.training_set is not None
            ),
        }
        for what, there in offered.items():
            require(bool(there), f"{name} lacks {what}.")
    network = _check_kind(model, Model, "network", "dmdrepro.models.Model")
    own = type(model).network is not Model.network or type(model).make is not Model.make
    require(own, f"{network} lacks network(shape, classes).")


def _check_kind(part: object, base: type, what: str, where: str) -> str:
    name = f"The {what} {type(part).__name__}"
    require(isinstance(part, base), f"{name} does not inherit {where}.")
    frozen = is_dataclass(part) and type(part).__dataclass_params__.frozen
    require(frozen, f"{name} is not a frozen dataclass: it lacks @dataclass(frozen=True).")
    return name
