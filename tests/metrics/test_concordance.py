"""Concordance: its definition, and that neither N nor dimension moves it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from pairs import gaussian, small_sets

from dmdrepro.metrics import pairing_inefficiency


@settings(max_examples=60, deadline=None)
@given(small_sets())
def test_concordance_is_its_definition_over_all_pairs_of_different_noise(sets):
    x, y = sets
    record = pairing_inefficiency(*sets)
    others = [((x[i] - y[j]) ** 2).sum() for i in range(len(x)) for j in range(len(x)) if i != j]
    if np.mean(others) == 0:
        assert math.isnan(record.concordance)
    else:
        assert record.concordance == pytest.approx(1 - record.e_dt / np.mean(others), abs=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 16, 200])
@pytest.mark.parametrize("kept", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("n", [10, 250])
def test_concordance_is_the_correlation_at_any_n_and_dimension(dim, kept, n):
    # Unit Gaussians with correlation `kept`: E_DT = 2 D (1 - kept), E_ind = 2 D.
    found = []
    for seed in range(2000 // n):
        teacher, other = gaussian(seed, n, dim), gaussian(10_000 + seed, n, dim)
        student = kept * teacher + math.sqrt(1 - kept**2) * other
        found.append(pairing_inefficiency(teacher, student).concordance)
    assert np.mean(found) == pytest.approx(kept, abs=0.06)
