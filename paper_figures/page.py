"""A figure laid out from top to bottom, in inches."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from dmdrepro.paper_figures.style import BODY, INK, PAGE, RED, SMALL, SOFT, TITLE

EDGE = 0.08  # inches of white around the figure
LINE = 0.15  # inches from one line of text to the next


class Page:
    """Places axes and text below what is there already; the height follows from the content."""

    def __init__(self, width: float = PAGE) -> None:
        """`width`: inches."""
        self.width = width
        self.top = EDGE  # inches from the upper edge to the next free place
        self._figure = Figure(figsize=(width, 1.0))
        self._axes: list[tuple[Axes, float, float, float, float]] = []
        self._texts: list[tuple[Text, float]] = []

    def space(self, height: float) -> None:
        """Leave `height` inches free."""
        self.top += height

    def axes(self, left: float, width: float, height: float) -> Axes:
        """Axes at the current height, which stays (`space` moves on); inches."""
        # The width is final at once, so that text can be wrapped to it; the height is not.
        axes = self._figure.add_axes((left / self.width, 0.0, width / self.width, 1.0))
        self._axes.append((axes, left, self.top, width, height))
        return axes

    def row(
        self,
        count: int,
        *,
        left: float,
        gap: float,
        height: float | None = None,
        widest: float = PAGE,
    ) -> list[Axes]:
        """`count` equal axes side by side, square if no `height` is given; inches."""
        width = min(widest, (self.width - left - EDGE - gap * (count - 1)) / count)
        height = width if height is None else height
        row = [self.axes(left + i * (width + gap), width, height) for i in range(count)]
        self.space(height)
        return row

    def text(self, words: str, *, x: float = EDGE, **style: object) -> None:
        """Write one line with its top at the current height, which stays."""
        text = self._figure.text(x / self.width, 0.0, words, va="top", **style)
        self._texts.append((text, self.top))

    def heading(self, title: str, detail: str = "", right: str = "", remark: str = "") -> None:
        """A group's title, its result at the right, a line of details and one of remarks below."""
        self.text(title, fontsize=TITLE, weight="bold", color=INK)
        self.text(right, x=self.width - EDGE, ha="right", fontsize=BODY, color=INK)
        self.space(LINE + 0.02)
        if detail:
            self.text(detail, fontsize=SMALL, color=SOFT)
            self.space(LINE)
        if remark:
            self.text(remark, fontsize=SMALL, color=RED)
            self.space(LINE)
        self.space(0.04)

    def figure(self) -> Figure:
        """The figure, at its final height."""
        height = self.top + EDGE
        self._figure.set_size_inches(self.width, height)
        for axes, left, top, width, tall in self._axes:
            bottom = 1 - (top + tall) / height
            axes.set_position((left / self.width, bottom, width / self.width, tall / height))
        for text, top in self._texts:
            text.set_y(1 - top / height)
        return self._figure


def panel_title(axes: Axes, title: str, *details: str, results: Sequence[str] = ()) -> None:
    """Title, lines of results and lines of details above one panel, from its left edge."""
    lines = [*((line, INK) for line in results), *((line, SOFT) for line in details)]
    for i, (line, color) in enumerate(reversed(lines)):
        _above(axes, line, 4.5 + 9.0 * i, fontsize=SMALL, color=color)
    _above(axes, title, 5.0 + 9.0 * len(lines), fontsize=BODY, color=INK, weight="bold")


def title_height(lines: int) -> float:
    """Inches that `panel_title` needs above its panel for so many lines below the title."""
    return (5.0 + 9.0 * lines + BODY) / 72


def _above(axes: Axes, words: str, points: float, **style: object) -> None:
    axes.annotate(
        words, (0, 1), (0, points), xycoords="axes fraction", textcoords="offset points",
        va="baseline", ha="left", annotation_clip=False, **style,
    )  # fmt: skip
