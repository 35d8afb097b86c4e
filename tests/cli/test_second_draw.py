"""The second draw of a class-conditional experiment: what `sample` makes and `evaluate` uses."""

import shutil

import numpy as np
import pytest
from command import SMOKE, command, record_of

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.runs.files import write_manifest

SHORT = ("--set", "teacher.snapshots=10", "--set", "distill.iterations=10")
OPTIONS = ("mlp-manifold", *SMOKE, *SHORT)
PLACE = "smoke/seed0/mlp-manifold"
EVALUATED = "mlp-manifold/evaluate-10"
SECOND = ("second_noise", "second_student", "second_student_5", "second_teacher_1")
NUMBERS = ("e_dt", "e_ot", "e_ind", "retention", "concordance", "delta_e_null")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    runs = tmp_path_factory.mktemp("second")
    for stage in ("teacher", "distill", "sample", "evaluate"):
        command(stage, *OPTIONS, "--runs", runs)
    return runs


@pytest.fixture
def old(runs, tmp_path):
    """The same run as it was made before there were second draws."""
    shutil.copytree(runs, tmp_path / "old")
    folder = tmp_path / "old" / PLACE
    shutil.rmtree(folder / "evaluate-10")
    sample = folder / "sample-10"
    for name in SECOND:
        (sample / f"{name}.npy").unlink()
    files = [p.name for p in sample.iterdir() if p.name != "manifest.json"]
    write_manifest(sample, files)
    return tmp_path / "old"


def arrays(runs):
    return {p.stem: np.load(p) for p in (runs / PLACE / "sample-10").glob("*.npy")}


def check(part, x, y, **given):
    truth = pairing_inefficiency(x, y, **given).to_json()
    assert part["null"] == truth["null"]
    for name in NUMBERS:
        assert part[name] == pytest.approx(truth[name], rel=1e-9, abs=1e-9), name


def test_it_is_of_the_same_classes_and_fresh_noise(runs):
    found = arrays(runs)
    assert {name for name in found if name.startswith("second_")} == set(SECOND)
    assert {len(found[name]) for name in SECOND} == {48}  # sampling.pairing
    assert found["second_noise"].std() == pytest.approx(80, rel=0.1)
    fresh, given = found["second_noise"].ravel(), found["noise"][:48].ravel()
    assert abs(np.corrcoef(fresh, given)[0, 1]) < 0.1
    second = found["second_teacher_1"]
    assert not np.array_equal(second, found["teacher_1"][:48])


def test_the_second_draw_is_the_students_samples_of_that_noise_and_those_classes(runs):
    """Each array drawn again by hand from the weights and what lies beside it."""
    import torch

    from dmdrepro.diffusion import heun_sample
    from dmdrepro.experiments import build
    from dmdrepro.runs.checkpoint import load_tensors
    from dmdrepro.training.build import build_denoiser
    from dmdrepro.training.draws import one_hot

    found = arrays(runs)
    experiment = build("mlp-manifold", "smoke", 0)
    network = build_denoiser(experiment, torch.device("cpu")).eval()
    noise = torch.from_numpy(found["second_noise"])
    labels = one_hot(torch.from_numpy(found["labels"][:48]), 10)
    weights = {
        "second_student": "distill-10/student.safetensors",
        "second_student_5": "distill-10/student-5.safetensors",
        "second_teacher_1": "teacher/snapshot-10.safetensors",
    }
    for name, file in weights.items():
        network.load_state_dict(load_tensors(runs / PLACE / file))
        with torch.no_grad():
            again = heun_sample(network, noise, 1, labels).numpy()
        np.testing.assert_allclose(found[name], again, atol=1e-5)


def test_every_pairing_of_the_record_has_the_null_that_shares_the_class(runs):
    found, facts = arrays(runs), record_of(runs, EVALUATED)
    labels = found["labels"]
    first = {name: x[:48] for name, x in found.items()}
    eight, given = first["teacher_8"], {"classes": labels[:48]}
    student = {**given, "independent": first["second_student"]}
    check(facts["pairing"], eight, first["student"], **student)
    check(facts["pairing_phi_32"], first["teacher_32"], first["student"], **student)
    start = {**given, "independent": first["second_teacher_1"]}
    check(facts["pairing_untrained"], eight, first["teacher_1"], **start)
    (along,) = facts["along"]
    kept = {**given, "independent": first["second_student_5"]}
    check(along["pairing"], eight, first["student_5"], **kept)
    # The teacher's own map has no second draw: z and Phi_8(z) share the class alone.
    check(facts["teacher_map"], first["noise"] / 80, eight, **given)
    assert [part["null"] for part in facts["over_n"]] == ["class"] * 3
    assert facts["pairing"]["e_ot_within"] >= facts["pairing"]["e_ot"]


def test_an_unconditional_experiment_has_none(tmp_path):
    command("all", "chessboard", *SMOKE, *SHORT, "--runs", tmp_path)
    folder = tmp_path / "smoke/seed0/chessboard"
    assert not list((folder / "sample-10").glob("second*"))
    facts = record_of(tmp_path, "chessboard/evaluate-10")
    parts = [facts[k] for k in ("pairing", "pairing_untrained", "teacher_map")] + facts["over_n"]
    assert {part["null"] for part in parts} == {"all"}


def test_a_run_made_before_is_done_and_is_measured_by_its_classes(runs, old):
    before = {p.name: p.read_bytes() for p in (old / PLACE / "sample-10").iterdir()}
    assert "done already" in command("sample", *OPTIONS, "--runs", old)
    command("evaluate", *OPTIONS, "--runs", old)
    assert {p.name: p.read_bytes() for p in (old / PLACE / "sample-10").iterdir()} == before
    found, facts = arrays(old), record_of(old, EVALUATED)
    given = {"classes": found["labels"][:48]}
    eight, student = found["teacher_8"][:48], found["student"][:48]
    check(facts["pairing"], eight, student, **given)
    assert {point["pairing"]["null"] for point in facts["along"]} == {"class"}
    newer = record_of(runs, EVALUATED)["pairing"]
    for name in ("e_dt", "e_ot", "delta_e"):
        assert facts["pairing"][name] == newer[name]


def test_an_interrupted_sample_stage_goes_on_to_the_same_bytes(runs, tmp_path, monkeypatch):
    from dmdrepro.runs.stage import Stage

    shutil.copytree(runs, tmp_path / "cut")
    folder = tmp_path / "cut" / PLACE / "sample-10"
    shutil.rmtree(folder)
    shutil.rmtree(folder.with_name("evaluate-10"))
    save = Stage.save_state

    def stops(self, step, tensors, log=None):
        save(self, step, tensors, log)
        if "second_teacher_1" in tensors:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Stage, "save_state", stops)
        command("sample", *OPTIONS, "--runs", tmp_path / "cut", code=130)
    assert not (folder / "manifest.json").exists()
    command("sample", *OPTIONS, "--runs", tmp_path / "cut")
    for file in (runs / PLACE / "sample-10").glob("*.npy"):
        assert (folder / file.name).read_bytes() == file.read_bytes(), file.name
