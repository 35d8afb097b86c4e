"""Pairs of samples whose pairing is known in closed form, and what is measured of them."""

from dmdrepro.known.answers import SMOKE, KnownSettings, known_answers

__all__ = ["SMOKE", "KnownSettings", "known_answers"]
