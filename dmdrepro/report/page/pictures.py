"""The paper's figures as the page shows them: each embedded once, linked to elsewhere."""

import base64
import io
from dataclasses import dataclass

DENSITY = 1.5  # the figures' widest, 1485 pixels, fills the page
COLOURS = 128  # of an embedded figure: a quarter of the bytes, and no difference to the eye


@dataclass(frozen=True)
class Picture:
    """One figure of the paper, drawn from our runs; `reason` says why `png` is None."""

    number: int | str  # `of <experiment>`, if the paper has none
    caption: str
    experiments: tuple[str, ...]  # whose results it shows
    png: bytes | None = None
    reason: str = ""

    @property
    def anchor(self) -> str:
        return f"figure-{self.number}".replace(" ", "-")

    def data(self, scale: float = 1.0) -> str:
        """The PNG in few colours, in base64; `scale`: of its sides."""
        from PIL import Image

        buffer = io.BytesIO()
        with Image.open(io.BytesIO(self.png)) as image:
            smaller = image.convert("RGB").resize([max(1, round(scale * n)) for n in image.size])
            # An octree is quick; it needs no dither, which would cost bytes.
            few = smaller.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=0)
            few.save(buffer, "PNG")
        return base64.b64encode(buffer.getvalue()).decode()

    @property
    def width(self) -> int:
        """The page's pixels for the image's own, as a PNG's header has them."""
        return round(int.from_bytes(self.png[16:20]) / DENSITY)

    @property
    def height(self) -> int:
        return round(int.from_bytes(self.png[20:24]) / DENSITY)
