"""One typography and one palette for all figures."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import matplotlib as mpl

P = ParamSpec("P")
R = TypeVar("R")

COLUMN = 3.25  # inches: one column of the paper
PAGE = 6.75  # inches: its full text width

INK = "#222222"
SOFT = "#6e6e6e"  # details, axes
FAINT = "#d4d4d4"  # frames
PALE = "#f6f6f6"  # ground of a panel that has no run
BLUE = "#0072b2"  # Okabe and Ito's palette, told apart with any colour vision
COLOURS = (
    *(BLUE, "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"),  # of it too
    *("#8a8a8a", "#7a4b2a", "#6f4fb0"),
)
RED = "#d8281f"

TITLE, BODY, SMALL = 9.0, 8.0, 7.0  # points

TICKS = {
    "labelsize": SMALL,
    "color": SOFT,
    "labelcolor": INK,
    "major.size": 2.0,
    "major.width": 0.5,
    "major.pad": 2.0,
}
# STIX comes with matplotlib, so the same text is drawn on every machine; it sets like the
# paper's Times.
STYLE = {
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "font.size": BODY,
    "text.color": INK,
    "axes.titlesize": BODY,
    "axes.labelsize": BODY,
    "axes.labelcolor": INK,
    "axes.labelpad": 2.5,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    **{f"{axis}tick.{name}": value for axis in "xy" for name, value in TICKS.items()},
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "legend.title_fontsize": SMALL,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "pdf.fonttype": 42,  # text stays text: it can be searched and edited
}


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` with this style, leaving matplotlib's settings as they were."""

    @functools.wraps(function)
    def with_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context():
            mpl.rcdefaults()  # whatever a user's matplotlibrc says
            mpl.rcParams.update(STYLE)
            return function(*args, **kwargs)

    return with_style
