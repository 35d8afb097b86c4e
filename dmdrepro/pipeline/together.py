"""The processes that make one chain together: torchrun starts them, and if one ends it ends all."""

import os
import sys

from dmdrepro.commands import VARIABLE, as_now, program
from dmdrepro.pipeline.processes import Process


class Together(Process):
    """torchrun; the lifeline is the standard input, which it hands on to the ranks."""

    ended_words = (
        "A process of several that make one training ended by itself or was told to (what was said "
        "stands above); what was saved is whole. Run the same command again."
    )

    def __init__(self, context, complain, words: list[str], ranks: int) -> None:
        """`words`: the chain's command."""
        self._started, self._ranks = words, ranks
        super().__init__(context, complain, [])

    def _command(self, lifeline: int) -> dict[str, object]:
        torchrun = [sys.executable, "-P", "-m", "torch.distributed.run", "--standalone"]
        # `--`: or it takes our --log for one of its own options.
        torchrun += ["--no-python", f"--nproc-per-node={self._ranks}", "--"]
        return {
            "args": [*torchrun, *as_now(), *self._started, "--lifeline=0"],
            # Its own words are about its processes, and would stand between ours.
            "env": {**os.environ, VARIABLE: program(), "LOGLEVEL": "CRITICAL"},
            "stdin": lifeline,
            "start_new_session": True,  # at a Ctrl-C it would kill what is being saved
        }
