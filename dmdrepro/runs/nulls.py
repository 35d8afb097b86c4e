"""What a record's null is over, in the record's words and in a reader's."""

from __future__ import annotations

from collections.abc import Mapping

ALL, CLASS, SECOND_DRAW = "all", "class", "second draw"


def null_of(pairing: Mapping | None) -> str:
    """A recorded pairing's `null`; records made before there was one are over all pairs."""
    return (pairing or {}).get("null", ALL)


def is_conditional(config: Mapping) -> bool:
    """Whether the networks of a recorded configuration are told a class."""
    data = config.get("data") or {}
    return bool(data.get("conditional") or data.get("classes"))


def null_mark(pairing: Mapping | None, config: Mapping) -> str:
    """`class` or `second draw`; of a class-conditional run measured before, `all pairs`.

    Empty for an unconditional run, whose null is over all pairs as it should be.
    """
    null = null_of(pairing)
    if null == ALL:
        return "all pairs" if is_conditional(config) else ""
    return null
