"""What an option's file may replace: what an earlier command of ours wrote, and nothing else."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from dmdrepro.cli.console import PlainConsole
from dmdrepro.measures.table import Table
from dmdrepro.pipeline.paths import check_file, there
from dmdrepro.runs.errors import RunError

MOST = 1 << 28  # bytes; none of our own files is larger
Ours = Callable[[bytes], bool]  # whether a file's content is one that the option writes

# The keys that tell an option's own JSON from any other.
COMPARISON = {"assignment", "delta_e", "e_dt", "e_ot"}
BENCH = {"quick", "scaling", "provenance"}
PUBLISHED = {"experiment", "size", "seed", "snapshot", "config", "pairing"}
TABLE = {"title", "columns", "rows", "notes"}


def check_output(option: str, path: Path, ours: Ours) -> None:
    """Raise RunError if `path` cannot be written, or holds what is not `ours` to replace.

    An empty file, a device and a pipe hold nothing that could be lost.
    """
    check_file(option, path)
    place = there(path)
    if not os.access(place, os.W_OK):
        raise RunError(
            f"{option} {path}: {place} cannot be written to; fix its rights or name another place."
        )
    if not path.is_file() or _printed(path) or not (size := path.stat().st_size):
        return
    try:
        known = size < MOST and ours(path.read_bytes())
    except OSError:
        known = False
    if not known:
        raise RunError(
            f"{option}: {path} is there already and is not a file that {option} wrote, so "
            "it is not overwritten; delete it or name another."
        )


def json_with(keys: Iterable[str]) -> Ours:
    """Whether the content is a JSON object that has all of `keys`."""

    def ours(data: bytes) -> bool:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return False
        return isinstance(value, dict) and set(keys) <= set(value)

    return ours


def is_figure(data: bytes) -> bool:
    """Whether the content is a figure of ours: a PNG or PDF with a title and the runs' seeds."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):  # text chunks: tEXt, or iTXt if not in Latin 1
        return b"tEXtSeed\0" in data and (b"tEXtTitle\0" in data or b"iTXtTitle\0" in data)
    return data.startswith(b"%PDF") and b"/Title" in data and b'"Seed"' in data


def is_comparison_page(data: bytes) -> bool:
    """Whether the content is a page that `compare --report` wrote."""
    return b"<title>Teacher and student: " in data[:400] and data.startswith(b"<!doctype html>")


def check_tables(option: str, folder: Path, tables: Sequence[Table]) -> None:
    """`check_output` for each file that `write_tables(tables, folder)` would write.

    A Markdown or CSV file is ours if it begins as the new one does, or if the JSON beside it is.
    """
    from dmdrepro.report.render import to_csv, to_markdown

    is_table = json_with(TABLE)
    begins = {"tables.md": [f"### {table.title}" for table in tables]}
    for table in tables:
        check_output(option, folder / f"{table.name}.json", is_table)
        if not (folder / f"{table.name}.json").is_file():
            begins[f"{table.name}.md"] = [to_markdown(table).partition("\n")[0]]
            begins[f"{table.name}.csv"] = [to_csv(table).partition("\n")[0]]
    for name, firsts in begins.items():
        lines = {first.encode() for first in firsts}
        check_output(option, folder / name, lambda data, known=lines: data.split(b"\n")[0] in known)


def is_kept(path: Path) -> bool:
    """Whether what is written to `path` stays there: no device, no pipe, nothing printed."""
    return _printed(path) is None and (path.is_file() or not path.exists())


def _printed(path: Path) -> TextIO | None:
    """The stream that `path` (/dev/stdout, /dev/stderr) stands for, if it does."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                return stream
        except (OSError, ValueError):  # nothing there; a test's stream has no number
            continue
    return None


def give_record(file: str, record: object, talk: PlainConsole) -> None:
    """Write JSON to a file that `check_output` has passed, and say so; to - it is printed."""
    from dmdrepro.runs.files import json_text

    if file == "-":
        sys.stdout.write(json_text(record))
    else:
        write_record(Path(file), record)
        talk.print(f"Written: {file}")


def write_record(path: Path, record: object) -> None:
    """Write JSON to a file that `check_output` has passed; /dev/stdout is printed to."""
    from dmdrepro.runs.files import json_text, write_bytes

    stream = _printed(path)
    if stream is None:
        write_bytes(path, json_text(record).encode())
        return
    # Through the open file: another would begin at its start, over what was printed before.
    stream.write(json_text(record))
    stream.flush()
