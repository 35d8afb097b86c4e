"""Anyone's teacher and student, compared: samples or networks in, the answer in words out."""

from dmdrepro.comparison.comparison import Comparison
from dmdrepro.comparison.measure import compare

__all__ = ["Comparison", "compare"]
