"""One experiment's trouble, named: its values and its size end it and not the others."""

from collections.abc import Iterator
from contextlib import contextmanager

from dmdrepro.data.mnist_layout import MnistUnavailable
from dmdrepro.experiments import ConfigError
from dmdrepro.loading import in_loaded_file
from dmdrepro.runs.errors import RunError, says_no_memory


@contextmanager
def named(what: str) -> Iterator[None]:
    """Raise RunError, beginning with `what`, for a value or a size that cannot be computed with.

    What already is a sentence for the user passes through; so does every other exception, which
    is a mistake of the program and not of the experiment.
    """
    try:
        yield
    except (ConfigError, RunError, MnistUnavailable):
        raise
    except (ValueError, OverflowError) as error:
        raise RunError(f"{what} cannot be made: {first_line(error)}.") from error
    except Exception as error:
        if isinstance(error, MemoryError | RuntimeError) and says_no_memory(error):
            raise RunError(
                f"{what} does not fit into memory ({first_line(error) or 'MemoryError'}); "
                "choose a smaller batch, network or --size."
            ) from error
        if (words := in_loaded_file(error)) is None:
            raise
        raise RunError(f"{what}: {words}") from error


def about(what: str, sentence: object, *names: str) -> str:
    """The sentence, with `what` before it unless it begins with that or another of its names."""
    words = str(sentence)
    return words if words.startswith((what, *names)) else f"{what}: {words}"


def first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].rstrip(". ")
