"""A plan as jobs of Slurm: which, after which, with what arguments."""

import shutil
from types import SimpleNamespace

import pytest
from command import SMOKE, command, plan_of, study_plan

from dmdrepro.experiments import STUDIES
from dmdrepro.pipeline import slurm
from dmdrepro.pipeline.slurm import grouped, in_queue, jobs_of_plan, states
from dmdrepro.pipeline.slurm_options import SlurmOptions, minutes_of, read_options
from dmdrepro.runs.errors import RunError

TWO = ("--set", "teacher.snapshots=30,60")


def test_a_job_a_teacher_then_an_array_of_its_students_then_the_results(tmp_path):
    plan = plan_of("ring", runs=tmp_path, seeds="0-1", settings=["teacher.snapshots=30,60"])
    titles = [[job.title for job in group] for group in grouped(jobs_of_plan(plan))]
    students = [[f"distill ring, seed {k} ({n})" for n in (30, 60)] for k in (0, 1)]
    teachers = [[f"teacher ring, seed {k}"] for k in (0, 1)]
    assert titles == [teachers[0], students[0], teachers[1], students[1], ["results"]]
    jobs = {job.title: job for job in jobs_of_plan(plan)}
    assert jobs[students[1][0]].after == ("teacher ring, seed 1",)
    assert len({job.name for job in jobs.values()}) == len(jobs)
    assert "--stages=distill,sample,evaluate" in jobs[students[0][0]].words
    assert "--set=teacher.snapshots=30,60" in jobs["results"].words


def test_what_is_done_is_no_job(finished):
    assert jobs_of_plan(plan_of("chessboard", runs=finished)) == []
    left = jobs_of_plan(plan_of("chessboard", "ring", runs=finished))
    first = ("teacher ring, seed 0", "distill ring, seed 0 (60)")
    assert [job.title for job in left] == [*first, "results"]
    assert left[-1].after == first


def test_arms_share_a_teachers_job(tmp_path):
    groups = grouped(jobs_of_plan(study_plan((0,), runs=tmp_path)))
    assert [len(group) for group in groups] == [1, len(STUDIES["start"].arms), 1]


def test_the_dry_run_shows_jobs_dependencies_and_commands(tmp_path):
    words = ("all", "ring", *SMOKE, *TWO, "--slurm", "--slurm-time", "4:00:00", "--dry-run")
    printed = " ".join(command(*words, "--slurm-gres", "gpu:1", "--runs", tmp_path).split())
    assert "Jobs of Slurm (time 4:00:00, gres gpu:1)" in printed
    assert "job 2_1: distill ring, seed 0 (60) after 1 ended well" in printed
    assert "job 3: results after 1, 2_0, 2_1 ended well" in printed
    assert "reproduce.py all ring --seed=0 --size=smoke" in printed
    assert not (tmp_path / "slurm").exists()


@pytest.mark.parametrize(
    ("words", "gres"), [((), "gpu:4"), (("--slurm-gres", "gpu:h100:4"), "gpu:h100:4")]
)
def test_a_job_asks_for_the_gpus_of_one_training(tmp_path, words, gres):
    request = ("all", "ring", "--size", "smoke", "--offline", "--runs", tmp_path)
    words = (*request, "--slurm", "--gpus-per-run", 4, "--dry-run", *words)
    printed = " ".join(command(*words).split())
    assert f"Jobs of Slurm (time 60 minutes, gres {gres})" in printed
    assert printed.count("--gpus-per-run=4") == 2  # the teacher's and the student's, not the last


def test_sbatch_is_asked_for_all_of_it():
    submitit = pytest.importorskip("submitit")
    options = SlurmOptions("gpu", "lab", "1:30:00", "gpu:1", "32G", 3, ("module load cuda",))
    job = slurm.Job("t", ("all",))
    parameters = slurm._parameters(options, [job], ["7", "8_1"])
    parameters["additional_parameters"] |= {"comment": "a test's"}
    text = submitit.slurm.slurm._make_sbatch_string("run", "/f/%j", map_count=5, **parameters)
    for words in (
        "--partition=gpu", "--account=lab", "--time=90", "--gres=gpu:1", "--mem=32G",
        "--array=0-4%3", "--dependency=afterok:7:8_1", "--kill-on-invalid-dep=yes", "--requeue",
        "--signal=USR2@120", f"--job-name={job.name}",
    ):  # fmt: skip
        assert f"#SBATCH {words}" in text.replace("'", ""), words
    assert "\nmodule load cuda\n" in text


@pytest.mark.parametrize(
    ("words", "minutes"),
    [("90", 90), ("5:30", 6), ("1:30:00", 90), ("1-12", 2160), ("1-12:30", 2190), ("0-1:0:1", 61)],
)
def test_times_are_slurms(words, minutes):
    assert minutes_of(words) == minutes


def test_a_file_has_the_same_and_the_command_line_wins(tmp_path):
    file = tmp_path / "slurm.toml"
    file.write_text('partition = "gpu"\ntime = "2:00:00"\narray = 2\nsetup = "module load cuda"\n')
    found = read_options(file, SlurmOptions(partition="cpu"))
    assert found == SlurmOptions("cpu", time="2:00:00", array=2, setup=("module load cuda",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partitoin = 'x'", "did you mean 'partition'?"),
        ("array = 'x'", "array = 'x' is not a value"),
        ("a = ", "cannot be read as TOML"),
        ("setup = [1]", "is not a value that it can have"),
        ("time = 'soon'", "is not a time that Slurm knows"),
        ("time = 2", "too short"),
    ],
)
def test_a_mistake_in_the_file_is_a_sentence(tmp_path, text, said):
    file = tmp_path / "slurm.toml"
    file.write_text(text)
    with pytest.raises(RunError, match=said.replace("?", r"\?")):
        read_options(file, SlurmOptions())


def test_without_slurm_it_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    printed = command("all", "ring", *SMOKE, "--slurm", "--runs", tmp_path, code=1)
    assert "--slurm needs Slurm's sbatch" in printed
    assert "Nothing was submitted" in command("list", "--slurm", "--runs", tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RunError, match="squeue is not here"):
        in_queue()


def test_states_come_from_the_queue_the_stages_and_the_log(finished, tmp_path, monkeypatch):
    queue = "1|dmdrepro-a|RUNNING|None\n2|dmdrepro-b|PENDING|Dependency\n3|other|RUNNING|None\n"
    monkeypatch.setattr(slurm.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=queue))
    assert in_queue()["2"] == ("dmdrepro-b", "PENDING", "Dependency")
    done = [str(finished / "smoke/seed0/chessboard/teacher")]
    log = tmp_path / "4.out"
    log.write_text("words\nError: teacher ring, seed 0: it broke.\n")
    folder = tmp_path / "slurm"
    folder.mkdir()
    for k, folders in enumerate(([], [], done, [str(tmp_path / "no")], [str(tmp_path / "no")]), 1):
        file = str(log if k == 4 else tmp_path / f"{k}.out")
        job = slurm.Submitted(f"job {k}", str(k), "", file, folders)
        slurm.write_json(folder / f"{k}.json", slurm.asdict(job))
    assert [(state, why) for _, state, why in states(tmp_path)] == [
        ("runs", ""),
        ("waits", "Dependency"),
        ("done", ""),
        ("failed", "teacher ring, seed 0: it broke."),
        ("failed", "it never began: what it waits for failed"),
    ]
