"""`reproduce.py` by ranks forked from one process, as torchrun starts them: forked.py N ARGUMENT...

Its status is the first rank's. They save at every step, and none is told of another's end.
"""

import functools
import os
import socket
import sys

import torch

import dmdrepro.stages.together  # noqa: F401 - all that the ranks need, once
from dmdrepro.cli import main
from dmdrepro.training.session import Session

if __name__ == "__main__":
    size = int(sys.argv.pop(1))
    torch.set_num_threads(1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1])}
    Session.__init__ = functools.partialmethod(Session.__init__, save_every_s=0.0)
    children = []
    for rank in map(str, range(size)):
        if not (child := os.fork()):
            os.environ |= {"RANK": rank, "LOCAL_RANK": rank, **address}
            os.environ |= {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
            main()
        children.append(child)
    print("pids", *children, flush=True)
    first, *_ = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    sys.exit(first)
