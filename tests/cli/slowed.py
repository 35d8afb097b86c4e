"""`reproduce.py` saving at every step and waiting after a stage's third save: to be killed."""

import itertools
import sys
import time

from dmdrepro.cli import main
from dmdrepro.runs.stage import Stage
from dmdrepro.training.session import Session

STAGE, SAVES = sys.argv.pop(1), itertools.count(1)
_save_state, _init = Stage.save_state, Session.__init__


def save_and_wait(self, *arguments):
    _save_state(self, *arguments)
    if self.folder.name == STAGE and next(SAVES) == 3:
        time.sleep(3600)


def save_often(self, *arguments, **options):
    _init(self, *arguments, **options, save_every_s=0.0)


if __name__ == "__main__":
    Stage.save_state = save_and_wait
    Session.__init__ = save_often
    main()
