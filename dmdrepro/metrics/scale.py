"""Samples near the ends of float64: measured at another scale, exactly.

Squared distances of values beyond about 1e150 overflow, and of values below 1e-150 vanish. Such
sets are multiplied by a power of two, which changes no digit; all others are left alone.
"""

import math

import torch

ORDINARY = 200  # sets whose largest value lies within 2^-200 and 2^200 are measured as they are
SHORT = 150  # float32 holds nothing beyond 2^-150 and 2^150
SINGLE = 60  # the same if float32 squares them


def exponent_of(*sets: torch.Tensor, ordinary: int = ORDINARY) -> int:
    """e with the sets' largest value near 2^e; 0 for what is ordinary, and for sets of zeros."""
    if ordinary >= SHORT and all(rows.dtype != torch.float64 for rows in sets):
        return 0
    largest = max(abs(float(end)) for rows in sets for end in rows.aminmax())
    exponent = math.frexp(largest)[1]
    return exponent if largest > 0 and abs(exponent) > ordinary else 0


def scaled(rows: torch.Tensor, exponent: int) -> torch.Tensor:
    """rows 2^exponent, float64 unless the exponent is 0; exact but for what vanishes."""
    if exponent == 0:
        return rows
    half = exponent // 2  # 2^exponent itself may be beyond float64
    return rows.double() * 2.0**half * 2.0 ** (exponent - half)


def restored_lengths(lengths: torch.Tensor, exponent: int) -> torch.Tensor:
    """lengths 2^exponent; raises ValueError if float64 cannot hold one."""
    found = scaled(lengths, exponent)
    if not bool(found.isfinite().all()):
        raise ValueError("The distances overflow float64; scale all sets down alike.")
    return found


def restored(value: float, exponent: int, what: str = "The squared distances") -> float:
    """value 2^exponent; raises ValueError if float64 cannot hold it with all its digits."""
    if exponent == 0 or value == 0 or not math.isfinite(value):
        return value
    try:
        found = math.ldexp(value, exponent)
    except OverflowError:
        raise ValueError(f"{what} overflow float64; scale all sets down alike.") from None
    if abs(found) < 2.0**-1022:
        raise ValueError(f"{what} underflow float64; scale all sets up alike.")
    return found
