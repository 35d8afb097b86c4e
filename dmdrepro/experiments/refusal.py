"""How a configuration is refused: one sentence, raised where the value is."""

from __future__ import annotations

# Counts beyond it index no tensor and fit no memory; torch itself stops at 2^63.
LARGEST = 2**31 - 1


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one sentence for the user."""


def require(condition: bool, sentence: str) -> None:
    """Raise ConfigError with the sentence where the condition does not hold."""
    if not condition:
        raise ConfigError(sentence)


def require_count(name: str, value: int, least: int = 1) -> None:
    """Raise ConfigError where `value` is not within `least` and 2^31 - 1."""
    require(value >= least, f"{name} is {value}; it must be at least {least}.")
    require(value <= LARGEST, f"{name} is {value}; it must be at most {LARGEST:,}.")


def require_positive(name: str, value: float) -> None:
    """Raise ConfigError where `value` is not above 0."""
    require(value > 0, f"{name} is {value}; it must be positive.")


def require_not_negative(name: str, value: float) -> None:
    """Raise ConfigError where `value` is below 0."""
    require(value >= 0, f"{name} is {value}; it must not be negative.")
