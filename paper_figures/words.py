"""What the figures say: names of runs, their sizes, and Delta_E with its company."""

import math
from collections.abc import Mapping

NAMES = {
    "chessboard": "Chessboard",
    "moons": "Double moons",
    "ring": "Ring of Gaussians",
    "mnist": "Unconditional MNIST",
    "mnist-conditional": "Conditional MNIST",
    "mlp-manifold": "MLP manifold",
    "imagenet64": "Conditional ImageNet-64",
}

# The paper's symbol of each array that `sample` and `evaluate` leave.
SYMBOLS = {
    "noise": r"$z$",
    "teacher_1": r"$\Phi_1(z)$",
    "teacher_8": r"$\Phi_8(z)$",
    "teacher_32": r"$\Phi_{32}(z)$",
    "student": r"$G(z)$",
    "nearest": r"$x^1(\Phi_8(z))$",
    "second_nearest": r"$x^2(\Phi_8(z))$",
}


def name_of(experiment: str) -> str:
    """The experiment's name in words."""
    return NAMES.get(experiment, experiment)


def number(value: float | str, digits: int = 3) -> str:
    """So many significant digits, no exponent between 1e-4 and 1e6; "inf" becomes the symbol."""
    if math.isnan(float(value)):
        return "undefined"  # such as the retention of a constant student
    value = float(f"{float(value):.{digits}g}")  # rounding may carry into the next decade
    if math.isinf(value):
        return r"$\infty$" if value > 0 else r"$-\infty$"
    if value != 0 and not 1e-4 <= abs(value) < 1e6:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return rf"${mantissa}\times 10^{{{int(exponent)}}}$"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def share(value: float | str) -> str:
    """Two decimals, as much as a thousand samples carry: retention, concordance, correlations."""
    value = float(value)
    if not math.isfinite(value):
        return number(value)
    text = f"{value:.2f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "\N{MINUS SIGN}")


def pairing_words(pairing: Mapping[str, float | str | int]) -> tuple[str, ...]:
    """Delta_E (section 3.1), then its retention and null, without which it says little.

    The null says what it is over unless that is all pairs. The concordance is last, if recorded.
    """
    over = f" ({pairing['null']})" if pairing.get("null", "all") not in ("", "all") else ""
    words = [
        rf"$\Delta_E$ = {number(pairing['delta_e'])} (N = {pairing['n']:,})",
        f"retention {share(pairing['retention'])}, null {number(pairing['delta_e_null'])}{over}",
    ]
    if pairing.get("concordance") is not None:
        words.append(f"concordance {share(pairing['concordance'])}")
    return tuple(words)


def iterations(count: int) -> str:
    """`8,192 iterations`, singular for one."""
    return f"{count:,} iteration{'' if count == 1 else 's'}"
