"""DMD: the DM gradient, the fake-score loss, optional regression and GAN losses."""

from dmdrepro.distillation.dm import draw_dm_levels, score_difference
from dmdrepro.distillation.fake import draw_fake_levels, fake_score_loss
from dmdrepro.distillation.gan import fake_gan_loss, student_gan_loss
from dmdrepro.distillation.regression import regression_gradient, regression_target

__all__ = [
    "draw_dm_levels", "draw_fake_levels", "fake_gan_loss", "fake_score_loss",
    "regression_gradient", "regression_target", "score_difference", "student_gan_loss",
]  # fmt: skip
