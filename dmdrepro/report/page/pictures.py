"""The paper's figures as the page shows them: each embedded once, linked to elsewhere."""

from __future__ import annotations

import base64
from dataclasses import dataclass

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

    @property
    def data(self) -> str:
        return base64.b64encode(self.png).decode()

    @property
    def width(self) -> int:
        """The page's pixels for the image's own, as a PNG's header has them."""
        return round(int.from_bytes(self.png[16:20]) / DENSITY)

    @property
    def height(self) -> int:
        return round(int.from_bytes(self.png[20:24]) / DENSITY)
