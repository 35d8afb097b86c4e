"""The documentation site: `sphinx-build -W docs site` (the extra `docs` installs what it needs)."""

import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from dmdrepro.checkout import leave_path  # noqa: E402

leave_path()
import dmdrepro  # noqa: E402
from dmdrepro.cli import commands  # noqa: E402

project = "dmdrepro"
author = "the dmdrepro developers"
copyright = f"2026, {author}"
version = release = dmdrepro.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["published", "laptop", "figures"]
html_theme = "furo"
html_title = "dmdrepro"
html_copy_source = html_show_sourcelink = False
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"


def plain_text(app, what, name, obj, options, lines: list[str]) -> None:
    """Docstrings are plain text with `code` between backticks, not reStructuredText."""
    for number, line in enumerate(lines):
        words = line.replace("\\", "\\\\").replace("*", "\\*").replace("|", "\\|")
        lines[number] = words.replace("_ ", "\\_ ").replace("`", "``")


def write_commands(app) -> None:
    """The page of the commands, by typer, from the same words as `--help`."""
    root = typer.main.get_command(commands.app)
    root.commands = {name: one for name, one in root.commands.items() if not one.hidden}
    context, name = typer.Context(root), "python reproduce.py"
    words = get_docs_for_click(obj=root, ctx=context, name=name, title="Commands")
    (Path(app.srcdir) / "commands.md").write_text(words, encoding="utf-8")


def setup(app) -> None:
    app.connect("autodoc-process-docstring", plain_text)
    app.connect("builder-inited", write_commands)
