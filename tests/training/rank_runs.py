"""Trainings by forked ranks, which torch is imported for once: rank_runs.py FOLDER.

Leaves `<what>-<sittings>/` for each, `sittings` being numbers of ranks: a stage's files.
"""

import os
import socket
import sys
from pathlib import Path

import torch
from test_resume import SHORT, student, teacher

from dmdrepro.experiments import build
from dmdrepro.runs.errors import Stopped
from dmdrepro.runs.stage import Stage
from dmdrepro.training.ranks import Ranks
from dmdrepro.training.session import Session

ALL_LOSSES = {
    "distill.gan": "true",
    "distill.regression_weight": "0.25",
    "distill.average_from": "5",
    "distill.batch": "8",
    "teacher.batch": "8",
}
RUNS = (  # what, of which experiment, the ranks of each sitting
    (teacher, "chessboard", (1,)),
    (teacher, "chessboard", (2,)),
    (teacher, "chessboard", (2, 2)),
    (student, "mlp-manifold", (1,)),
    (student, "mlp-manifold", (2,)),
    (student, "mlp-manifold", (4,)),
    (student, "mlp-manifold", (2, 2)),
    (student, "mlp-manifold", (2, 4)),
)


def sitting(what, name: str, folder: Path, ranks: Ranks, stop: bool) -> None:
    """One sitting in one rank; the last of them is asked to stop."""
    stage = Stage(folder, {"of": "a test"}, "a test")
    said: list[str] = []
    session = Session(
        say=said.append, ranks=ranks, stop_requested=stop and ranks.rank == ranks.size - 1
    )
    stage.say = said.append
    if ranks.first:
        stage.begin()
        stage.sittings.begin("cpu", said.append)
        stage.sittings.here |= session.chosen()
    experiment = build(name, "smoke", overrides=SHORT | ALL_LOSSES)
    try:
        files = what(experiment, stage, session)
        assert not stop
        if ranks.first:
            stage.finish(files, "cpu", session.execution())
    except Stopped:
        assert stop
    if said:
        (folder / "said").write_text("\n".join(said))


def in_ranks(size: int, *arguments: object) -> None:
    """`sitting` in so many processes, which have to end well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    children = []
    for rank in range(size):
        if not (child := os.fork()):
            ranks = Ranks.join(rank, size) if size > 1 else Ranks()
            sitting(*arguments[:3], ranks, *arguments[3:])
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * size


if __name__ == "__main__":
    torch.set_num_threads(1)
    for what, name, sittings in RUNS:
        folder = Path(sys.argv[1]) / "-".join([what.__name__, *map(str, sittings)])
        for n, size in enumerate(sittings, 1):
            in_ranks(size, what, name, folder, n < len(sittings))
