"""A student's weights averaged, and a tenth of the rate, from an iteration on."""

import pytest
import torch
from safetensors.torch import load
from steps import given
from test_resume import files_of, student

from dmdrepro.experiments import build
from dmdrepro.settings import ConfigError


def weights(files, name):
    return load(files[name])


def test_the_kept_student_is_the_mean_over_its_updates_and_the_training_stays(tmp_path):
    """Updates at 0, 5, 10: the mean from iteration 3 on is of the last two, also if resumed."""
    stops = {"distill.snapshots": "5,10"}
    plain = files_of(student, tmp_path / "plain", "eager", stops=0, **stops)
    ours = files_of(
        student, tmp_path / "ours", "eager", stops=2, **stops, **{"distill.average_from": "3"}
    )
    assert ours["log.jsonl"] == plain["log.jsonl"]
    at_10, at_end = (weights(plain, n) for n in ("student-10.safetensors", "student.safetensors"))
    for name in ("student-5.safetensors", "student-10.safetensors"):  # no mean yet, a mean of one
        assert ours[name] == plain[name]
    for name, found in weights(ours, "student.safetensors").items():
        torch.testing.assert_close(found, (at_10[name] + at_end[name]) / 2)
        assert at_10[name].equal(at_end[name]) or not found.equal(at_end[name])


def test_a_tenth_of_the_rate_from_an_iteration_on():
    _, _, draws = given("chessboard", **{"distill.tenth_from": "10", "distill.warmup": "4"})
    lr = draws.settings.lr
    rates = [draws.learning_rate(it) / lr for it in (2, 9, 10, 14)]
    assert rates == pytest.approx([0.5, 1, 0.1, 0.1])


@pytest.mark.parametrize("name", ["tenth_from", "average_from"])
def test_it_begins_before_the_end(name):
    with pytest.raises(ConfigError, match=f"{name} is 15; it must be before the end, 15"):
        build("mnist", "smoke", overrides={f"distill.{name}": "15"})


def test_an_update_is_left_for_the_mean():
    """Updates at 0, 5, 10: a mean from iteration 11 on would have none."""
    assert build("mnist", "smoke", overrides={"distill.average_from": "10"})
    with pytest.raises(ConfigError, match="average_from is 11; no update of the student is left"):
        build("mnist", "smoke", overrides={"distill.average_from": "11"})
