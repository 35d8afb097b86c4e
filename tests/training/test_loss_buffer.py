"""A loss that is not finite stops the run and is never logged as a number."""

import pytest
import torch

from dmdrepro.runs.errors import NonFinite
from dmdrepro.runs.log import LossLog, read_losses
from dmdrepro.training.loss_buffer import LossBuffer


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_the_step_the_seed_and_the_name_are_told(tmp_path, bad):
    log = LossLog(tmp_path / "log.jsonl", 0)
    losses = LossBuffer(log, "distill mnist", seed=4, length=10)
    losses.add(0, loss_fake=torch.tensor(1.0))
    losses.add(1, loss_fake=torch.tensor(2.0), grad_norm_fake=torch.tensor(bad))
    losses.add(2, loss_fake=torch.tensor(bad))
    with pytest.raises(NonFinite, match=r"distill mnist: grad_norm_fake is .* step 1 \(seed 4\)"):
        losses.flush()
    log.close()
    assert read_losses(tmp_path / "log.jsonl") == {"loss_fake": ([0], [1.0])}


def test_columns_keep_the_steps_that_have_them(tmp_path):
    log = LossLog(tmp_path / "log.jsonl", 0)
    losses = LossBuffer(log, "distill", seed=0, length=2)
    losses.add(0, loss_dm=torch.tensor(0.5), loss_fake=torch.tensor(1.0))
    losses.add(1, loss_fake=torch.tensor(2.0))
    log.close()
    columns = read_losses(tmp_path / "log.jsonl")
    assert columns == {"loss_dm": ([0], [0.5]), "loss_fake": ([0, 1], [1.0, 2.0])}
