"""What records of before a number was kept say of it all the same."""

from __future__ import annotations

import math


def with_concordance(found: object) -> object:
    """A record, or a part of one, with the concordance of every pairing that has none.

    It follows from E_DT, E_ind and n by its definition: 1 - E_DT over the mean of the pairs i != j.
    """
    if isinstance(found, list):
        return [with_concordance(part) for part in found]
    if not isinstance(found, dict):
        return found
    done = {name: with_concordance(part) for name, part in found.items()}
    numbers = [done.get(name) for name in ("e_dt", "e_ind", "n")]
    if "concordance" not in done and all(isinstance(number, float | int) for number in numbers):
        e_dt, e_ind, n = numbers
        between = (n * e_ind - e_dt) / (n - 1) if n > 1 else 0.0
        done["concordance"] = 1 - e_dt / between if between > 0 else math.nan
    return done
