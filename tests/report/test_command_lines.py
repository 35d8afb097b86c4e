"""The command that a page and a published record name makes the same configuration again."""

import shlex
from unittest import mock

import pytest
from command import invoke
from report_runs import write_run

from dmdrepro.commands import program
from dmdrepro.experiments import ConfigError, build, field_names, leaves, parse_overrides
from dmdrepro.measures.students import Student
from dmdrepro.report.commands import command
from dmdrepro.runs.results import Result

WORDS = ("random", "exact", "bfloat16")


def others(value):
    """Texts for --set of values that differ from this one."""
    if isinstance(value, bool):
        return [str(not value)]
    if isinstance(value, list):
        return [",".join(str(v + 2) for v in value), "16", ""]
    if isinstance(value, str):
        return WORDS
    return [str(value + 2), str(2 * value)] if isinstance(value, int) else [str(value * 0.9876543)]


def changes(name, size):
    """Field -> text for --set: of as many fields as can be changed together."""
    found = {}
    usual = build(name, size)
    values = leaves(usual.as_dict())
    for field in field_names(usual):
        for text in others(values[field]):
            try:
                build(name, size, 3, found | {field: text})
            except ConfigError:
                continue
            found[field] = text
            break
    return found


@pytest.mark.parametrize(
    ("name", "size"), [("chessboard", "smoke"), ("mnist", "laptop"), ("imagenet64", "paper")]
)
def test_the_command_line_makes_the_configuration_of_the_record(tmp_path, name, size):
    settings = changes(name, size)
    assert len(settings) > 30
    assert {"distill.snapshots", "sampling.phi_32", "distill.lr"} <= settings.keys()
    snapshot = build(name, size).teacher.snapshots[0]
    for chosen in ({}, settings, {"teacher.snapshots": str(snapshot)}):
        folder = tmp_path / str(len(chosen))
        folder = write_run(folder, name, (snapshot,), size=size, seed=3, settings=chosen)
        line = command(Student(name, snapshot, (Result(folder, name, size, 3),)))
        with mock.patch("dmdrepro.cli.all.run_command", return_value=None) as run:
            invoke(*shlex.split(line.removeprefix(program())))
        asked = run.call_args.args[0]
        overrides = parse_overrides(asked.settings or ())
        made = build(*asked.experiments, asked.size, asked.seed, overrides)
        assert made == build(name, size, 3, chosen)
        assert ("--set" in line) == (made != build(name, size, 3))
        assert (asked.weights is not None) == (name == "imagenet64")
