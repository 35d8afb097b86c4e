"""Image quality by classifier features: a row for each set, beside the data."""

from report_runs import rows_in, stop, tables_in, write_run

from dmdrepro.measures.table import Band

NAME = "image_features"


def measured(frechet, **more):
    found = {"frechet_squared": frechet, "frechet_squared_sd": frechet / 10}
    return found | {"precision": 0.75, "recall": 0.5} | more


def features(scale=1.0, sha256="ab" * 32, **more):
    drawn = {"teacher_1": 1000.0, "teacher_8": 20.0, "teacher_32": 21.0, "student": 30.0}
    sets = {name: measured(scale * frechet, **more) for name, frechet in drawn.items()}
    about = {"classifier": {"sha256": sha256, "accuracy": 0.9877}, "n": 1000, "draws": 5}
    return {**about, "data": measured(6.0 * scale), **sets}


def along(*iterations):
    return [stop(n) | {"features": measured(float(n))} for n in iterations]


def test_every_set_has_a_row_the_students_in_their_order(tmp_path):
    write_run(tmp_path, "mnist", (512,), features=features(), along=along(50, 300))
    found = rows_in(tmp_path, NAME)
    assert [(row["samples"], row["Frechet"]) for row in found] == [
        ("data", 6.0),
        ("Phi_1", 1000.0),
        ("Phi_8", 20.0),
        ("Phi_32", 21.0),
        ("G after 50", 50.0),
        ("G after 300", 300.0),
        ("G", 30.0),
    ]
    row = found[-1]
    assert (row["sd over draws"], row["precision"], row["recall"]) == (3.0, 0.75, 0.5)
    assert (row["N"], row["draws"], row["classifier"]) == (1000, 5, "abababab")
    assert row["class agreement"] is None
    words = "Classifier abababab: right about 98.77% of the held-out digits."
    assert words in tables_in(tmp_path)[NAME].notes


def test_conditional_samples_show_their_class_agreement(tmp_path):
    write_run(tmp_path, "mnist-conditional", (2048,), features=features(agreement=0.9))
    found = rows_in(tmp_path, NAME)
    agreement = {row["samples"]: row["class agreement"] for row in found}
    assert agreement == {"data": None, "Phi_1": 0.9, "Phi_8": 0.9, "Phi_32": 0.9, "G": 0.9}


def test_seeds_are_means_and_different_classifiers_are_named(tmp_path):
    write_run(tmp_path, "mnist", (512,), features=features(), along=along(50, 70))
    other = features(2.0, sha256="cd" * 32)
    write_run(tmp_path, "mnist", (512,), seed=1, features=other, along=along(60, 70))
    found = rows_in(tmp_path, NAME)
    samples = [row["samples"] for row in found]
    assert samples == ["data", "Phi_1", "Phi_8", "Phi_32", "G after 70", "G"]
    assert found[-1]["Frechet"] == Band(45.0, 30.0, 60.0)
    assert found[-1]["classifier"] == "abababab, cdcdcdcd"
    notes = tables_in(tmp_path)[NAME].notes
    assert len([note for note in notes if note.startswith("Classifier ")]) == 2


def test_evaluations_without_features_have_no_row(tmp_path):
    write_run(tmp_path, "chessboard", (4000,), features=None)
    write_run(tmp_path, "mnist", (512,))  # made before there was a classifier
    assert NAME not in tables_in(tmp_path)
