"""`reproduce.py` saving at every step and waiting after a stage's third save: to be killed."""

import functools
import itertools
import sys
import time

from dmdrepro.cli import main
from dmdrepro.runs.stage import Stage
from dmdrepro.training.session import Session

STAGE, SAVES = sys.argv.pop(1), itertools.count(1)
_save_state = Stage.save_state


def save_and_wait(self, *arguments):
    _save_state(self, *arguments)
    if self.folder.name == STAGE and next(SAVES) == 3:
        time.sleep(3600)


if __name__ == "__main__":
    Stage.save_state = save_and_wait
    Session.__init__ = functools.partialmethod(Session.__init__, save_every_s=0.0)
    main()
