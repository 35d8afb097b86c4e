"""TensorBoard's event files, in `tensorboard/` of the stage's folder."""

import numpy as np
from torch.utils.tensorboard import SummaryWriter

from dmdrepro.runs.stage import Stage
from dmdrepro.watching.writer import Rows, Writer


class TensorBoard(Writer):
    """TensorBoard hides the points from step `done` on that earlier sittings wrote."""

    def __init__(self, stage: Stage, done: int) -> None:
        self._writer = SummaryWriter(str(stage.folder / "tensorboard"), purge_step=done)

    def give(self, rows: Rows) -> None:
        for step, values in rows:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def show(self, step: int, name: str, picture: np.ndarray) -> None:
        self._writer.add_image(name, picture, step, dataformats="HWC")
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
