"""Whatever a file asks for, nothing runs; whatever is wrong with it is said in one sentence."""

import io
import json
import os
import pickle
import zipfile
from collections import OrderedDict

import pytest
import torch
from conftest import ROOT
from foreign_files import Persistent, dump, edm_contents, module_state
from processes import run

import dmdrepro
from dmdrepro.pretrained.formats import read_contents
from dmdrepro.pretrained.isolated import safetensors
from dmdrepro.pretrained.pickles import Unreadable

ARGUMENTS = {"img_resolution": 4, "img_channels": 1}


class Net(torch.nn.Module):
    """The smallest thing with a state that an EDM pickle can hold."""

    sigma_data = 0.5

    def __init__(self):
        super().__init__()
        self.model = torch.nn.ModuleDict(
            {"enc": torch.nn.ModuleDict({"a": torch.nn.Conv2d(1, 2, 1)})}
        )


@pytest.fixture(scope="module")
def edm(tmp_path_factory):
    path = tmp_path_factory.mktemp("edm") / "net.pkl"
    return dump(edm_contents(Net(), ARGUMENTS), path).read_bytes()


@pytest.fixture(scope="module")
def saved():
    buffer = io.BytesIO()
    torch.save(OrderedDict(Net().state_dict()), buffer)
    return buffer.getvalue()


def read(data):
    """What the restricted process does, in this one."""
    return b"".join(safetensors(read_contents(memoryview(data), io.BytesIO(data)), data))


class Payload:
    """What runs if a stock reader opens it: it makes the file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.usefixtures("cache")
def test_a_payload_never_runs_whichever_form_carries_it(tmp_path):
    hit = tmp_path / "hit"
    payload = Payload(hit)
    files = {
        "bare.pkl": pickle.dumps(payload, protocol=4),
        "old.pkl": pickle.dumps(payload, protocol=0),
        ".metadata": pickle.dumps({"state_dict_metadata": payload}),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    dump({"ema": payload}, tmp_path / "edm.pkl")
    dump(edm_contents(Net(), ARGUMENTS, hidden=payload), tmp_path / "deep.pkl")
    torch.save({"model.a": payload}, tmp_path / "pytorch_model.bin")
    torch.save({"a": payload}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in (*files, "edm.pkl", "deep.pkl", "pytorch_model.bin", "old.pt"):
        with pytest.raises(ValueError, match=r"is refused: ") as refused:
            dmdrepro.load_denoiser(tmp_path / name)
        assert "\n" not in str(refused.value)
        assert not hit.exists()
    pickle.loads(files["bare.pkl"])
    assert hit.exists()  # it would have


def cyclic():
    holder = torch.nn.ModuleDict()
    holder._modules["enc"] = holder
    state = module_state({}, {}, _init_kwargs=ARGUMENTS)
    state["_modules"]["model"] = holder
    return {"ema": Persistent("EDMPrecond", state)}


def twice():
    inner = Persistent("Layer", module_state({"weight": torch.ones(1)}, {}))
    state = module_state({}, {}, _init_kwargs=ARGUMENTS)
    state["_modules"].update(model=inner, other=inner)
    return {"ema": Persistent("EDMPrecond", state)}


def with_tensor(tensor, name="weight"):
    state = module_state({}, {}, _init_kwargs=ARGUMENTS)
    state["_buffers"][name] = tensor
    state["_modules"]["model"] = Persistent("DhariwalUNet", module_state({}, {}))
    return {"ema": Persistent("EDMPrecond", state)}


class Rebuilt:
    """A tensor whose pickle lies about what its storage holds."""

    def __init__(self, offset, size, strides):
        self.args = (torch.ones(6)._typed_storage(), offset, size, strides, False, OrderedDict())

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, self.args


WRONG = {
    "cyclic": (cyclic, "lies in itself, in two places or too deep"),
    "twice": (twice, "in two places"),
    "another class": (lambda: edm_contents(Net(), ARGUMENTS, "VPPrecond"), "'VPPrecond'; only EDM"),
    "another version": (lambda: {"ema": Persistent("EDMPrecond", {}, version=7)}, "version 7"),
    "no network": (lambda: {"optimizer": 3}, "without a network 'ema'"),
    "short": (lambda: with_tensor(Rebuilt(0, (7,), (1,))), "storage of 6 values"),
    "offset": (lambda: with_tensor(Rebuilt(1, (5,), (1,))), "does not fit exactly"),
    "strides": (lambda: with_tensor(torch.ones(2, 3).t()), r"strides \(1, 3\)"),
    "a name": (lambda: with_tensor(torch.ones(1), "a\x1b[31m"), r"named 'a\\x1b\[31m'"),
    "no tensor": (lambda: with_tensor("text"), "is not a tensor"),
    "another type": (lambda: with_tensor(torch.ones(2, dtype=torch.complex64)), "ComplexFloat"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(case, tmp_path):
    make, says = WRONG[case]
    with pytest.raises(Unreadable, match=says):
        read(dump(make(), tmp_path / "x.pkl").read_bytes())


STREAMS = {
    "nested": (b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".", "without a network"),
    "doubled": (b"\x80\x04)" + b"2\x86" * 50 + b".", "instruction DUP"),
    "wide memo": (b"\x80\x04Nr\xff\xff\xff\xff.", "without a network"),
    "long bytes": (b"\x80\x04\x8e" + (2**62).to_bytes(8, "little") + b"x.", "damaged"),
    "endless": (b"\x80\x04" + b"N" * 1000, "damaged"),
    "twice": (b"\x80\x04}(X\x01\x00\x00\x00aNX\x01\x00\x00\x00aNu.", "the key 'a' twice"),
    "persistent": (b"\x80\x04}X\x03\x00\x00\x00emaX\x01\x00\x00\x00aQs.", "without a network"),
    "extension": (b"\x80\x04\x82\x01.", "instruction EXT1"),
    "instance": (b"\x80\x04(ios\nsystem\n.", "instruction INST"),
    "EDM2": (b"\x80\x04cdnnlib.util\nEasyDict\n.", "a file of EDM2"),
    "DCP": (b"\x80\x04ctorch.distributed.checkpoint.metadata\nMetadata\n.", "DCP"),
    "text": (b"import os", "neither a pickle nor"),
    "empty": (b"", "neither a pickle nor"),
    "zip": (b"PK\3\4nothing", "archive is damaged"),
}


@pytest.mark.parametrize("case", STREAMS)
def test_streams_that_no_writer_makes_are_refused(case):
    data, says = STREAMS[case]
    with pytest.raises(Unreadable, match=says):
        read(data)


@pytest.mark.parametrize("change", ["compressed", "lacks a record", "short record", "two pickles"])
def test_archives_are_what_torch_writes(change, saved):
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if change == "lacks a record" and entry.filename.endswith("data/0"):
                continue
            if change == "short record" and entry.filename.endswith("data/0"):
                data = data[:-1]
            how = zipfile.ZIP_DEFLATED if change == "compressed" else zipfile.ZIP_STORED
            new.writestr(entry.filename, data, how)
        if change == "two pickles":
            new.writestr("other/data.pkl", b"")
    with pytest.raises(Unreadable):
        read(buffer.getvalue())


MUTATE = """
import io, json, random, sys, zipfile
sys.path.insert(0, sys.argv[1])
from dmdrepro.pretrained import isolated
from dmdrepro.pretrained.formats import read_contents
from dmdrepro.pretrained.pickles import Unreadable

def zipped(records, changed):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as new:
        for name, data in records.items():
            new.writestr(name, changed if name.endswith("data.pkl") else data)
    return buffer.getvalue()

edm, saved = (open(path, "rb").read() for path in sys.argv[2:4])
with zipfile.ZipFile(io.BytesIO(saved)) as old:
    records = {name: old.read(name) for name in old.namelist()}
inner = next(data for name, data in records.items() if name.endswith("data.pkl"))
forms = [(edm, bytes), (saved, bytes), (inner, lambda data: zipped(records, data))]
zipped(records, inner)  # whatever it imports is imported now
draw = random.Random(0)
isolated._limit(0)
sys.addaudithook(isolated._refuse)
found = {"read": 0, "refused": 0}
for _ in range(int(sys.argv[4])):
    data, wrap = forms[draw.randrange(3)]
    data = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 8))):
        if not data:
            break
        at, kind = draw.randrange(len(data)), draw.randrange(5)
        if kind == 0:
            data[at] ^= 1 << draw.randrange(8)
        elif kind == 1:
            data[at] = draw.randrange(256)
        elif kind == 2:
            del data[at : at + draw.randrange(1, 9)]
        elif kind == 3:
            begin = draw.randrange(len(data))
            data[at:at] = data[begin : begin + draw.randrange(1, 40)]
        else:
            del data[at:]
    data = wrap(bytes(data))
    try:
        b"".join(isolated.safetensors(read_contents(memoryview(data), io.BytesIO(data)), data))
        found["read"] += 1
    except Unreadable as error:
        if "asked for" in str(error) or chr(10) in str(error):
            raise SystemExit(str(error))
        found["refused"] += 1
print(json.dumps(found))
"""


def test_thousands_of_mutations_end_in_a_sentence_and_ask_for_nothing(edm, saved, tmp_path):
    """In a process that is limited as the reader's is: each is read, or refused as Unreadable."""
    times = 3000
    (tmp_path / "edm").write_bytes(edm)
    (tmp_path / "saved").write_bytes(saved)
    found = json.loads(run("-c", MUTATE, ROOT, tmp_path / "edm", tmp_path / "saved", times))
    assert found["read"] + found["refused"] == times
    assert found["refused"] > times // 2
    assert found["read"] > 10


def test_the_restricted_process_may_do_nothing():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import os, socket, subprocess\n"
        "from dmdrepro.pretrained import isolated\n"
        "sys.addaudithook(isolated._refuse)\n"
        "asked = [lambda: open('hit', 'w'), lambda: socket.socket(), lambda: os.mkdir('hit'),\n"
        "    lambda: subprocess.run(['true']), lambda: os.system('true'), lambda: eval('1'),\n"
        "    lambda: __import__('wave'), lambda: os.fork()]\n"
        "for ask in asked:\n"
        "    try: ask()\n"
        "    except isolated.Unreadable: continue\n"
        "    sys.stderr.write('it was allowed'); os._exit(1)\n"
    )
    assert run("-c", code, ROOT) == ""
