"""What the paper leaves open: each study's question, its arms' numbers and their curves."""

from dmdrepro.commands import program
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import collect
from dmdrepro.report.page.provenance import summary_table
from dmdrepro.report.study import OpenStudy, study_tables, study_ways


def study_part(opened: OpenStudy) -> dict[str, object]:
    """What `studies.html` shows of one study."""
    study, arms = opened.study, opened.arms
    tables = {table.name: table for table in study_tables(study, arms)}
    found, students = study_ways(arms), collect(arms)
    seeds = sorted({seed for student in students for seed in student.seeds})
    line = f"{program()} study {study.name} --seeds {','.join(map(str, seeds))}"
    return {
        "study": study,
        "own": tables.get(f"study_{study.name}"),
        "along": tables.get("along_distillation"),
        "lacking": tables.get("not_run"),
        "charts": study_charts(found, ["path"]),
        "notes": null_notes(students),
        "found": found,
        "command": f"{line} --size {study.size}",
        "origin": summary_table(students),
    }
