"""The sittings of a stage: under what each was made, and whether one differs from the one before.

A stage that is stopped and goes on ends with the bytes of one that never stopped only under the
same code, versions, device, threads and engine.
"""

from collections.abc import Callable

from dmdrepro.runs.provenance import provenance

AUTO = "auto"  # an engine option: its graphs have the bits of the step that they record
_ALIKE = (  # what must be equal for equal bytes
    "engine", "ranks", "threads", "device", "torch", "triton", "numpy", "scipy", "python",
    "platform", "version", "commit",
)  # fmt: skip


class Sittings:
    """All sittings of one stage: those that its saved state knows, and this one."""

    def __init__(self) -> None:
        self.here: dict[str, object] = {}  # the facts of this sitting; empty: nobody asked
        self.at: int | None = None  # steps made by now, of a stage that counts them
        self._past: list[dict] = []
        self._from = 0
        self._say: Callable[[str], None] = print

    def begin(self, device: str, say: Callable[[str], None]) -> None:
        """Begin a sitting on a torch device; `say` is told what differs from the last one."""
        facts = provenance(device)
        self.here = {name: facts[name] for name in _ALIKE if name in facts}
        self._say = say

    def go_on(self, step: int, past: list[dict], what: str) -> None:
        """Resume from a saved state after `step` steps, which knows the sittings `past`.

        Says what differs from the last of them, or that a state from before sittings were kept
        does not know.
        """
        # Of a state that knows none: it was made, by a sitting of which nothing is known.
        self._past = list(past) or [{"from": 0, "to": step}]
        self._from = self.at = step
        if not self.here:
            return
        where = f"Note: {what} resumes at step {step:,}"
        if not past:
            self._say(
                f"{where} from a state that does not name its threads, engine and versions. If "
                "they were others than now, the result differs from that of an uninterrupted run."
            )
        elif changes := _changes(past[-1], self.here):
            self._say(
                f"{where} under another setting ({'; '.join(changes)}). The result differs, at "
                "least by rounding, from that of an uninterrupted run. Its record lists every "
                "sitting."
            )

    def all(self) -> list[dict]:
        """All sittings, each with the steps `from` and `to`; equal neighbours are joined."""
        if not self.here:
            return self._past
        now = {**self.here, "from": self._from, "to": self.at}
        if self._past and {*_ALIKE} & {*self._past[-1]} and not _changes(self._past[-1], now):
            now["from"] = self._past[-1]["from"]
            return [*self._past[:-1], now]
        return [*self._past, now]


def _changes(then: dict, now: dict) -> list[str]:
    """`threads: 2 then, 1 now` for each fact that differs."""
    then, now = {"ranks": 1, **then}, {"ranks": 1, **now}  # the processes of one training
    names = [name for name in _ALIKE if then.get(name) != now.get(name)]
    if then.get("engine_option") == now.get("engine_option") == AUTO and _ways(then) == _ways(now):
        names = [name for name in names if name != "engine"]
    return [f"{name}: {then.get(name)} then, {now.get(name)} now" for name in names]


def _ways(facts: dict) -> set[str]:
    """The words of what was executed but `graphs`: the compiler and the layout change the bits."""
    return {*str(facts.get("engine")).split(",")} - {"graphs", "eager"}
