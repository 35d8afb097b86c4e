"""Tensors in files of torch.save, and that nothing else in them is opened."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from dmdrepro.metrics import load_array

X = torch.arange(24.0).reshape(4, 3, 2)


class Opened:
    """Would leave a file if it were unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self):
        return Path.touch, (self.place,)


def test_tensors_come_as_they_are(tmp_path):
    file = tmp_path / "x.pt"
    for kind in (torch.float32, torch.float64, torch.bfloat16, torch.uint8, torch.int64):
        torch.save(X.to(kind), file)
        assert np.array_equal(load_array(file), X.numpy())
    torch.save({"teacher": X, "epoch": 3, "student": -X.mT.contiguous().mT}, file)
    assert np.array_equal(load_array(f"{file}#student"), -X.numpy())
    torch.save([X, -X], tmp_path / "x.pth")
    assert np.array_equal(load_array(f"{tmp_path / 'x.pth'}#1"), -X.numpy())


def rewritten(change) -> bytes:
    """The file of X with each member's name and bytes changed."""
    buffer, out = io.BytesIO(), io.BytesIO()
    torch.save(X, buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": X, "b": X}, r"holds 2 arrays; name one as .*#NAME: it holds a, b"),
        ({"a": 1}, "holds no array"),
        (7, "holds a int and no tensor"),
        (torch.nn.Linear(2, 2), r"torch\.nn\.modules\.linear\.Linear, other objects than tensors"),
        (X.to_sparse(), "cannot be read as .pt"),
        (torch.zeros(1).expand(10**13), "more than fits into memory"),
    ],
)
def test_what_is_no_tensor_is_named(tmp_path, content, words):
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(ValueError, match=words) as refused:
        load_array(tmp_path / "x.pt")
    assert "weights_only" not in str(refused.value)


def test_a_payload_never_runs(tmp_path):
    torch.save(Opened(tmp_path / "opened"), tmp_path / "x.pt")
    with pytest.raises(ValueError, match="other objects than tensors"):
        load_array(tmp_path / "x.pt")
    assert not (tmp_path / "opened").exists()


def test_short_packed_cut_and_old_files_are_refused(tmp_path):
    file = tmp_path / "x.pt"
    file.write_bytes(rewritten(lambda name, data: data[:20] if "/data/" in name else data))
    with pytest.raises(ValueError, match=r"cannot be read|larger than the values"):
        load_array(file)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x/data.pkl", b"0" * 10**6)
    with pytest.raises(ValueError, match="its parts are packed"):
        load_array(file)
    torch.save(X, file, _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"another format than torch\.save's"):
        load_array(file)
    torch.save(X, file)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(ValueError, match="cannot be read"):
        load_array(file)
