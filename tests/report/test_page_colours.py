"""The page's colours can be told from its background, light and dark (WCAG 2.2, level AA)."""

import re
from pathlib import Path

import pytest

import dmdrepro.report.page
from dmdrepro.report.page.chart import COLOURS

CSS = Path(dmdrepro.report.page.__file__).with_name("page.css").read_text()
TEXT = ("ink", "soft", "link", "good", "fair", "bad", "none")
DRAWN = (*(f"c{k}" for k in range(COLOURS)), "banner-rule")


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_formula_gives_the_standards_own_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_text_and_lines_stand_out(place):
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[place]))
    for ground in ("paper", "pale"):
        for name in TEXT:
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["ink"], colours["banner"]) >= 4.5
    for name in DRAWN:
        assert contrast(colours[name], colours["paper"]) >= 3, name
    assert all(f".c{k} {{ color: var(--c{k}); }}" in CSS for k in range(COLOURS))
