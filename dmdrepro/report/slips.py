"""The paper's slips, which were not copied."""

from __future__ import annotations

from dmdrepro.measures.table import Table

SLIPS = (
    (
        "Figure 12, caption",
        "memorisation ratio with Phi_1 and Phi_K in place of training points",
        "section 4.1.2: nearest over second-nearest training distance",
    ),
    ("Figure 10, caption", "L2 distances", "squared L2, as Figure 3 says"),
    (
        "Figure 11, caption",
        "delta(z) = |Phi(z) - Phi_K(z)| - ...: the G is missing",
        "|G - Phi_K| - |Phi_1 - Phi_K|, as section 4.2.1 says",
    ),
    (
        "section 3.4",
        "calls the unconditional MNIST student conditional",
        "unconditional, as Figures 1 and 3 say",
    ),
    (
        "section 3, Figure 1",
        "Phi_1 as a one-step EDM sample, whose noise grid divides by zero",
        "Phi_1(z) = D(z; 80)",
    ),
    (
        "appendix C, end of Lemma C.1's proof",
        "the circle's gradients in theta differ at theta and theta + pi",
        "both are 0, as the loss is the same for all theta; in the students M z / |z| the "
        "gradients in M are opposite there",
    ),
)


def slips_table() -> Table:
    """Slips in the paper that were not copied."""
    columns = ("where", "the paper says", "we use")
    return Table("slips", "Slips in the paper, not copied", columns, SLIPS)
