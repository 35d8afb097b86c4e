"""Tables of pairs whose pairing is known."""

import math
from collections.abc import Callable, Mapping, Sequence

from dmdrepro.measures.students import as_number
from dmdrepro.measures.table import Band, Cell, Table, over_seeds


def _with_limit(name: str, head: str, its_limit: str) -> dict[str, Callable[[Mapping], Cell]]:
    return {
        head: lambda each: drawn(each, name),
        its_limit: lambda each: as_number(each["population"][name]),
    }


# Column -> its cell of a case.
CIRCLE = {
    "theta": lambda each: each["theta"],
    **_with_limit("delta_e", "Delta_E", "its limit"),
    "null": lambda each: drawn(each, "delta_e_null"),
    **_with_limit("retention", "retention", "cos(theta)"),
    **_with_limit("concordance", "concordance", "limit of concordance"),
}
DM_LOSS = {
    "theta": lambda each: each["theta"],
    "DM loss": lambda each: each["dm"]["rule"]["loss"],
    "by samples": lambda each: two_errors(each["dm"]["loss"]),
    "less that at 0": lambda each: two_errors(each["dm"]["difference"]) if each["theta"] else None,
    "slope": lambda each: each["dm"]["rule"]["slope"],
    "slope by samples": lambda each: two_errors(each["dm"]["slope"]),
    "slope of one sample": lambda each: each["dm"]["slope_rms"],
    "gradient moved": lambda each: each["dm"]["rule"]["turned"],
    "by samples from 0": lambda each: each["dm"]["turned"],
    "2 |sin(theta / 2)|": lambda each: 2 * abs(math.sin(each["theta"] / 2)),
}
PAIRS = {
    "case": lambda each: f"{each['group']}, {each['what']}",
    "N": lambda each: each["n"],
    "D": lambda each: each["d"],
    **_with_limit("delta_e", "Delta_E", "its limit"),
    **_with_limit("retention", "retention", "limit of retention"),
    **_with_limit("concordance", "concordance", "limit of concordance"),
}
OVER_DRAWS = "Brackets: mean [smallest, largest] over {draws} draws of N samples."
LIMITS = (
    "Limits are closed forms, for N to infinity. In higher dimensions E_OT of N samples falls to "
    "its limit more slowly, and so do Delta_E, its null and retention."
)


def known_tables(record: Mapping) -> list[Table]:
    """The circle's pairing and DM loss over theta, and all other pairs."""
    return [circle_table(record), dm_loss_table(record), pairs_table(record)]


def circle_table(record: Mapping) -> Table:
    """Appendix C's students: what their pairing costs, and what it tends to."""
    first = record["circle"][0]
    notes = (
        f"The circle of appendix C, delta = {first['delta']:g}, N = {first['n']:,}: the student "
        "turns the noise by theta. All students have the same samples in distribution.",
        "Retention tends to cos(theta).",
        LIMITS,
        OVER_DRAWS.format(draws=len(first["draws"])),
    )
    essential = ("theta", "Delta_E", "its limit", "retention", "concordance")
    title = "The circle: pairing over theta"
    return Table.of("known_circle", title, CIRCLE, record["circle"], notes, essential)


def dm_loss_table(record: Mapping) -> Table:
    """Lemma 3.2 on the circle: the loss, its slope in theta, and a gradient that does move."""
    dm = record["circle"][0]["dm"]
    notes = (
        f"DM loss: half the mean square of the weighted score difference, with the exact denoisers "
        f"of both laws; by a quadrature rule of {dm['rule']['nodes']:,} nodes and by "
        f"{dm['samples']:,} samples, whose noise all thetas share. Brackets: two standard errors. "
        "It is not 0, because the teacher's circle is squeezed and the students' is not.",
        f"If theta is a multiple of the rule's step, 2 pi / {dm['rule']['angles']}, the rule's "
        "nodes are only permuted: its loss is the same up to rounding. At other angles it is the "
        "same up to the rule's error, and by samples up to chance. The rule has few levels and few "
        "eps, so its loss differs from that of the samples by some percent.",
        "Slope: the derivative of the loss in theta. It is 0 for all theta, because the loss is "
        "the same for all. The slope of one sample is not 0 (its root mean square).",
        "Gradient moved: for students M z / |z| with any matrix M, the gradient in M at R(theta) "
        "less that at R(0), over its length. These students have equal loss and unequal gradients.",
    )
    essential = ("theta", "DM loss", "less that at 0", "slope by samples", "gradient moved")
    title = "The circle: DM loss over theta (Lemma 3.2)"
    return Table.of("known_dm_loss", title, DM_LOSS, record["circle"], notes, essential)


def pairs_table(record: Mapping) -> Table:
    """Gaussians, a translated and a permuted set, a constant student, a share of copies."""
    notes = (
        "Gaussians: teacher A z and student B z of different covariances in D dimensions; c = 1 is "
        "the optimal transport, c = 0 an independent pairing; symmetric roots: A and B the "
        "symmetric roots of the covariances. Translated: G = Phi + b. Permuted: the teacher's own "
        "samples, each of another noise. Constant: one point y. Partly copied: that share of the "
        "student's points is the teacher's, the rest is drawn independently. Class shared: two "
        "classes far apart, of 90% and 10% of the samples and of unequal spread, that teacher and "
        "student share, with c of the noise; the null is within the class.",
        "Delta_E is 0 for a constant student, which copies nothing. For few samples in many "
        "dimensions it is small even for an independent student, and retention is far above the "
        "share copied. Concordance is the share copied at every N and D, up to O(1/N). Unlike the "
        "others it also counts a shift or another shape of the student's law as a difference.",
        LIMITS,
        OVER_DRAWS.format(draws=len(record["pairs"][0]["draws"])),
    )
    title = "Other pairs whose pairing is known"
    essential = ("case", "N", "D", "Delta_E", "its limit", "retention", "concordance")
    return Table.of("known_pairs", title, PAIRS, record["pairs"], notes, essential)


def drawn(case: Mapping, name: str) -> Cell:
    """A quantity over the case's draws: the value if all agree, otherwise mean and extremes."""
    values: Sequence[Cell] = [as_number(pairing[name]) for pairing in case["draws"]]
    return values[0] if len(set(values)) == 1 else over_seeds(values)


def two_errors(mean: Mapping[str, float]) -> Band:
    """The mean within two standard errors."""
    value, error = mean["value"], mean["error"]
    return Band(value, value - 2 * error, value + 2 * error)
