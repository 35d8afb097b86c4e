"""A page as a browser without network takes it: elements, links, images, tables, text."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from PIL import Image

VOID = {"img", "meta", "br"}
FETCHING = ("src", "srcset", "href", "xlink:href", "data", "action", "poster", "background")


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    words: list[str] = field(default_factory=list)  # of it and all within
    inside: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def everything(self) -> list[Element]:
        return [e for child in self.inside for e in (child, *child.everything())]

    def all(self, *names: str) -> list[Element]:
        return [e for e in self.everything() if e.name in names]

    def classed(self, name: str) -> list[Element]:
        return [e for e in self.everything() if name in (e.attributes.get("class") or "").split()]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag):
        assert self.open[-1].name == tag, f"</{tag}> ends <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data):
        for element in self.open:
            element.words.append(data)


def read_page(data: bytes) -> Element:
    """The page's tree; fails where an element is not ended in order."""
    reader = _Reader()
    reader.feed(data.decode("utf-8"))
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].name}> is not ended"
    return reader.open[0]


def check_page(data: bytes) -> Element:
    """Assert all that holds for every page: alone, linked, with headers; returns its tree."""
    page = read_page(data)
    _asks_for_nothing(page)
    ids = [e.attributes["id"] for e in page.everything() if "id" in e.attributes]
    assert len(ids) == len(set(ids)), "an id stands twice"
    for link in page.all("a"):
        target = link.attributes["href"]
        assert target.startswith("#"), target
        assert target[1:] in ids, target
        assert link.text
    for image in page.all("img"):
        assert image.attributes["alt"].strip()
        kind, _, code = image.attributes["src"].partition(",")
        assert kind == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(code, validate=True))) as png:
            png.load()
            assert png.format == "PNG"
    for table in page.all("table"):
        heads = table.all("thead")[0].all("th")
        assert heads
        assert all(head.attributes["scope"] == "col" and head.text for head in heads)
        rows = table.all("tbody")[0].all("tr")
        assert rows
        assert all(len(row.all("td", "th")) == len(heads) for row in rows)
    for chart in page.all("svg"):
        assert chart.attributes["aria-label"]
        assert not re.search(r"nan|inf", " ".join(p.attributes["d"] for p in chart.all("path")))
    assert [e.attributes["lang"] for e in page.all("html")] == ["en"]
    return page


def _asks_for_nothing(page: Element) -> None:
    for element in page.everything():
        assert element.name not in ("link", "iframe", "object", "embed", "base", "form"), element
        for name in FETCHING:
            value = element.attributes.get(name) or ""
            assert value.startswith(("#", "data:")) or not value, (element.name, name, value)
        assert not [name for name in element.attributes if name.startswith("on")], element
        assert "url(" not in (element.attributes.get("style") or "")
    for style in page.all("style"):
        assert not re.search(r"url\(|@import|//", style.text)
    for script in page.all("script"):
        assert not script.attributes
        assert not re.search(r"fetch|XMLHttp|import|https?:|\.src|\.href", script.text)
