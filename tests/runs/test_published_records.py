"""Published records: the tables made from them are those of the runs themselves."""

import json

import numpy as np
import pytest

from dmdrepro.runs.errors import DamagedArtifact, RunError
from dmdrepro.runs.files import part_by_part
from dmdrepro.runs.published import CURVE, Published, publish, read_published
from dmdrepro.runs.results import Result

RECORD = {
    "experiment": "ring", "size": "laptop", "seed": 3, "snapshot": 100,
    "config": {"distill": {"iterations": 6}},
    "pairing": {"delta_e": 0.5},
}  # fmt: skip


class Made(Result):
    """A finished run whose parts a test gives."""

    snapshots = (100,)

    def __init__(self, losses=None, study="", teacher=None):
        super().__init__(None, "a=1" if study else "ring", "laptop", 3, study)
        self._losses, self._teacher = losses, teacher

    def record(self, snapshot, stage="evaluate"):
        return {**RECORD, "provenance": {"wall_s": 2.0, "device": stage}}

    def teacher_weights(self, snapshot):
        return "ab" * 32

    def teacher_record(self, snapshot):
        if self._teacher is None:
            raise FileNotFoundError
        return {"provenance": self._teacher}

    def losses(self, snapshot):
        if self._losses is None:
            raise FileNotFoundError
        return {"loss_dm": self._losses}


def test_a_record_comes_back_with_its_command_and_its_stages(tmp_path):
    file = publish(Made(), 100, tmp_path, "python reproduce.py all ring")
    assert file.name == "laptop-ring-100-seed3.json"
    ((key, (found,)),) = read_published(tmp_path).items()
    assert key == ("laptop", "ring")
    assert isinstance(found, Published)
    assert (found.experiment, found.size, found.seed) == ("ring", "laptop", 3)
    assert found.snapshots == (100,)
    record = found.record(100)
    assert {k: record[k] for k in RECORD} == RECORD
    assert record["command"] == "python reproduce.py all ring"
    assert set(record["stages"]) == {"distill", "sample", "evaluate"}  # no teacher is there
    assert record["teacher_weights"] == "ab" * 32
    with pytest.raises(KeyError):
        found.losses(100)["loss_dm"]
    assert len(file.read_text().splitlines()) == len(record) + 2  # each part on one line
    file.write_text(json.dumps(record, indent=1))  # as records were published before
    assert read_published(tmp_path)[key][0].record(100) == record


@pytest.mark.parametrize(
    "value", [5e-324, 0.1 + 0.2, -0.0, 1 / 3, 1.7976931348623157e308, 2**60, float("-inf")]
)
def test_a_number_is_published_to_the_last_bit(value):
    (found,) = json.loads(part_by_part({"x": [value]}))["x"]
    assert type(found) is type(value) or found == "-inf"
    assert repr(float(found)) == repr(float(value))


@pytest.mark.parametrize("count", [1, 7, CURVE, CURVE + 1, 10_000])
def test_a_thinned_curve_keeps_its_mean_and_its_span(tmp_path, count):
    steps, values = np.arange(count) * 5, np.linspace(1.0, 3.0, count)
    publish(Made((steps, values)), 100, tmp_path, "command")
    ((found,),) = read_published(tmp_path).values()
    at, loss = found.losses(100)["loss_dm"]
    assert len(at) == len(loss) <= CURVE
    np.testing.assert_allclose(loss, np.interp(at, steps, values), rtol=2e-2)
    assert at[-1] >= 0.9 * steps[-1]


def test_arms_are_grouped_by_study_and_seeds_by_arm(tmp_path):
    file = publish(Made(study="rates"), 100, tmp_path, "command")
    assert file.name == "laptop-ring@a=1-100-seed3.json"
    other = json.loads(file.read_text()) | {"seed": 1}
    (tmp_path / "other.json").write_text(json.dumps(other))
    ((key, seeds),) = read_published(tmp_path).items()
    assert key == ("laptop", "rates/a=1")
    assert [(found.experiment, found.seed) for found in seeds] == [("a=1", 1), ("a=1", 3)]


def test_what_is_no_record_is_named(tmp_path):
    with pytest.raises(RunError, match="no published records"):
        read_published(tmp_path)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(DamagedArtifact, match=r"x\.json is not a published record: it has no"):
        read_published(tmp_path)
