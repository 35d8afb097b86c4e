"""Elements: text and attributes are escaped, markup is not escaped twice."""

from __future__ import annotations

from page_reader import read_page

from dmdrepro.report.page.html import Html, details, element, joined

HOSTILE = "<b a=\"1\" b='2'>&amp;</b>"


def test_text_and_attributes_come_back_as_they_were():
    page = read_page(element("p", HOSTILE, title=HOSTILE).encode())
    (found,) = page.everything()
    assert found.attributes["title"] == HOSTILE
    assert found.text == HOSTILE


def test_markup_is_taken_as_it_is():
    assert element("p", element("b", "a & b")) == "<p><b>a &amp; b</b></p>"
    assert joined([Html("<br>"), "<br>", None], " ") == "<br> &lt;br&gt;"


def test_names_and_absent_attributes():
    made = element("td", class_="a", aria_label="b", id=None, hidden=False, open=True, tabindex=0)
    assert made == '<td class="a" aria-label="b" open tabindex="0"></td>'
    assert element("img", name="n") == '<img name="n">'


def test_what_is_folded_keeps_its_summary_first():
    assert details("s", "t") == "<details><summary>s</summary>t</details>"
