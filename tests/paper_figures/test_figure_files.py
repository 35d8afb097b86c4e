"""A figure's files: reproducible to the byte, and they say where they are from."""

import json

import matplotlib as mpl
from fake_runs import ALL
from PIL import Image
from processes import completed, environment

from dmdrepro import paper_figures
from dmdrepro.runs.results import Missing


def test_files_are_the_same_bytes_again_whatever_the_users_matplotlib_settings(whole, tmp_path):
    first = paper_figures.save_all(whole, tmp_path / "a")
    assert [p.name for p in first] == [
        f"figure_{n:02d}.{kind}" for n in range(1, 13) for kind in ("png", "pdf")
    ]
    with mpl.rc_context({"font.size": 30.0, "lines.linewidth": 9.0, "savefig.dpi": 10}):
        second = paper_figures.save_all(whole, tmp_path / "b", only=[1, 3, 5, 11])
        assert mpl.rcParams["font.size"] == 30.0
    assert len(second) == 8
    for b in second:
        assert b.read_bytes() == (tmp_path / "a" / b.name).read_bytes(), b.name


def test_another_process_writes_the_same_bytes_without_torch_or_pyplot(whole, tmp_path):
    here = paper_figures.save_all(whole, tmp_path / "here", only=[4, 10])
    runs = whole["mnist"].folder.parents[2]
    code = f"""
import sys, pathlib
from dmdrepro import paper_figures
from dmdrepro.commands import advice
from dmdrepro.runs.results import open_results
results = open_results(pathlib.Path({str(runs)!r}), "laptop", 0, {ALL!r})
paper_figures.save_all(results, pathlib.Path({str(tmp_path / "there")!r}), only=[4, 10])
sys.exit("torch" in sys.modules or "matplotlib.pyplot" in sys.modules)
"""
    env = environment() | {"PYTHONHASHSEED": "17"}
    completed("-c", code, env=env, cwd=tmp_path, check=True)
    for path in here:
        assert path.read_bytes() == (tmp_path / "there" / path.name).read_bytes(), path.name


def test_files_carry_configuration_seed_and_caption(whole, tmp_path):
    png, pdf = paper_figures.save_all(whole, tmp_path, only=[3])
    with Image.open(png) as image:
        chunks = image.text
    assert chunks["Title"] == "Figure 3"
    assert chunks["Description"] == paper_figures.FIGURES[3].caption
    assert chunks["Seed"] == "0"
    origin = json.loads(chunks["Configuration"])
    assert set(origin) == {"chessboard", "mnist"}
    assert origin["mnist"]["config"] == whole["mnist"].config
    assert origin["mnist"]["snapshots"] == {str(s): whole["mnist"].digest(s) for s in (512, 3072)}
    raw = pdf.read_bytes()
    assert b"/Title (Figure 3)" in raw
    assert b"snapshots" in raw
    assert b"CreationDate" not in raw


def test_metadata_of_a_missing_run_is_its_reason(tmp_path):
    results = {"chessboard": Missing("chessboard", "stopped early")}
    png, _ = paper_figures.save_all(results, tmp_path, only=[2])
    with Image.open(png) as image:
        assert json.loads(image.text["Configuration"]) == {
            "chessboard": {"missing": "stopped early"}
        }
        assert image.text["Seed"] == "none"
