"""Every command with its options as one page of Markdown, for the documentation."""

from __future__ import annotations

import re

import typer

from dmdrepro.cli.commands import STATUSES, app


def markdown() -> str:
    """The help texts of all commands, in the order in which `--help` lists them."""
    root = typer.main.get_command(app)
    parts = ["# Commands", f"`python reproduce.py COMMAND`. {STATUSES}"]
    for name, command in root.commands.items():
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
        words = [name, *(p.metavar or p.name.upper() for p in arguments)]
        parts += [f"## {name}", f"`python reproduce.py {' '.join(words)} [OPTIONS]`"]
        parts.append(_plain(command.help or ""))
        rows = [f"| `{_named(p)}` | {_cell(p.help or '')} |" for p in options]
        if rows:
            parts.append("\n".join(["| option | |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _named(option) -> str:
    kind = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return "/".join(option.opts) + kind.replace("|", "\\|")


def _cell(text: str) -> str:
    return " ".join(_plain(text).split()).replace("|", "\\|")


def _plain(text: str) -> str:
    """Without rich's markup."""
    return re.sub(r"\[/?(bold|dim|italic|cyan|green|red|yellow)\]", "", text).strip()
