"""What a user asks of Slurm: options of the command line, or a TOML file of them."""

import math
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from dmdrepro.experiments import nearest
from dmdrepro.runs.errors import RunError

MINUTES = 60  # of a job without --slurm-time: a longer one waits again and goes on
SIGNAL_S = 120  # before the end of a job's time it is told to save


@dataclass(frozen=True)
class SlurmOptions:
    """As sbatch takes them; `array`: tasks of an array that run at a time; `setup`: shell lines."""

    partition: str | None = None
    account: str | None = None
    time: str | None = None
    gres: str | None = None
    mem: str | None = None
    array: int | None = None
    setup: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        """The time, rounded up; raises RunError for another form than Slurm's."""
        return MINUTES if self.time is None else minutes_of(self.time)

    def given(self) -> dict[str, object]:
        """The options that were given."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name))}


def minutes_of(words: str) -> int:
    """`90`, `90:00`, `1:30:00`, `1-12`, `1-12:00` or `1-12:00:00` in minutes, rounded up."""
    match = re.fullmatch(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?", words.strip())
    if match is None:
        raise RunError(
            f"--slurm-time {words} is not a time that Slurm knows; give minutes, 1:30:00 (hours "
            "first) or 1-12:00:00 (days first)."
        )
    days, *parts = match.groups()
    numbers = [int(part) for part in parts if part is not None]
    if days is not None:  # hours, minutes, seconds
        hours, minutes, seconds = (*numbers, 0, 0)[:3]
    elif len(numbers) == 3:
        hours, minutes, seconds = numbers
    else:  # minutes, seconds
        hours, (minutes, seconds) = 0, (*numbers, 0)[:2]
    total = 1440 * int(days or 0) + 60 * hours + minutes + math.ceil(seconds / 60)
    if total * 60 <= SIGNAL_S:
        raise RunError(f"--slurm-time {words} is too short: a job is told to save {SIGNAL_S} s "
                       "before its end; give at least 3 minutes.")  # fmt: skip
    return total


def read_options(file: Path | None, given: SlurmOptions) -> SlurmOptions:
    """The file's options with those of the command line over them; raises RunError."""
    found = {} if file is None else _read(file)
    options = SlurmOptions(**found | given.given())
    _ = options.minutes
    return options


def _read(file: Path) -> dict[str, object]:
    try:
        table = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RunError(f"--slurm-file {file} cannot be read as TOML: {error}.") from None
    known = [f.name for f in fields(SlurmOptions)]
    for name, value in table.items():
        if name not in known:
            raise RunError(f"--slurm-file {file} has {name!r}; {nearest(name, known)}")
        if name == "setup":
            lines = [value] if isinstance(value, str) else value
            fits = isinstance(lines, list) and all(isinstance(line, str) for line in lines)
            table[name] = tuple(lines) if fits else None
        elif name == "array":
            fits = type(value) is int and value > 0
        else:
            table[name], fits = str(value), type(value) in (str, int)
        if not fits:
            raise RunError(
                f"--slurm-file {file}: {name} = {value!r} is not a value that it can have."
            )
    return table
