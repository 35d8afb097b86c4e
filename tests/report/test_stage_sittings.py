"""The page's table of stages shows every sitting's facts where they differ."""

from __future__ import annotations

import json

from report_runs import rows_of, write_run

from dmdrepro.measures.students import collect
from dmdrepro.report.page.provenance import stages_table
from dmdrepro.runs.files import write_json, write_manifest
from dmdrepro.runs.results import open_results


def test_threads_and_engines_of_all_sittings(tmp_path):
    folder = write_run(tmp_path, "ring", (4000,)) / "distill-4000"
    record = json.loads((folder / "record.json").read_text())
    sittings = [
        {"threads": 2, "engine": "eager", "device": "cpu", "from": 0, "to": 5},
        {"threads": 1, "engine": "channels-last", "device": "cpu", "from": 5, "to": 9},
    ]
    record |= {
        "engine": "channels-last",
        "provenance": {"device": "cpu", "threads": 1, "sittings": sittings},
    }
    write_json(folder / "record.json", record)
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    write_manifest(folder, listed)
    results = open_results(tmp_path, "laptop", 0, ["ring"])
    students = collect({name: [result] for name, result in results.items()})
    row = next(r for r in rows_of(stages_table(students)) if r["stage"] == "distill")
    assert row["threads"] == "2, then 1"
    assert row["engine"] == "eager, then channels-last"
    assert row["device"] == "cpu"
