"""What writers wrote, read back: curve -> the steps and values that are shown."""

import json
from pathlib import Path

BLOCK, HEADER = 32768, 7  # of W&B's files, which have LevelDB's log format


def tensorboard_curves(folder: Path) -> tuple[dict[str, list[tuple[int, float]]], list[int]]:
    """Also the steps of the pictures; as TensorBoard shows a folder of several sittings."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), {"scalars": 0, "images": 0})
    found.Reload()
    tags = found.Tags()
    curves = {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in tags["scalars"]}
    return curves, [e.step for tag in tags["images"] for e in found.Images(tag)]


def wandb_curves(folder: Path) -> tuple[dict[str, list[tuple[int, float]]], list[int]]:
    """The same of all offline sittings, which are sent to one run; the runs' steps rise."""
    from wandb.proto.wandb_internal_pb2 import Record

    curves: dict[str, list[tuple[int, float]]] = {}
    pictures, last = [], -1
    files = sorted(folder.glob("offline-run-*/*.wandb"))
    assert len({file.name for file in files}) == 1  # the run's id
    for file in files:
        for data in _records(file.read_bytes()):
            record = Record.FromString(data)
            if not record.HasField("history"):
                continue
            step = record.history.step.num
            assert step >= last
            last = step
            for item in record.history.item:
                name, value = item.key or "/".join(item.nested_key), json.loads(item.value_json)
                if name == "samples/student/_type":
                    pictures.append(step)
                elif not name.startswith("samples/") and not name.startswith("_"):
                    curves.setdefault(name, []).append((step, value))
    return curves, pictures


def _records(data: bytes) -> list[bytes]:
    place, parts, found = HEADER, [], []
    while place + HEADER <= len(data):
        if BLOCK - place % BLOCK < HEADER:  # a block's end is padded
            place += BLOCK - place % BLOCK
            continue
        length, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        if place + HEADER + length > len(data):  # of a sitting that was killed while it wrote
            break
        parts.append(data[place + HEADER : place + HEADER + length])
        place += HEADER + length
        if kind in (1, 4):  # whole, last
            found.append(b"".join(parts))
            parts = []
    return found
