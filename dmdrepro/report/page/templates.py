"""The templates beside this file; every text that they are given is escaped."""

from pathlib import Path


def templates():
    """jinja2's Environment of the report and of a comparison's page; a missing name is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def encoded(page: str) -> bytes:
    """UTF-8; a path's undecodable bytes too."""
    return page.encode("utf-8", "xmlcharrefreplace")
