"""The studies' arms name runs, so no name may stand for two."""

from __future__ import annotations

from dmdrepro.experiments import STUDIES


def test_arms_of_one_experiment_and_one_name_are_the_same_copy():
    # They share a folder, so one study would show, or refuse, what the other made.
    made = {}
    for study in STUDIES.values():
        for arm in study.arms:
            settings = made.setdefault((study.experiment, arm.name), dict(arm.settings))
            assert settings == arm.settings, f"{study.name}: {arm.name}"
