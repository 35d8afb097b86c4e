"""A class-conditional run: its second draw, and the boundary effect by class of its record."""

import shutil

import numpy as np
import pytest
from command import SMOKE, command, record_of
from processes import chessboard
from report_runs import list_again

from dmdrepro.metrics import boundary_by_class, boundary_effect, pairing_inefficiency

SHORT = ("--set", "teacher.snapshots=10", "--set", "distill.iterations=10")
PAIRED = 120
MANY = ("--set", "sampling.total=150", "--set", f"sampling.pairing={PAIRED}")
OPTIONS = ("mlp-manifold", *SMOKE, *SHORT, *MANY)
PLACE = "smoke/seed0/mlp-manifold"
EVALUATED = "mlp-manifold/evaluate-10"
SECOND = ("second_noise", "second_student", "second_student_5", "second_teacher_1")
NUMBERS = ("e_dt", "e_ot", "e_ind", "retention", "concordance", "delta_e_null")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    runs = tmp_path_factory.mktemp("second")
    command("all", *OPTIONS, "--runs", runs)
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
    list_again(sample)
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
    assert {len(found[name]) for name in SECOND} == {PAIRED}
    assert found["second_noise"].std() == pytest.approx(80, rel=0.1)
    fresh, given = found["second_noise"].ravel(), found["noise"][:PAIRED].ravel()
    assert abs(np.corrcoef(fresh, given)[0, 1]) < 0.1
    second = found["second_teacher_1"]
    assert not np.array_equal(second, found["teacher_1"][:PAIRED])


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
    labels = one_hot(torch.from_numpy(found["labels"][:PAIRED]), 10)
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
    first = {name: x[:PAIRED] for name, x in found.items()}
    eight, given = first["teacher_8"], {"classes": labels[:PAIRED]}
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


def test_an_unconditional_experiment_has_none(finished):
    assert not list((chessboard(finished) / "sample-60").glob("second*"))
    facts = record_of(finished, "chessboard/evaluate-60")
    parts = [facts[k] for k in ("pairing", "pairing_untrained", "teacher_map")] + facts["over_n"]
    assert {part["null"] for part in parts} == {"all"}


def test_a_run_made_before_is_done_and_is_measured_by_its_classes(runs, old):
    before = {p.name: p.read_bytes() for p in (old / PLACE / "sample-10").iterdir()}
    assert "done already" in command("sample", *OPTIONS, "--runs", old)
    command("evaluate", *OPTIONS, "--runs", old)
    assert {p.name: p.read_bytes() for p in (old / PLACE / "sample-10").iterdir()} == before
    found, facts = arrays(old), record_of(old, EVALUATED)
    given = {"classes": found["labels"][:PAIRED]}
    eight, student = found["teacher_8"][:PAIRED], found["student"][:PAIRED]
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


def test_the_boundary_effect_by_class_is_that_of_the_arrays_and_labels(runs):
    """The manifold has no training set: D(z) is over draws of its data."""
    record = record_of(runs, EVALUATED)
    found = record["boundary"]
    assert record["memorisation"] is None
    assert found["distance_to"] == "20,000 draws of the data"
    assert found["classes"] == {"from": "labels"}
    names = ("teacher_1", "teacher_8", "student", "labels")
    *samples, labels = (np.load(runs / PLACE / f"sample-10/{name}.npy")[:PAIRED] for name in names)
    distance = np.load(runs / PLACE / "evaluate-10/mean_distance.npy")
    assert found["repaired"] == "class"
    effect = boundary_effect(*samples, distance, labels)
    for name in ("pearson_student", "pearson_student_repaired", "pearson_repaired"):
        expected = getattr(effect, name).value
        assert found[name]["value"] == pytest.approx(expected, abs=1e-9), name
    truth = boundary_by_class(*samples, distance, labels).to_json()
    assert [e["n"] for e in found["per_class"]] == np.bincount(labels)[np.unique(labels)].tolist()
    kept = [e for e in found["per_class"] if "left_out" not in e]
    assert 2 <= len(kept) < 10  # of 120 samples in ten classes some have ten, some have not
    for ours, theirs in zip(found["per_class"], truth["per_class"], strict=True):
        assert ours.keys() == theirs.keys()
        if "pearson" in ours:
            assert ours["pearson"]["value"] == pytest.approx(theirs["pearson"]["value"], abs=1e-9)
    within = found["within_class"]["pearson"]
    assert within["value"] == pytest.approx(truth["within_class"]["pearson"]["value"], abs=1e-9)
    np.testing.assert_allclose(
        np.load(runs / PLACE / "evaluate-10/displacement.npy"), effect.displacement, atol=1e-9
    )


def test_the_boundary_effect_by_class_stands_in_the_tables_and_on_the_page(runs):
    title = "Figure 11 by class: the boundary effect within classes"
    table = (runs / "smoke/seed0/tables/boundary_classes.md").read_text()
    assert title in table
    assert "| mlp-manifold | smoke size (reduced), changed | 10 | within classes | 120 |" in table
    assert "mlp-manifold, seed 0: class " in table
    assert title in (runs / "smoke/seed0/report.html").read_text()
