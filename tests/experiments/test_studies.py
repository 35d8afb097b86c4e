"""The studies' arms name runs, so no name may stand for two."""

from dmdrepro.experiments import STUDIES, build
from dmdrepro.measures.along import path_length


def test_arms_of_one_experiment_and_one_name_are_the_same_copy():
    # They share a folder, so one study would show, or refuse, what the other made.
    made = {}
    for study in STUDIES.values():
        for arm in study.arms:
            settings = made.setdefault((study.experiment, arm.name), dict(arm.settings))
            assert settings == arm.settings, f"{study.name}: {arm.name}"


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
    study, arm = arms["width=64,lr=4e-5"]
    distill = study.build(arm, 0).distill
    assert round(path_length(distill.__dict__, distill.iterations), 3) == 0.02
    assert study.build(arm, 0).model == build("mnist", "paper").model
    assert study.build(arm, 0).data == build("mnist", "paper").data
