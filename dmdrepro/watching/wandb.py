"""A run of Weights & Biases, in `wandb/` of the stage's folder; WANDB_MODE=offline keeps it there.

`given.json` beside it has the run's id, and of each curve the last step that was given. Steps that
a resumed stage makes again are equal, so they are left out.
"""

import os
import secrets

import numpy as np
import wandb

from dmdrepro.runs.errors import RunError
from dmdrepro.runs.files import read_json, sha256, write_json
from dmdrepro.runs.layout import CONFIG
from dmdrepro.runs.stage import Stage
from dmdrepro.watching.writer import Rows, Writer


class WandB(Writer):
    """Raises RunError if W&B does not start."""

    def __init__(self, stage: Stage) -> None:
        self._file = stage.folder / "wandb" / "given.json"
        self._file.parent.mkdir(exist_ok=True)
        configuration = sha256(stage.folder / CONFIG)
        kept = read_json(self._file) if self._file.is_file() else {}
        if kept.get("configuration") != configuration:  # begun anew with another one
            kept = {"id": secrets.token_hex(4), "configuration": configuration, "last": {}}
        self._kept, self._last = kept, kept["last"]
        try:
            self._run = wandb.init(
                project=os.environ.get("WANDB_PROJECT", "dmdrepro"),
                id=kept["id"],
                resume="allow",
                name=stage.what,
                group="/".join(stage.folder.parts[-4:-1]),
                config=stage.key,
                dir=stage.folder,
                reinit="finish_previous",
                settings=wandb.Settings(silent=True, console="off", symlink=False),
            )
        except wandb.errors.Error as error:
            why = str(error).strip().partition("\n")[0].rstrip(".")
            raise RunError(
                f"--log wandb: Weights & Biases does not start ({why}); run `wandb login`, or set "
                "WANDB_MODE=offline."
            ) from None
        self._step = max(self._run.step, *self._last.values(), 0)

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        self.give([(step, {name: wandb.Image(picture)})])

    def give(self, rows: Rows) -> None:
        new = []
        for step, values in rows:
            fresh = {n: value for n, value in values.items() if step > self._last.get(n, -1)}
            if fresh:
                self._last |= dict.fromkeys(fresh, step)
                new.append((step, fresh))
        if new:
            write_json(self._file, self._kept)  # first: a kill may lose a point, and doubles none
        for step, values in new:
            self._step = max(step, self._step)  # W&B drops what is behind
            self._run.log(values, step=self._step)

    def close(self) -> None:
        self._run.finish()
