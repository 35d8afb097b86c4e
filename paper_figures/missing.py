"""A panel whose run is missing: it says so, and why."""

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from dmdrepro.paper_figures.style import FAINT, INK, PALE, SMALL, SOFT
from dmdrepro.paper_figures.words import name_of
from dmdrepro.runs.results import Missing

_SIDES = 0.15  # inches free beside the words, both sides together


def draw_missing(axes: Axes, missing: Missing, named: bool = True) -> None:
    """The experiment's name (if no heading has it) and the reason, wrapped to the panel."""
    axes.set(xticks=[], yticks=[], xlim=(0, 1), ylim=(0, 1), facecolor=PALE)
    axes.spines[:].set(color=FAINT, linewidth=0.5, visible=True)
    points = (axes.get_position().width * axes.figure.get_figwidth() - _SIDES) * 72
    name = wrap(name_of(missing.experiment), points, "bold") if named else []
    reason = wrap(missing.reason, points)
    lines = [*((line, INK, "bold") for line in name), *((line, SOFT, "normal") for line in reason)]
    for i, (line, color, weight) in enumerate(lines):
        up = ((len(lines) - 1) / 2 - i) * SMALL * 1.3
        axes.annotate(
            line, (0.5, 0.5), (0, up), xycoords="axes fraction", textcoords="offset points",
            ha="center", va="center", fontsize=SMALL, color=color, weight=weight, parse_math=False,
        )  # fmt: skip


def wrap(words: str, points: float, weight: str = "normal") -> list[str]:
    """Lines no wider than `points` in small type; only a word that is wider itself is broken."""
    font = FontProperties(size=SMALL, weight=weight)
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, font) <= points:
            lines[-1] = longer
            continue
        while len(word) > 1 and _width(word, font) > points:
            fit = next(n for n in range(len(word) - 1, 0, -1)
                       if n == 1 or _width(word[:n], font) <= points)  # fmt: skip
            lines.append(word[:fit])
            word = word[fit:]
        lines.append(word)
    return lines


def _width(text: str, font: FontProperties) -> float:
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
