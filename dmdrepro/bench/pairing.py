"""Delta_E against POT's exact solver on the same samples."""

from __future__ import annotations

import numpy as np
import torch

from dmdrepro.bench.timing import in_turns
from dmdrepro.metrics import pairing_inefficiency


def pairing_rows(device: torch.device, *, quick: bool):
    """Rows for independent pairs in R^4, the hard case for an assignment."""
    import ot

    for n in (100,) if quick else (1000, 3000):
        rng = np.random.default_rng(0)
        teacher, student = (torch.from_numpy(rng.standard_normal((n, 4))) for _ in range(2))
        teacher, student = teacher.to(device), student.to(device)
        found: dict[str, float] = {}

        def ours(teacher=teacher, student=student, found=found):
            found["ours"] = pairing_inefficiency(teacher, student).e_ot

        def pot(teacher=teacher, student=student, found=found, n=n):
            a, b = teacher.cpu().numpy(), student.cpu().numpy()
            weights = np.full(n, 1 / n)
            found["pot"] = ot.emd2(weights, weights, ot.dist(a, b), numItermax=100_000_000)

        our_s, pot_s = in_turns(ours, pot, device, 1 if quick else 3)
        if abs(found["ours"] - found["pot"]) > 1e-9 * found["ours"]:
            raise AssertionError(f"Delta_E and POT disagree on E_OT: {found}")
        name = f"Delta_E and company, N = {n:,}, D = 4"
        yield name, our_s, "POT emd2 (E_OT alone)", pot_s
