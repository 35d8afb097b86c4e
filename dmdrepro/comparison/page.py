"""A comparison as one HTML page that needs nothing else."""

import base64
import io

from dmdrepro.comparison.found import Found
from dmdrepro.measures.table import cell_text
from dmdrepro.measures.word import MEANINGS
from dmdrepro.paper_figures.style import styled
from dmdrepro.report.page.templates import encoded, templates
from dmdrepro.settings import leaves

DPI = 160
ASIDE = ("assignment", "warnings", "answer", "sentence")  # shown elsewhere, or too long


def page(found: Found) -> bytes:
    """The page, UTF-8; equal comparisons give equal bytes."""
    facts = {name: value for name, value in found.to_json().items() if name not in ASIDE}
    numbers = [(name, _text(value)) for name, value in leaves(facts).items()]
    said = {"answer": found.answer, "lines": found.lines, "warnings": found.warnings}
    render = templates().get_template("comparison.html").render
    return encoded(render(**said, meanings=MEANINGS, picture=_png(found), numbers=numbers))


def _text(value: object) -> str:
    return ", ".join(map(cell_text, value)) if isinstance(value, list) else cell_text(value)


@styled
def _png(found: Found) -> str:
    buffer = io.BytesIO()
    found.figure().savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode()
