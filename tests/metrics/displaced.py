"""Samples of teacher and student whose displacement a test gives."""

import numpy as np


def sets(displacement):
    """Phi_1, Phi_8 and G [N, 3] whose delta(z) is `displacement` + 0: |G - Phi_8| is 5 + delta."""
    n = len(displacement)
    rng = np.random.default_rng(0)

    def away(length):
        direction = rng.standard_normal((n, 3))
        return length[:, None] * direction / np.linalg.norm(direction, axis=1)[:, None]

    eight = rng.standard_normal((n, 3))
    return eight + away(np.full(n, 5.0)), eight, eight + away(5.0 + displacement)
