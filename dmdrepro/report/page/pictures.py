"""The paper's figures as the page shows them: each embedded once, linked to elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from dmdrepro.report.page.html import Html, element, joined

DENSITY = 1.5  # the figures' widest, 1485 pixels, fills the page


@dataclass(frozen=True)
class Picture:
    """One figure of the paper, drawn from our runs; `reason` says why `png` is None."""

    number: int
    caption: str
    experiments: tuple[str, ...]  # whose results it shows
    png: bytes | None = None
    reason: str = ""

    @property
    def anchor(self) -> str:
        return f"figure-{self.number}"


def pictures_html(pictures: Sequence[Picture], experiment: str, order: Sequence[str]) -> Html:
    """An experiment's figures: those embedded here, and links to the others.

    A figure is embedded with the first of its experiments in `order`.
    """
    mine = [picture for picture in pictures if experiment in picture.experiments]
    here = [p for p in mine if experiment == min(p.experiments, key=order.index)]
    links = [element("a", f"Figure {p.number}", href=f"#{p.anchor}") for p in mine if p not in here]
    elsewhere = element("p", "Shown above with another experiment: ", joined(links, ", "), ".")
    return joined([*map(_picture, here), elsewhere if links else None])


def _shown(pixels: bytes) -> int:
    """The page's pixels for an image's own, as a PNG's header has them."""
    return round(int.from_bytes(pixels) / DENSITY)


def _picture(picture: Picture) -> Html:
    name = f"Figure {picture.number}"
    caption = element("figcaption", element("b", f"{name}. "), picture.caption)
    if picture.png is None:
        lack = element("p", f"{name} is not shown: {picture.reason}.", class_="lack")
        return element("figure", lack, caption, id=picture.anchor, class_="picture")
    data = base64.b64encode(picture.png).decode()
    names = " and ".join(picture.experiments)
    image = element(
        "img",
        src=f"data:image/png;base64,{data}",
        alt=f"{name} of the paper, redrawn from our results of {names}",
        width=_shown(picture.png[16:20]),
        height=_shown(picture.png[20:24]),
    )
    box = element("div", image, class_="scroll", role="region", tabindex=0, aria_label=name)
    return element("figure", box, caption, id=picture.anchor, class_="picture")
