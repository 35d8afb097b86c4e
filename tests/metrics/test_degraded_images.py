"""On the real MNIST: what E_OT to the data rewards, the features do not."""

from __future__ import annotations

import pytest

from dmdrepro.bench.degraded import COLUMNS, degraded_rows


@pytest.mark.slow
def test_images_made_worse_are_worse(mnist_dir, tmp_path):
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in degraded_rows(mnist_dir, tmp_path)]
    found = {row["samples"]: row for row in rows}
    data, blurred = found.pop("other data"), found["blurred, sd 0.5 pixels"]
    assert data["E_OT ratio"] == pytest.approx(1, abs=0.02)
    assert blurred["E_OT ratio"] < 0.9
    assert blurred["Frechet"] > 4 * data["Frechet"]
    assert blurred["recall"] < data["recall"] - 0.2
    for name, row in found.items():
        assert row["Frechet"] > data["Frechet"] + row["sd"], name
    for name in ("the mean image, always", "100 images, ten times each", "pure noise of sd 0.5"):
        assert found[name]["recall"] < 0.02
    assert found["pure noise of sd 0.5"]["precision"] < data["precision"] - 0.2
    assert data["read as their digit"] > 0.97
