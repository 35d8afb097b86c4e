"""`reproduce.py` with one stage slowed and saving at every step, so that a test can stop it there."""

from __future__ import annotations

import sys
import time

from dmdrepro.cli import main
from dmdrepro.training.session import Loop

STAGE = sys.argv.pop(1)
_checkpoint = Loop.checkpoint


def slow(self, step, tensors, *, force=False):
    self.session.save_every_s = 0.0
    if self.stage.folder.name == STAGE:
        time.sleep(0.05)
    _checkpoint(self, step, tensors, force=force)


if __name__ == "__main__":
    Loop.checkpoint = slow
    main()
