"""The choices that the paper left open, with this report's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dmdrepro.measures.students import Student, lookup
from dmdrepro.measures.table import Table

TOYS = ("chessboard", "moons", "ring")
IMAGES = ("mnist", "mnist-conditional", "mlp-manifold", "imagenet64")


@dataclass(frozen=True)
class Choice:
    """One item: what the paper and the public DMD2 code say, and where our value is kept."""

    item: str
    paper: str
    official: str
    fields: tuple[str, ...] = ()  # of the experiment, dotted; "data" stands for all below it
    ours: str = ""  # what no field holds
    experiments: tuple[str, ...] = ()  # all where empty


CHOICES = (
    Choice(
        "noise grid",
        "Karras, 0.002 to 80, rho 7",
        "1000 levels, ascending",
        ("distill.noise_levels",),
        "Karras, 0.002 to 80, rho 7, ascending",
    ),
    Choice(
        "student's first weights",
        "the teacher's (section 2.2)",
        "the teacher's",
        ("distill.start",),
    ),
    Choice(
        "students kept along the way",
        "not said",
        "now and then",
        ("distill.snapshots",),
        "for the table along distillation; the result does not depend on them",
    ),
    Choice(
        "DM noise level",
        "[2%, 98%]",
        "index uniform on 20..980",
        ("distill.dm_min", "distill.dm_max"),
        "index uniform between these fractions of the levels",
    ),
    Choice(
        "fake-score noise level",
        "the same is implied",
        "index uniform on 0..999",
        (),
        "index uniform on all levels",
    ),
    Choice(
        "fake-score loss",
        "||s + eps/sigma||^2",
        "(sigma^-2 + sigma_data^-2) ||D - x||^2, mean",
        (),
        "as the official code",
    ),
    Choice(
        "DM weight w(t)",
        "open",
        "1 / mean|x - D_real| per sample; loss half the mean square",
        (),
        "as the official code; a weight that is zero or not finite stops the run",
    ),
    Choice(
        "order in an iteration",
        "student every 5",
        "student first; the fake score then learns from the images made before that update",
        ("distill.student_every",),
        "as the official code",
    ),
    Choice(
        "distillation optimiser",
        "AdamW, lr 2e-6, weight decay 0.01, 500 steps of warm-up",
        "betas (0.9, 0.999), gradient norm clipped at 10, warm-up counted in iterations for both",
        (
            "distill.lr",
            "distill.beta1",
            "distill.beta2",
            "distill.weight_decay",
            "distill.warmup",
            "distill.grad_clip",
        ),
        "AdamW",
    ),
    Choice(
        "distillation batch and length",
        "32 images, 512 toy; 50,000 iterations (images), until convergence (toys)",
        "batch 280",
        ("distill.batch", "distill.iterations"),
    ),
    Choice(
        "GAN and regression losses",
        "neither (section 4.1.1)",
        "a GAN loss",
        (
            "distill.regression_weight",
            "distill.gan",
            "distill.gan_weight_student",
            "distill.gan_weight_fake",
        ),
        "the GAN's weights count only where gan is true, its noise level is then "
        "uniform on all levels, one for a real and a generated image",
    ),
    Choice(
        "the score that pulls the student",
        "the teacher's",
        "the teacher's",
        ("distill.real_score",),
        "exact: of a toy the data's own, and Phi_K its samples",
    ),
    Choice("student's EMA and dropout", "open", "neither", (), "neither"),
    Choice(
        "classes of the conditional students",
        "randomly assigned",
        "uniform, independent of the noise",
        (),
        "as the official code",
        ("mnist-conditional", "mlp-manifold"),
    ),
    Choice(
        "precision",
        "open",
        "float32 weights, TF32 or bfloat16 compute",
        ("precision",),
        "of the networks' compute; weights and preconditioning are float32",
    ),
    Choice(
        "teacher's optimiser",
        'open ("all models": AdamW at 2e-6, which cannot train from scratch in 8192 iterations)',
        "EDM: Adam",
        (
            "teacher.lr",
            "teacher.beta1",
            "teacher.beta2",
            "teacher.weight_decay",
            "teacher.batch",
            "teacher.warmup",
            "teacher.grad_clip",
        ),
        "AdamW, constant after the warm-up",
    ),
    Choice(
        "teacher's noise levels",
        "open",
        "EDM: ln sigma ~ N(-1.2, 1.2^2)",
        ("teacher.p_mean", "teacher.p_std"),
        "ln sigma ~ N(p_mean, p_std^2)",
    ),
    Choice(
        "teacher's EMA",
        "open",
        "EDM: yes",
        ("teacher.ema_fraction",),
        "half-life as a fraction of the iterations so far",
    ),
    Choice(
        "teacher's iterations",
        "MNIST: 1024, 2048, 3072, 4096, 6144, 8192; others open",
        "-",
        ("teacher.snapshots",),
    ),
    Choice("sigma_data", "open", "0.5", ("sigma_data",)),
    Choice(
        "network of the toys",
        "5 hidden layers of 384, 32-dimensional Fourier time embedding",
        "-",
        ("model",),
        experiments=TOYS,
    ),
    Choice(
        "network of the images",
        "ADM, width 64 (ImageNet-64: 192), multipliers 1,2,3,4, 3 blocks, attention at 32, 16, 8",
        "ADM",
        ("model",),
        experiments=IMAGES,
    ),
    Choice(
        "MNIST",
        "70,000 images, 32x32x1",
        "-",
        ("data",),
        "train and test; zero-padded from 28 to 32, range [-1, 1]; below 32 averaged down",
        ("mnist", "mnist-conditional"),
    ),
    Choice(
        "chessboard",
        "4x4, first two of four coordinates",
        "-",
        ("data",),
        "uniform on the black cells",
        ("chessboard",),
    ),
    Choice(
        "double moons",
        "first two of four coordinates",
        "-",
        ("data",),
        "law: dmdrepro/data/moons.py",
        ("moons",),
    ),
    Choice(
        "ring of Gaussians", "32 of sd 0.2, radius 2, R^4", "-", ("data",), experiments=("ring",)
    ),
    Choice(
        "MLP manifold",
        "two-layer random MLP of a 16-d Gaussian, whitened stripes by class, 32x32x1, 10 classes",
        "-",
        ("data",),
        "law: dmdrepro/data/manifold.py",
        ("mlp-manifold",),
    ),
    Choice("ImageNet-64", "1000 classes", "the same", ("data",), experiments=("imagenet64",)),
    Choice(
        "samples",
        "N = 1000; 2000 in the PCA figures; 100 in the heat maps",
        "-",
        (
            "sampling.pairing",
            "sampling.total",
            "sampling.sizes",
            "sampling.sets",
            "sampling.heatmap",
            "sampling.batch",
        ),
        "the PCA figures show the first 2,000",
    ),
    Choice(
        "sample quality",
        "none",
        "FID",
        (),
        "E_OT to data over E_OT of other data, N as for Delta_E, means over 8 draws of toy data "
        "and 2 of images; MNIST also by a classifier's features, over 5 draws (docs/choices.md)",
    ),
    Choice("Phi_1", "one Euler step: its grid divides by zero", "-", (), "D(z; 80)"),
    Choice("memorisation threshold", "some prescribed threshold", "-", (), "1/3 (Bonnaire et al.)"),
    Choice(
        "intervals of Figure 11",
        "none",
        "-",
        (),
        "95%, Fisher's z; Spearman with the standard error of Bonett and Wright",
    ),
)


def choices_table(students: Sequence[Student]) -> Table:
    """Each open choice with the values of the runs in this report."""
    configs = {student.experiment: student.config for student in students}
    rows = []
    for choice in CHOICES:
        names = [n for n in configs if not choice.experiments or n in choice.experiments]
        if not names:
            continue
        values = [_values(name, {n: configs[n] for n in names}) for name in choice.fields]
        ours = "; ".join(text for text in (*values, choice.ours) if text)
        rows.append((choice.item, choice.paper, choice.official, ours))
    columns = ("item", "paper", "official code", "ours")
    notes = ("Official: the public DMD2 ImageNet code; EDM where it trains no teacher.",)
    title = "Choices that the paper left open"
    return Table("choices", title, columns, tuple(rows), notes)


def _values(field: str, configs: dict[str, dict]) -> str:
    """`teacher.lr 0.001 (chessboard, moons), 0.0003 (mnist)`; names only where values differ."""
    by_value: dict[str, list[str]] = {}
    for name, config in configs.items():
        found = lookup(config, field.split("."))
        if found is not None:
            by_value.setdefault(_words(found), []).append(name)
    if len(by_value) == 1:
        return f"{field} {next(iter(by_value))}"
    parts = [f"{value} ({', '.join(names)})" for value, names in by_value.items()]
    return f"{field} {', '.join(parts)}" if parts else ""


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "/".join(_words(inner) for inner in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
