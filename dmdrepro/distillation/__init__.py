"""DMD: the DM gradient, optional regression and GAN losses."""

from dmdrepro.distillation.dm import draw_levels, score_difference
from dmdrepro.distillation.gan import fake_gan_loss, gan_logits, student_gan_loss
from dmdrepro.distillation.regression import regression_gradient, regression_target

__all__ = [
    "draw_levels", "fake_gan_loss", "gan_logits", "regression_gradient", "regression_target",
    "score_difference", "student_gan_loss",
]  # fmt: skip
