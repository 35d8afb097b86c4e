"""`study public-students` of tiny networks under the public files' names."""

import json

import pytest
from command import command
from foreign_files import write_tiny

STUDY = ("study", "public-students", "--size", "smoke", "--gpu", "cpu")
DMD2 = "model/imagenet_lr2e-6_scratch_fid2.61_checkpoint_model_405500/pytorch_model.bin"
SID, EDM = "network-snapshot-1.200000-939176.pkl", "edm-imagenet-64x64-cond-adm.pkl"


@pytest.fixture
def weights(tmp_path, cache):
    for seed, name in enumerate((EDM, DMD2, SID)):
        file = tmp_path / "weights" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        write_tiny("accelerate", file, seed)
    return tmp_path / "weights"


def test_what_is_there_is_compared_and_the_rest_is_one_line(weights, tmp_path):
    words = (*STUDY, "--weights", weights, "--runs", tmp_path / "runs")
    dry = command(*words, "--dry-run")
    assert "280 network evaluations at most" in dry
    assert not (tmp_path / "runs").exists()
    printed = command(*words)
    assert printed.count("not run: ") >= 6
    assert printed.count(f"samples of {EDM}: done in") == 1
    assert f"samples of {EDM}: done already" in printed
    folder = tmp_path / "runs/smoke/study-public-students"
    records = json.loads((folder / "records.json").read_text())["records"]
    assert [record["student"] for record in records] == ["DMD2, FID 2.61", "SiD"]
    assert [record["networks"]["student"]["sigma"] for record in records] == [80, 2.5]
    assert {record["n"] for record in records} == {40}
    assert {path.name for path in folder.iterdir()} >= {"study.png", "public_students.md"}
    (weights / "again").mkdir()
    (weights / "again" / SID).write_bytes(b"x")
    assert "are both network-snapshot" in command(*words, code=1)


def test_without_weights_the_sentence_says_what_to_fetch(tmp_path, monkeypatch):
    monkeypatch.delenv("DMDREPRO_WEIGHTS", raising=False)
    printed = command(*STUDY, code=1)
    for name in (EDM, SID, "CC BY-NC-SA", "--weights DIR or $DMDREPRO_WEIGHTS"):
        assert name in printed
    assert "holds no student with its teacher" in command(*STUDY, "--weights", tmp_path, code=1)
    assert "public-students" in command("study")
