"""Every example of docs/own_model.md runs, on samples and weights of its form."""

import re
import shlex
import sys
import types

import numpy as np
import pytest
import torch
from command import command
from conftest import ROOT
from foreign_files import StandIn, write_tiny
from PIL import Image

BLOCKS = re.findall(r"```(bash|python)\n(.*?)```", (ROOT / "docs/own_model.md").read_text(), re.S)
LINES = [line for kind, code in BLOCKS if kind == "bash" for line in code.strip().splitlines()]
CODES = [code for kind, code in BLOCKS if kind == "python"]
EDM, DMD2, SID = "edm-imagenet-64x64-cond-adm.pkl", "pytorch_model.bin", "sid.pkl"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """All files that the page names, small."""
    place = tmp_path_factory.mktemp("own")
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (100, 3, 8, 8))
    for name in ("student", "second_draw", "teacher", "real"):
        np.save(place / f"{name}.npy", 0.7 * x + 0.3 * rng.uniform(-1, 1, x.shape))
    np.save(place / "classes.npy", np.arange(100) % 5)
    for name in ("teacher_images", "student_images"):
        (place / name).mkdir()
        for k, image in enumerate(x):
            pixels = np.uint8(127.5 * (image + 1) + rng.uniform(-0.4, 0.4))
            Image.fromarray(pixels.transpose(1, 2, 0)).save(place / name / f"{k:03}.png")
    for name, kind in ((EDM, "edm"), (DMD2, "dmd2"), (SID, "edm")):
        write_tiny(kind, place / name, len(name), side=8)
    return place


@pytest.fixture(autouse=True)
def _inside(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    pixels = types.SimpleNamespace(
        from_pretrained=lambda *_, **__: StandIn(sample_size=8, in_channels=3, num_class_embeds=5)
    )
    latents = types.SimpleNamespace(
        from_pretrained=lambda *_, **__: StandIn(sample_size=8, in_channels=4)
    )
    module = types.ModuleType("diffusers")
    module.UNet2DModel, module.UNet2DConditionModel = pixels, latents
    monkeypatch.setitem(sys.modules, "diffusers", module)


@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_every_command_of_the_page_runs(line):
    program, script, *words = shlex.split(line)
    assert (program, script) == ("python", "reproduce.py")
    short = () if "--teacher" not in words else ("--n", 40, "--steps", 2, "--gpu", "cpu")
    printed = command(*words, *short)
    assert re.search(r"^[A-Z ]+\. ", printed, re.M)


@pytest.mark.parametrize("code", CODES, ids=range(len(CODES)))
def test_every_example_of_the_page_runs(code, capsys):
    assert len([line for line in code.strip().splitlines() if "import" not in line and line]) <= 6
    if "load_denoiser" in code:
        code = code.replace("n=100", "n=30")
    exec(compile(code, "own_model.md", "exec"), {"prompt": torch.zeros(1, 77, 768)})
    assert re.search(r"^[A-Z ]+\. ", capsys.readouterr().out, re.M)
