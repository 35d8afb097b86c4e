"""Elements of a page; what is text is escaped, so that no name or path can become markup."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = {"img", "meta", "br"}  # elements without an end


class Html(str):
    """Text that is markup already."""


def element(name: str, /, *children: str | None, **attributes: object) -> Html:
    """`<name attribute="...">children</name>`.

    Children are escaped unless they are Html; None is left out. Of an attribute's name a trailing
    underscore falls and others become hyphens; None and False are left out, True has no value.
    """
    head = name
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        head += f" {key.rstrip('_').replace('_', '-')}"
        if value is not True:
            head += f'="{html.escape(str(value))}"'
    if name in VOID:
        return Html(f"<{head}>")
    return Html(f"<{head}>{joined(children)}</{name}>")


def joined(parts: Iterable[str | None], between: str = "") -> Html:
    """The parts one after another, each escaped unless it is Html."""
    return Html(between.join(escaped(part) for part in parts if part is not None))


def escaped(text: str) -> Html:
    return text if isinstance(text, Html) else Html(html.escape(text))


def details(summary: str, *children: str | None) -> Html:
    """What is shown when the reader opens it, and in print."""
    return element("details", element("summary", summary), *children)
