"""What a figure is: its number, whose runs it reads, its caption, and what fills its page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results
from dmdrepro.paper_figures.style import PAGE, styled

LAST, ALL, NONE = "the longest-trained teacher's", "every teacher's", "no student"
Fill = Callable[[Page, Results, Sequence[str]], None]


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper, or of an experiment that the paper does not have."""

    NUMBER: int | str  # `of <experiment>`, if the paper has none
    EXPERIMENTS: tuple[str, ...]
    fill: Fill  # draws the experiments' results below what is on the page
    CAPTION: str
    STUDENTS: str = LAST  # whose students it shows: LAST, ALL or NONE
    width: float = PAGE  # inches

    @property
    def stem(self) -> str:
        """Of its files: `figure_02`, or `figure_of_<experiment>`."""
        number = self.NUMBER
        return f"figure_{number:02d}" if isinstance(number, int) else f"figure_of_{number[3:]}"

    @styled
    def draw(self, results: Results) -> Figure:
        """A panel whose run is missing says so."""
        page = Page(self.width)
        self.fill(page, results, self.EXPERIMENTS)
        return page.figure()
