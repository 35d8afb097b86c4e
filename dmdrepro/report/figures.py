"""The figures of measures and of studies, from their charts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import dmdrepro.measures as measures
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.students import Student
from dmdrepro.paper_figures import save_curves
from dmdrepro.report.study import Arms, study_ways


def measure_figures() -> list[str]:
    """The stems of the files that `save_measures` may write."""
    return [each.key for each in measures.MEASURES if each.figure]


def save_measures(students: Sequence[Student], folder: Path) -> list[Path]:
    """A file `<key>` as PNG and PDF for each measure that has a figure and found something."""
    files: list[Path] = []
    for each in measures.MEASURES:
        if each.figure:
            charts = [replace(c, remarks=(*c.remarks, each.remark)) for c in each.charts(students)]
            files += save_curves(each.figure, charts, folder, each.key)
    return files


def save_study(title: str, arms: Arms, folder: Path, stem: str = "study") -> list[Path]:
    """Every quantity that studies compare, along each arm's distillation, by seed."""
    return save_curves(title, study_charts(study_ways(arms)), folder, stem)
