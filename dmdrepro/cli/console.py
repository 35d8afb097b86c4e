"""The consoles of every command: what they print does nothing but be read."""

import time
from collections.abc import Iterator

from rich.console import Console, ConsoleDimensions
from rich.segment import Segment

from dmdrepro.cli.output import NARROWEST

# Controls of the terminal (C0, DEL, C1), of the line, and of the direction of writing: in the
# name of a file they could hide it, or write another line than ours.
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]
_CONTROLS += [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_ESCAPES = {code: repr(chr(code))[1:-1] for code in _CONTROLS}
_ESCAPES |= {code: f"\\x{code - 0xDC00:02x}" for code in range(0xDC80, 0xDD00)}  # undecoded bytes
_WITHOUT_NEWLINE = {code: escape for code, escape in _ESCAPES.items() if chr(code) != "\n"}


def visible(text: str) -> str:
    """`text` in one line, with every control character as Python writes it."""
    return text.translate(_ESCAPES)


class PlainConsole(Console):
    """Text is text: control characters become visible, brackets and colons stay what they are.

    Brackets and colons are the user's, in paths above all: no markup and no emoji codes.
    """

    def __init__(self, **options) -> None:
        """`options`: rich's own."""
        super().__init__(highlight=False, markup=False, emoji=False, **options)
        self.last_word = 0.0  # when something was printed, by time.monotonic

    def print(self, *objects, **options) -> None:
        """In a terminal lines end between words; what is read by a program is not broken."""
        super().print(*objects, **{"soft_wrap": not self.is_terminal, **options})
        self.last_word = time.monotonic()

    @property
    def size(self) -> ConsoleDimensions:
        width, height = super().size
        return ConsoleDimensions(max(width, NARROWEST), height)

    def render_str(self, text: str, **options):
        """Every string that is printed, or put into a table, comes this way."""
        return super().render_str(visible(text), **options)

    def render(self, renderable, options=None) -> Iterator[Segment]:
        """The rest, rich's own texts; their lines are ours."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(segment.text.translate(_WITHOUT_NEWLINE), segment.style)


console = PlainConsole()
errors = PlainConsole(stderr=True)
