"""What each exit status means, as `--help` says it."""

import pytest
from command import SMOKE, command, invoke

from dmdrepro.cli.execute import NOT_ALL
from dmdrepro.cli.signals import PIPE, STOPS


def test_the_help_names_every_status():
    printed = " ".join(command("--help").replace("│", " ").split())
    for status in (0, 1, 2, NOT_ALL, 128 + PIPE, *(128 + number for number in STOPS)):
        assert f" {status} " in printed.partition("Exit status:")[2]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list",), 0),
        (("all", *SMOKE, "--dry-run"), 0),  # imagenet64 cannot run and was not named
        (("all", "imagenet64", *SMOKE, "--dry-run"), 0),  # what it would cost, without the weights
        (("all", "imagenet64", *SMOKE), 1),
        (("nothing",), 2),
        (("teacher", "--nothing"), 2),
        (("teacher", "--seed"), 2),
        (("teacher", "--seed", "x"), 2),
        (("teacher", "--seed", "-1"), 2),
        (("all", "--jobs", "0"), 2),
        (("compare", "one"), 1),
        (("teacher", "nothing", *SMOKE), 1),
    ],
)
def test_two_is_the_command_lines_form_and_one_everything_else(tmp_path, words, code):
    runs = ("--runs", tmp_path) if words[0] in ("teacher", "all", "list") else ()
    result = invoke(*words[:1], *runs, *words[1:])
    assert result.exit_code == code, result.output
