"""The process in which checks run, one after the other, until one fails: then another goes on."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection

from dmdrepro.bench.doctor.scope import row
from dmdrepro.runs.errors import RunError

FAILED = "failed checks"  # the part of the rows of checks that did not come to their end


@dataclass(frozen=True)
class Check:
    """`find`: module:function, of a Scope's rows; `share`: seconds of 600 that it should need."""

    find: str
    share: float
    argument: str = ""  # the function's first, before the scope

    @property
    def name(self) -> str:
        words = self.find.partition(":")[2].replace("_", " ")
        return f"{words} {self.argument}".strip()

    def load(self) -> Callable:
        module, _, name = self.find.partition(":")
        found = getattr(import_module(module), name)
        return partial(found, self.argument) if self.argument else found


def work(handle: int) -> None:
    """Take (checks, scope) from a connection; send ("begin", name), ("row", row), ("end", seconds).

    It is told until when a check may last. Returns after a check that failed, since what it left,
    above all on a GPU, could spoil the next.
    """
    connection = Connection(handle)
    checks, scope = connection.recv()
    for check in checks:
        connection.send(("begin", check.name))
        scope.until = connection.recv()
        began = time.time()
        print(f"--- {check.name}", flush=True)
        try:
            for found in check.load()(scope):
                scope.rows.append(found)
                connection.send(("row", found))
        except Exception as error:
            traceback.print_exc()
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            if not isinstance(error, RunError):
                reason += f" ({type(error).__name__}; doctor.log has the whole of it)"
            connection.send(("row", row(FAILED, check.name, False, reason)))
            return
        connection.send(("end", time.time() - began))
