"""Choosing a device: what would fail hours later is said at once."""

import sys

import pytest
import torch

from dmdrepro.runs.errors import RunError
from dmdrepro.training import device


class Driver:
    """Triton's, on a machine where it cannot build its launcher."""

    @property
    def active(self):
        raise RuntimeError("Failed to find C compiler.\nSet CC.")


def test_a_triton_that_cannot_launch_is_one_sentence(monkeypatch):
    runtime = type(sys)("triton.runtime")
    runtime.driver = Driver()
    monkeypatch.setitem(sys.modules, "triton.runtime", runtime)
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda name: object())
    with pytest.raises(RunError, match=r"\(Failed to find C compiler\); it needs a C compiler"):
        device._check_triton()


def test_without_triton_the_references_run(monkeypatch):
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda name: None)
    device._check_triton()


@pytest.mark.parametrize("driver", [False, True])
def test_a_gpu_that_torch_does_not_see_is_spoken_of(monkeypatch, tmp_path, driver):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "NVIDIA_DRIVER", tmp_path / "version")
    if driver:
        (tmp_path / "version").touch()
    found = device.unseen_gpu()
    assert found is None if not driver else "sees no GPU" in found
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert device.unseen_gpu() is None


def test_no_note_where_torch_sees_one(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(device, "NVIDIA_DRIVER", tmp_path)
    assert device.unseen_gpu() is None
