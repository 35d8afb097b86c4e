"""The studies' arms name runs, so no name may stand for two."""

from dataclasses import replace

import pytest

from dmdrepro.experiments import SIZES, STUDIES, Arm, ConfigError, Study, build, leaves
from dmdrepro.experiments import register_study as register
from dmdrepro.measures.along import path_length

LR = {"distill.lr": "1e-3"}


@pytest.fixture
def studies(monkeypatch):
    """What a test registers is taken out again."""
    for name, study in STUDIES.items():
        monkeypatch.setitem(STUDIES, name, study)


def test_ours_are_what_register_accepts(studies):
    # Arms of one experiment and one name share a folder: they are the same copy.
    for name in list(STUDIES):
        assert register(STUDIES.pop(name)) is STUDIES[name]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "mi/ne"}, "'mi/ne' cannot name a study"),
        ({"name": "public-students"}, "cannot name a study: it is one"),
        ({"name": "start"}, "There is a study 'start' already"),
        ({"seeds": ()}, "lacks seeds"),
        ({"arms": ()}, "lacks arms"),
        ({"arms": (Arm("lr=1/2", LR),)}, "'lr=1/2' cannot name an arm"),
        ({"arms": (Arm("a@b", LR),)}, "'a@b' cannot name an arm"),
        ({"arms": (Arm(".a", LR),)}, "'.a' cannot name an arm"),
        ({"arms": (Arm("", LR),)}, "'' cannot name an arm"),
        ({"arms": (Arm("a", LR), Arm("a"))}, "The arm 'a' of study 'mine' is there twice"),
        ({"arms": (Arm("start=random", LR),)}, "other settings than the arm of this name"),
        ({"arms": (Arm("a", LR, teacher="nosuch"),)}, "chessboard has no such arm"),
        ({"arms": (Arm("a", {"distill.lr": "0"}),)}, "must be positive"),
    ],
)
def test_a_study_that_could_not_be_run_or_reached_is_refused(studies, changes, words):
    mine = Study("mine", "Why?", "chessboard", "laptop", (Arm("a=1,b"), Arm("start=teacher")))
    with pytest.raises(ConfigError, match=words):
        register(replace(mine, **changes))
    assert register(mine) is STUDIES.pop("mine")


@pytest.mark.parametrize(
    ("experiment", "size", "arm"),
    [
        ("mnist", "laptop", Arm("width=32", {"model.width": "32"}, True)),  # ours: laptop-32
        ("chessboard", "paper", Arm("rate=1e-4", {"distill.lr": "0.0001"})),  # ours: 1e-4
        ("chessboard", "laptop", Arm("_rate=1e-4+gan twice", LR)),
    ],
)
def test_a_study_that_shares_no_folder_is_taken(studies, experiment, size, arm):
    mine = Study("mine", "Why?", experiment, size, (arm,))
    assert register(mine) is STUDIES.pop("mine")


def test_an_arm_that_sets_nothing_is_what_its_name_says_at_every_size():
    for study in STUDIES.values():
        plain = [a for a in study.arms if not a.settings and a.name != study.size]
        told = {next(iter(arm.settings)) for arm in study.arms if arm.settings} if plain else ()
        for field in told:
            each = [study.at(size).build(plain[0], 0) for size in SIZES]
            values = {leaves(made.as_dict())[field] for made in each}
            assert len(values) == 1, (study.name, field)


def test_an_arm_takes_another_arms_teacher_only_if_it_is_the_same():
    sharing = [(study, arm) for study in STUDIES.values() for arm in study.arms if arm.teacher]
    assert sharing
    arms = {
        (study.experiment, a.name): (study, a) for study in STUDIES.values() for a in study.arms
    }
    for study, arm in sharing:
        owner, other = arms[study.experiment, arm.teacher]
        assert other.own_teacher
        mine, theirs = study.build(arm, 0).as_dict(), owner.build(other, 0).as_dict()
        for part in ("size", "data", "model", "sigma_data", "precision", "teacher"):
            assert mine[part] == theirs[part], (arm.name, part)


def test_the_width_studies_stop_at_the_paths_of_the_protocol():
    """docs/width.md; the paper's path is 0.02."""
    arms = {arm.name: (s, arm) for name in ("width", "width-longer") for s in [STUDIES[name]]
            for arm in s.arms}  # fmt: skip
    study, arm = arms["width=16,its=8000"]
    distill = study.build(arm, 0).distill
    paths = [path_length(distill.__dict__, stop) for stop in (*distill.kept, distill.iterations)]
    assert [round(path, 3) for path in paths] == [0.005, 0.011, 0.023, 0.039, 0.079, 0.159, 0.319]
    for name, last in (("width=64", 0.023), ("width=64,its=1000", 0.039), ("width=32", 0.039)):
        study, arm = arms[name]
        distill = study.build(arm, 0).distill
        assert round(path_length(distill.__dict__, distill.iterations), 3) == last
    study, arm = arms["width=64,lr=4e-5"]
    distill = study.build(arm, 0).distill
    assert round(path_length(distill.__dict__, distill.iterations), 3) == 0.02
    assert study.build(arm, 0).model == build("mnist", "paper").model
    assert study.build(arm, 0).data == build("mnist", "paper").data
    slow, plain = (
        [path_length(d.__dict__, stop) for stop in (*d.kept, d.iterations)][:3]
        for s, arm in (arms["width=16,lr=4e-5"], arms["width=16"])
        for d in [s.build(arm, 0).distill]
    )
    assert slow == pytest.approx(plain, rel=0.02)
