"""A field added later: runs and records made before it are read as what the program did then."""

import json
from dataclasses import dataclass, field

import pytest
from conftest import ROOT

from dmdrepro.experiments import REGISTRY, as_of_now, build, leaves
from dmdrepro.experiments.config import Teacher
from dmdrepro.experiments.toys import ChessboardExperiment
from dmdrepro.measures.students import Student
from dmdrepro.runs.errors import DifferentConfiguration
from dmdrepro.runs.published import read_published
from dmdrepro.settings import added
from dmdrepro.stages.run import Run


@dataclass(frozen=True)
class TeacherOfTomorrow(Teacher):
    tilt: float = added(0.0, before=0.5)


@dataclass(frozen=True)
class ChessboardOfTomorrow(ChessboardExperiment):
    teacher: Teacher = field(
        default_factory=lambda: TeacherOfTomorrow(**ChessboardExperiment().teacher.__dict__)
    )
    shift: int = added(1, before=0)


@pytest.fixture
def tomorrow(monkeypatch):
    """From when it is called on, the chessboard has two fields more."""
    return lambda: monkeypatch.setitem(REGISTRY, "chessboard", ChessboardOfTomorrow)


@pytest.mark.parametrize("done", [True, False])
def test_a_run_goes_on_if_it_was_made_with_what_is_asked_for(tmp_path, tomorrow, done):
    stage = Run(build("chessboard", "smoke"), tmp_path).teacher()
    stage.begin()
    if done:
        stage.finish([], "cpu")
    else:
        stage.save_state(3, {})
    tomorrow()

    def again(**overrides):
        return Run(build("chessboard", "smoke", overrides=overrides), tmp_path).teacher()

    again(**{"teacher.tilt": "0.5", "shift": "0", "teacher.batch": "64"}).check_configuration()
    with pytest.raises(DifferentConfiguration, match=r"\(teacher\.tilt: 0\.5 there, 0\.25 now\)"):
        again(**{"teacher.tilt": "0.25", "shift": "0"}).check_configuration()
    with pytest.raises(DifferentConfiguration, match=r"shift: 0 there, 1 now; teacher\.tilt: 0\.5"):
        again().check_configuration()


def test_a_published_record_shows_what_it_was_made_with(tomorrow):
    (record,) = read_published(ROOT / "docs/published")["laptop", "chessboard"][:1]
    snapshot = record.evaluated[-1]
    assert "teacher.tilt" not in Student("chessboard", snapshot, (record,)).changes
    tomorrow()
    changes = Student("chessboard", snapshot, (record,)).changes
    assert (changes["shift"], changes["teacher.tilt"]) == ((1, 0), (0.0, 0.5))


def test_every_published_record_has_the_fields_of_today():
    """A field that was added since says what the program did before it (`settings.added`)."""
    for file in sorted((ROOT / "docs/published").glob("*.json")):
        found = json.loads(file.read_text())
        today = build(found["experiment"], found["size"], found["seed"]).as_dict()
        unused = set() if found.get("over_n") else {"sampling.sizes", "sampling.sets"}
        assert leaves(as_of_now(found["config"])).keys() | unused == leaves(today).keys(), file.name
        pairings = [found["pairing"], *(stop["pairing"] for stop in found["along"])]
        assert all({"concordance", "gap", "solver"} <= set(pairing) for pairing in pairings)
