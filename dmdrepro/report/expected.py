"""What the paper reports: every Delta_E, and what its other figures claim."""

from __future__ import annotations

from dataclasses import dataclass

N = 1000  # samples of every Delta_E (section 3.1)
K = 8  # teacher steps (footnote 1)


@dataclass(frozen=True)
class PaperNumber:
    """One student of the paper; `delta_e` None: shown in a figure without a number."""

    experiment: str
    teacher_iterations: int | None  # None: the paper does not say
    delta_e: float | None
    where: str


PAPER_NUMBERS = (
    PaperNumber("chessboard", None, 8.55, "section 3.3, Figures 2 and 3"),
    PaperNumber("moons", None, None, "appendix A, Figure 5"),
    PaperNumber("ring", None, None, "appendix A, Figure 5"),
    PaperNumber("mnist", 1024, 1.05, "appendix B, Figures 9 and 10"),
    PaperNumber("mnist", 2048, 0.389, "appendix B, Figure 9"),
    PaperNumber("mnist", 3072, None, "section 4.2, Figure 4"),
    PaperNumber("mnist", 4096, 0.237, "appendix B, Figure 9"),
    PaperNumber("mnist", 6144, None, "section 4.2, Figure 4"),
    PaperNumber("mnist", 8192, 0.0367, "section 3.4, Figures 1, 3, 9 and 10"),
    PaperNumber("mnist-conditional", None, None, "appendix A, Figures 6 to 8"),
    PaperNumber("mlp-manifold", None, None, "appendix A, Figures 6 to 8"),
    PaperNumber("imagenet64", None, None, "appendix A, Figures 6 to 8"),
)

# Figures 4, 11 and 12 make claims without numbers, all of unconditional MNIST.
CLAIMS_OF = "mnist"
CLAIMS = {
    4: "first rises, then falls (section 4.2)",
    11: "moderately negative (section 4.2.1)",
    12: "no memorised samples (section 4.1.2)",
}


def paper_number(experiment: str, teacher_iterations: int) -> PaperNumber | None:
    """What the paper has of the student of that teacher, or None."""
    for number in PAPER_NUMBERS:
        same_teacher = number.teacher_iterations in (None, teacher_iterations)
        if number.experiment == experiment and same_teacher:
            return number
    return None
