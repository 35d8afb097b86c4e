"""Files and packages of a user's own, which register data sets, experiments, studies, measures.

`--load FILE` runs a file; a package names a module under the entry point `dmdrepro.experiments`.
"""

import importlib.metadata
import importlib.util
import sys
import traceback
from pathlib import Path

import dmdrepro.measures as measures
from dmdrepro.experiments import REGISTRY, STUDIES, ConfigError
from dmdrepro.experiments.origin import ORIGINS, Origin, coming_from, origin_of

GROUP = "dmdrepro.experiments"  # of entry points
_loaded: dict[Path, Origin] = {}
_packages: set[str] = set()


def load_file(path: Path) -> None:
    """Run a file once, and again if it has changed; raises ConfigError with the file and line."""
    path = path.resolve()
    if not path.is_file():
        raise ConfigError(f"--load {path} is no file; name a Python file.")
    origin = origin_of(path)
    if _loaded.get(path) == origin:
        return
    if path in _loaded:
        _forget(_loaded[path])
    name = f"dmdrepro_loaded_{path.stem}_{origin['sha256'][:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise ConfigError(f"--load {path} is no Python file: its name has to end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their annotations up there
    before = dict(REGISTRY), dict(STUDIES), measures.MEASURES, dict(ORIGINS)
    try:
        with coming_from(origin):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        _restore(*before)
        raise ConfigError(f"--load {path}: {_where(error, path)}") from error
    _loaded[path] = origin
    if (dict(REGISTRY), dict(STUDIES), measures.MEASURES) == before[:3]:
        raise ConfigError(
            f"--load {path} registers nothing: it calls none of dmdrepro.experiments.register, "
            "register_study and dmdrepro.measures.register."
        )


def file_of(kind: str, name: str) -> str:
    """The file of --load that registered it, from the working folder; empty if none did."""
    origin, here = ORIGINS.get((kind, name)), Path.cwd()
    path = next((path for path, loaded in _loaded.items() if loaded == origin), "")
    return str(path.relative_to(here) if path and path.is_relative_to(here) else path)


def load_packages() -> None:
    """Import what installed packages name; raises ConfigError with the package."""
    for entry in importlib.metadata.entry_points(group=GROUP):
        if entry.value in _packages:
            continue
        _packages.add(entry.value)
        spec = importlib.util.find_spec(entry.module)
        file = Path(spec.origin) if spec is not None and spec.origin else Path(entry.module)
        try:
            with coming_from(origin_of(file)):
                entry.load()
        except Exception as error:
            raise ConfigError(f"The entry point {entry.value}: {_where(error, file)}") from error


def in_loaded_file(error: BaseException) -> str | None:
    """`my_file.py, line 12: TypeError: ...` of an error that a loaded file raised; else None."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames or Path(frames[-1].filename) not in _loaded:
        return None
    return _where(error, Path(frames[-1].filename))


def _where(error: BaseException, path: Path) -> str:
    """The error with the last line of the file that it passed through."""
    if isinstance(error, ConfigError):
        return str(error)
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    place = f"{path.name}, line {line}: " if line else ""
    return f"{place}{type(error).__name__}: {str(error).partition(chr(10))[0].rstrip('.')}."


def _forget(origin: Origin) -> None:
    """Take out what an earlier state of a file registered."""
    gone = {name for (_, name), other in ORIGINS.items() if other == origin}
    for table in (REGISTRY, STUDIES):
        for name in gone & table.keys():
            del table[name]
    measures.MEASURES = tuple(m for m in measures.MEASURES if m.key not in gone)
    for key in [key for key in ORIGINS if key[1] in gone]:
        del ORIGINS[key]


def _restore(registry: dict, studies: dict, every: tuple, origins: dict) -> None:
    for table, before in ((REGISTRY, registry), (STUDIES, studies), (ORIGINS, origins)):
        table.clear()
        table.update(before)
    measures.MEASURES = every
