"""`--load`: experiments, studies and measures of one's own; the worked examples of the docs."""

import shutil
from importlib import metadata

import numpy as np
import pytest
import torch
from command import SMOKE, command, plan_of, record_of
from conftest import ROOT
from PIL import Image

import dmdrepro.measures as measures
from dmdrepro import loading
from dmdrepro.experiments import REGISTRY, STUDIES, build
from dmdrepro.experiments.origin import ORIGINS
from dmdrepro.pipeline.chains import chains_of
from dmdrepro.pipeline.processes import own_experiments
from dmdrepro.pipeline.words import chain_words

EXAMPLES = ROOT / "docs/examples"


@pytest.fixture(autouse=True, scope="module")
def restored():
    """What these tests register is taken out again."""
    tables = (REGISTRY, STUDIES, ORIGINS, loading._loaded)
    before, every = [dict(table) for table in tables], measures.MEASURES
    yield
    for table, entries in zip(tables, before, strict=True):
        table.clear()
        table.update(entries)
    measures.MEASURES = every


@pytest.fixture(scope="module")
def spiral(tmp_path_factory):
    """A copy of the example, and a finished smoke run of it."""
    folder = tmp_path_factory.mktemp("spiral")
    file = shutil.copy(EXAMPLES / "spiral.py", folder)
    command("all", "spiral", "--load", file, *SMOKE, "--runs", folder / "runs")
    return folder / "spiral.py", folder / "runs"


def test_its_figures_are_of_its_kind_and_the_record_holds_the_file(spiral):
    file, runs = spiral
    drawn = {path.stem for path in (runs / "smoke/seed0/figures").glob("*.png")}
    assert drawn == {"figure_of_spiral", "along_spiral", "over_n"}
    page = (runs / "smoke/seed0/report.html").read_text()
    assert "Figure of spiral. " in page
    assert f"all spiral --size smoke --seed 0 --load {file}<" in page
    record = record_of(runs, "spiral/evaluate-60")
    assert record["config"]["loaded"]["file"] == file.name
    assert len(record["config"]["loaded"]["sha256"]) == 64
    assert record["denoiser_error"] is not None  # against the exact denoiser
    samples = np.load(runs / "smoke/seed0/spiral/sample-60/student.npy")[:64]
    assert record["spread"]["sd"] == pytest.approx(samples.std(ddof=1), rel=1e-5)


def test_a_changed_file_is_refused_like_a_changed_configuration(spiral):
    file, runs = spiral
    words = ("teacher", "spiral", "--load", file, *SMOKE, "--runs", runs)
    assert "done already" in command(*words)
    text = file.read_text()
    file.write_text(text + "# changed\n")
    assert "another configuration (loaded.sha256: " in " ".join(command(*words, code=1).split())
    file.write_text(text)
    assert "done already" in command(*words)


def test_what_is_refused_at_evaluate_is_made_anew_there_alone(spiral):
    file, runs = spiral
    words = ("spiral", "--load", file, *SMOKE, "--runs", runs, "--set")
    printed = command("all", *words, "sampling.sizes=16,64", code=1)
    assert "`python reproduce.py evaluate spiral --fresh` with your other options." in printed
    printed = command("all", *words, "distill.lr=1e-3", code=1)
    assert "`python reproduce.py distill spiral --fresh` with your other options, then" in printed
    assert "then `sample` and `evaluate` likewise." in printed


MEASURE = """from dmdrepro.measures import register
from dmdrepro.measures.measure import Measure
register(Measure("nothing", measure=lambda of: None, shape={}))
"""
STUDY = """from dmdrepro.experiments import Arm, Study, register_study
register_study(Study("mine", "?", "moons", "smoke", (Arm("a", {"distill.lr": "1e-3"}),), (0,)))
"""


def test_the_pages_commands_name_every_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/study.py").write_text(STUDY)
    (tmp_path / "sub/meas.py").write_text(MEASURE)
    own = ("--load", "sub/meas.py", "--runs", "runs", "--gpu", "cpu")
    command("study", "mine", "--load", "sub/study.py", *own, "--size", "smoke")
    command("all", "moons", *own, "--size", "smoke")
    page = (tmp_path / "runs/smoke/seed0/report.html").read_text()
    for words, files in (
        ("study mine --seeds 0 --size smoke", {"sub/study.py", "sub/meas.py"}),
        ("all moons --size smoke --seed 0", {"sub/meas.py"}),
    ):
        line = page.partition(words)[2].partition("<")[0]
        assert files <= set(line.split(" --load ")), line


def test_the_spirals_denoiser_is_the_mean_of_its_posterior(spiral):
    data = build("spiral", "smoke").data
    draw = torch.Generator().manual_seed(0)
    x0 = data.sample(200_000, draw)[0].double()
    x = x0[:3] + 0.7 * torch.randn(3, 8, generator=draw, dtype=torch.float64)
    weights = (-(torch.cdist(x, x0) ** 2) / (2 * 0.7**2)).softmax(1)
    torch.testing.assert_close(data.denoise(x, 0.7), weights @ x0, rtol=0.0, atol=0.02)


def test_processes_load_it_too(spiral):
    file, _ = spiral
    plan = plan_of("spiral", load=[file])
    assert own_experiments(plan) == []
    assert f"--load={file}" in chain_words(plan, chains_of(plan)[0])


def test_a_folder_of_pictures_is_conditional_by_folder(tmp_path):
    draw = np.random.default_rng(0)
    for name in ("dark", "light"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for k in range(33):
            pixels = draw.integers(0, 100, (8, 8), np.uint8) + 155 * (name == "light")
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"pictures/{name}/{k}.png")
    words = ("--load", EXAMPLES / "pictures.py", *SMOKE, "--runs", tmp_path / "runs")
    assert "there is no PNG in a subfolder" in command("all", "pictures", *words, code=1)
    command("all", "pictures", *words, "--set", f"data.folder={tmp_path / 'pictures'}")
    folder = tmp_path / "runs/smoke/seed0"
    assert (folder / "figures/figure_of_pictures.png").is_file()
    assert set(np.load(folder / "pictures/sample-10/labels.npy")) == {0, 1}
    record = record_of(tmp_path / "runs", "pictures/evaluate-10")
    assert record["pairing"]["null"] == "second draw"  # of the same classes


DATA = "@dataclass(frozen=True)\nclass D(Data):\n    shape = (2,)\n    def sample(self, n, g): "
ZEROS = "return __import__('torch').zeros(n, 2), None\n"
HEAD = """from dataclasses import dataclass, field
from dmdrepro.data import Data
from dmdrepro.experiments import Experiment, Teacher, register
from dmdrepro.models import Mlp, Model
"""
EXPERIMENT = """
@register
@dataclass(frozen=True)
class E(Experiment):
    REDUCED = {"smoke": {"teacher.snapshots": (2,)}}
    name: str = "mine"
    data: Data = field(default_factory=D)
    model: Model = field(default_factory=Mlp)
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1/0", "line 1: ZeroDivisionError: division by zero"),
        ("def", "SyntaxError"),
        ("x = 1", "registers nothing"),
        ("class D(Data):\n    shape = (2,)\n" + EXPERIMENT, "lacks @dataclass(frozen=True)"),
        (DATA.replace("(Data)", "") + ZEROS + EXPERIMENT, "D does not inherit dmdrepro.data.Data"),
        (DATA.replace("shape = (2,)", "pass") + ZEROS + EXPERIMENT, "D lacks `shape`"),
        (DATA.replace("sample", "draw") + ZEROS + EXPERIMENT, "D lacks sample(n, generator)"),
        (DATA.replace("shape", "exact = True; shape") + ZEROS + EXPERIMENT, "D lacks denoise(x"),
        (DATA + ZEROS + EXPERIMENT.replace("= field(default_factory=D)", ""), "non-default"),
        (DATA + ZEROS + EXPERIMENT.replace("Mlp)", "D)"), "The network D does not inherit"),
        (DATA + ZEROS + EXPERIMENT.replace('"mine"', '"ring"'), "an experiment 'ring' already"),
        (
            DATA + ZEROS.replace("zeros(n, 2)", "full((n, 2), float('nan'))") + EXPERIMENT,
            "D.sample returns values that are not finite",
        ),
        (DATA + "return None" + EXPERIMENT, "D.sample returns NoneType, not (x, classes or None)"),
        (DATA + ZEROS.replace("2)", "3)") + EXPERIMENT, "not torch.float32 [2, 2]"),
        (
            DATA.replace("shape", "classes = 2; shape")
            + ZEROS.replace("None", "[0, 1]")
            + EXPERIMENT,
            "D.sample(2) returns classes [0, 1], not a tensor int64 [2] below 2",
        ),
        (
            DATA.replace("(2,)", "(2,); cells: list = field(default_factory=list)")
            + ZEROS
            + EXPERIMENT,
            "D has a setting that can change (unhashable type: 'list'); use a tuple",
        ),
        (DATA + "return n.x" + EXPERIMENT, "line 8: AttributeError: 'int' object has no attribute"),
    ],
)
def test_a_mistake_names_the_class_and_what_it_lacks(tmp_path, text, said):
    file = tmp_path / "mine.py"
    file.write_text(("" if "E(" not in text else HEAD) + text)
    printed = command("teacher", "mine", "--load", file, *SMOKE, "--runs", tmp_path / "r", code=1)
    assert said in " ".join(printed.split())
    REGISTRY.pop("mine", None)


def test_a_package_names_a_module(tmp_path, monkeypatch):
    module = tmp_path / "of_a_package.py"
    module.write_text(HEAD + DATA + ZEROS + EXPERIMENT.replace("mine", "packaged"))
    monkeypatch.syspath_prepend(tmp_path)
    entry = metadata.EntryPoint("any", "of_a_package", loading.GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda group: [entry])
    printed = command("list", "--runs", tmp_path / "r")
    assert "packaged" in printed
    assert "There is no folder" in printed
    assert build("packaged", "smoke").as_dict()["loaded"]["file"] == "of_a_package.py"
