"""A stage is new, interrupted or done, and never mixes configurations."""

import json

import pytest
from made_stage import OTHER, make

from dmdrepro.runs.errors import DifferentConfiguration
from dmdrepro.runs.files import write_bytes
from dmdrepro.runs.stage import Stage, differences


def finish(stage: Stage) -> None:
    stage.begin()
    write_bytes(stage.folder / "weights", b"abc")
    stage.finish(["weights"], "cpu")


def test_a_stage_is_done_only_after_its_manifest(tmp_path):
    stage = make(tmp_path)
    assert not (stage.folder / "config.json").exists()
    stage.begin()
    assert (stage.folder / "config.json").exists()
    assert not stage.done
    finish(stage)
    assert stage.done
    assert set(stage.verify()) == {"config.json", "record.json", "weights"}


def test_the_record_says_where_the_result_comes_from(tmp_path):
    stage = make(tmp_path)
    finish(stage)
    facts = json.loads((stage.folder / "record.json").read_text())["provenance"]
    assert facts["device"] == "cpu"
    assert facts["wall_s"] >= 0
    assert {"commit", "version", "python", "torch", "numpy", "threads", "finished"} <= set(facts)


def test_another_configuration_is_refused_and_the_difference_named(tmp_path):
    finish(make(tmp_path))
    other = make(tmp_path, OTHER)
    with pytest.raises(DifferentConfiguration, match=r"teacher\.lr: 0\.001 there, 0\.002 now"):
        other.check_configuration()
    with pytest.raises(DifferentConfiguration):
        other.begin()


def test_differences_lists_leaves_on_both_sides():
    found = differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "d": 3}, "c": 5})
    assert found == ["a.d: absent there, 3 now", "c: 2 there, 5 now"]


def test_fresh_moves_aside_and_deletes_nothing(tmp_path):
    stage = make(tmp_path)
    finish(stage)
    first = stage.set_aside()
    finish(stage)
    second = stage.set_aside()
    assert first != second
    assert (first / "weights").read_bytes() == (second / "weights").read_bytes() == b"abc"
    assert not (stage.folder / "config.json").exists()
