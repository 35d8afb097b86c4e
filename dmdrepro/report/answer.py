"""The answer in words: of each experiment one sentence, and the paper's numbers beside ours.

The words follow the rule of dmdrepro/measures/expected.toml. They are the same in the terminal, in
the report and in the README.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dmdrepro.measures.expected import PAPER_NUMBERS, RULE, paper_number
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import Student, last_of, lookup
from dmdrepro.measures.table import Band, Cell, Table, cell_text, middle
from dmdrepro.measures.word import SAYS_NOTHING, quality_words, word_of
from dmdrepro.runs.shown import ALL_PAIRS

COLUMNS: dict[str, Callable[[Student], Cell]] = {
    "experiment": lambda s: s.experiment,
    "teacher": lambda s: s.snapshot,
    "paper": lambda s: getattr(paper_number(s.experiment, s.snapshot), "shown", None),
    "Delta_E": lambda s: _short(s.cell("pairing", "delta_e")),
    "null": lambda s: middle(s.cell("pairing", "delta_e_null")),
    "answer": lambda s: word_of(s)[0],
}


@dataclass(frozen=True)
class Answer:
    """What was found of one student, over its seeds."""

    student: Student
    word: str  # COPIES, PARTLY, REMAPS, NO SAMPLER or SAYS NOTHING
    sentence: str

    def to_json(self) -> dict[str, object]:
        """The word, the sentence and the numbers, one a seed."""
        student = self.student
        names = ("delta_e", "delta_e_null", "retention", "concordance", "e_dt", "e_ot", "e_ind")
        numbers = {n: [lookup(r, ("pairing", n)) for r in student.records] for n in names}
        return {
            "experiment": student.experiment,
            "size": student.results[0].size,
            "teacher_iterations": student.snapshot,
            "seeds": student.seeds,
            "answer": self.word,
            "sentence": self.sentence,
            **numbers,
            "over_seeds": {
                name: {"mean": cell.value, "interval": [cell.low, cell.high]}
                for name in names
                if isinstance(cell := student.cell("pairing", name), Band)
            },
        }


def answer(student: Student) -> Answer:
    """The answer that a student's records give."""
    word, why = word_of(student)
    name = f"{student.experiment} (teacher {student.snapshot:,})"
    pairing = [] if word == SAYS_NOTHING else [_distance(student)]
    parts = [why, _others(student, word), *pairing]
    parts += [quality_words(student), _turn(student), _paper(student)]
    return Answer(student, word, f"{name}: {word}. {' '.join(filter(None, parts))}")


def answers(students: Sequence[Student]) -> list[Answer]:
    """The answer of each experiment, from the student of its longest-trained teacher."""
    return [answer(student) for student in last_of(students)]


def answer_table(
    students: Sequence[Student], whole: bool = True, said: Sequence[Student] = ()
) -> Table:
    """The paper's numbers beside ours, a row a student; if `whole`, what was not run is a note.

    Seeds whose own answer is another are noted too, but for students whose sentence is `said`.
    """
    notes = tuple(f"{s.name}: {words}." for s in students for words in s.left_out)
    apart = ((s, _others(s, word_of(s)[0])) for s in students if s not in said)
    notes += tuple(f"{s.name}, {words[0].lower()}{words[1:]}" for s, words in apart if words)
    notes += tuple(words for words in null_notes(students) if ALL_PAIRS in words)
    notes += _not_run(students) if whole else ()
    title = "Delta_E: the paper's and ours"
    return Table.of("answer", title, COLUMNS, students, notes, tuple(COLUMNS))


def _not_run(students: Sequence[Student]) -> tuple[str, ...]:
    names = {s.experiment for s in students}
    absent = dict.fromkeys(n.experiment for n in PAPER_NUMBERS if n.experiment not in names)
    notes = [f"Not run: {', '.join(absent)}."] if absent else []
    if not any(s.as_the_paper for s in students):
        notes.append("These runs are reduced; the paper's numbers are of its own size.")
    return tuple(notes)


def _others(student: Student, word: str) -> str:
    """The seeds whose own word is another, such as `Seed 1 alone: REMAPS.`"""
    found: dict[str, list[str]] = {}
    for result in student.results:
        own = word_of(replace(student, results=(result,)))[0]
        if own != word:
            found.setdefault(own, []).append(str(result.seed))
    return " ".join(
        f"Seed{'s' * (len(seeds) > 1)} {' and '.join(seeds)} alone: {own}."
        for own, seeds in found.items()
    )


def _short(cell: Cell) -> Cell:
    """A number of at most four decimals, or three with their brackets, as text."""
    if isinstance(cell, Band):
        ends = Band(*(round(v, 4) for v in (cell.value, cell.low, cell.high)))
        return cell_text(ends)
    return None if cell is None else cell_text(round(float(cell), 4))


def _distance(student: Student) -> str:
    """E_DT over E_ind, which is 1 - concordance, and how many are optimally paired."""
    shares = [1 - value for value in student.finite("pairing", "concordance")]
    if not shares:
        return "The distance to another's sample is not defined."
    nulls = student.nulls()
    other = "another's" if not any(nulls) else "another's of its class"
    if ALL_PAIRS in nulls:
        other = "another's of any class, which counts the shared class as kept"
    words = f"The squared distance to the teacher's own sample is {_percent(shares)} of that to"
    return f"{words} {other}{_optimal(student)}."


def _percent(shares: Sequence[float]) -> str:
    middle = statistics.mean(shares)
    if len(shares) == 1:
        return f"{middle:.0%}"
    low, high = (f"{100 * value:.0f}" for value in (min(shares), max(shares)))
    return f"{middle:.0%} ({len(shares)} seeds: {low} to {high})"


def _optimal(student: Student) -> str:
    n = student.each("pairing", "n")[0]
    if not isinstance(n, int):
        return ""
    remapped = student.finite("pairing", "remapped")
    if not remapped and set(student.finite("pairing", "delta_e")) == {0.0}:
        remapped = [0.0]  # of records made before it was counted
    if not remapped:
        return ""
    kept = [round(n * (1 - value)) for value in remapped]
    if min(kept) == n:
        return f"; all {n:,} are optimally paired"
    shown = f"{min(kept):,}" if min(kept) == max(kept) else f"{min(kept):,} to {max(kept):,}"
    return f"; {shown} of {n:,} are optimally paired"


def _turn(student: Student) -> str:
    """The turn of a toy whose map was kept up to a turn; empty for others."""
    degrees = student.finite("turn", "degrees")
    turned = student.finite("turn", "concordance")
    plain = student.finite("pairing", "concordance")
    if (
        not len(degrees) == len(turned) == len(plain) == 1
        or turned[0] < plain[0] + RULE.kept_by_a_turn
    ):
        return ""
    return f"Turned by {degrees[0]:.0f} degrees it is {1 - turned[0]:.0%}."


def _paper(student: Student) -> str:
    number = paper_number(student.experiment, student.snapshot)
    if number is None or number.delta_e is None:
        return ""
    size = "" if student.as_the_paper else ", at its size"
    return f"Paper{size}: Delta_E {number.delta_e:g}."
