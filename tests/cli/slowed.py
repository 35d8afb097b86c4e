"""`reproduce.py` saving at every step and dawdling after each save of one stage: to be stopped."""

from __future__ import annotations

import sys
import time

from dmdrepro.cli import main
from dmdrepro.runs.stage import Stage
from dmdrepro.training.session import Session

STAGE = sys.argv.pop(1)
_save_state, _init = Stage.save_state, Session.__init__


def save_and_dawdle(self, *arguments):
    _save_state(self, *arguments)
    if self.folder.name == STAGE:
        time.sleep(0.2)


def save_often(self, *arguments, **options):
    _init(self, *arguments, **options, save_every_s=0.0)


if __name__ == "__main__":
    Stage.save_state = save_and_dawdle
    Session.__init__ = save_often
    main()
