"""A mistake in a command ends in one sentence, before anything is made; every exit status."""

import pytest
from command import SMOKE, command, invoke

from dmdrepro.cli.execute import NOT_ALL
from dmdrepro.cli.signals import PIPE, STOPS

HAVE_RUNS = ("all", "teacher", "distill", "sample", "classifier", "figures", "known", "study")

IN_A_DRY_RUN_TOO = [
    ("teacher chessboard SMOKE --set teacher.beta1=2", "beta1"),
    ("teacher mlp-manifold SMOKE --set model.width=132", "width"),
    ("teacher mnist ring SMOKE", "Error: mnist cannot run: needs MNIST"),
    ("distill chessboard SMOKE --engine fast", "there is no 'fast'; use auto, eager, or some of"),
]
MISTAKES = [
    *IN_A_DRY_RUN_TOO,
    *((f"{words} --dry-run", message) for words, message in IN_A_DRY_RUN_TOO),
    # settings
    ("teacher chessboard SMOKE --set x=1", "No experiment has a field 'x'"),
    ("teacher chessboard SMOKE --set seed=3", "--set seed=3: give --seed 3 instead."),
    ("figures SMOKE --set distill.lr=3", "leave out --set"),
    ("all chessboard SMOKE --set teacher.lr=1e40", "teacher.lr is 1e+40; it must be at most 3e+38"),
    ("all chessboard SMOKE --set distill.lr=1e40", "distill.lr is 1e+40; it must be at most 3e+38"),
    # experiments, sizes and seeds
    ("all mnist --size= --gpu cpu", "There is no size ''"),
    ("all mnist --gpu cpu --data /no/such/folder", "--data /no/such/folder is not a folder"),
    ("classifier ring SMOKE", "ring cannot run: its data are not MNIST, so it has no classifier"),
    ("known --size huge", "There is no size 'huge'"),
    ("known --runs /dev/null", "/dev/null is not a folder"),
    ("all SMOKE --seed 3 --seeds 0-1", "--seed and --seeds were both given"),
    ("all ring SMOKE --log paper", "--log paper is not one of tensorboard, wandb"),
    ("figures SMOKE", "Nothing that the figures show has been evaluated in"),
    # devices
    ("teacher chessboard --size smoke --gpu 99", "--gpu 99"),
    ("all chessboard SMOKE --engine graphs", "graphs need a CUDA GPU and this runs on cpu"),
    *(
        (f"{name} chessboard --size smoke --gpu foo --dry-run", "neither a GPU's number nor cpu")
        for name in ("teacher", "all", "figures")
    ),
    *(
        (f"all --gpu={wrong}", f"--gpu {wrong} is neither a GPU's number")
        for wrong in ("cpu,0", "0,0", "2-1", "x", "-1", "0,")
    ),
    ("all chessboard SMOKE --gpus-per-run 3", "chessboard is 64, and 3 processes cannot share"),
    ("all chessboard SMOKE --gpus-per-run 2 --jobs 2", "leave out --jobs"),
    ("all chessboard SMOKE --gpus-per-run 2 --engine compiled", "leave compiled out"),
    ("all chessboard SMOKE --engine compiled,checkpointed", "do not go together"),
    # Slurm
    ("all ring --size smoke --slurm-time 9", "--slurm-time goes with --slurm"),
    ("all ring --size smoke --slurm --jobs 2", "--slurm makes one job of each chain"),
    ("all ring --size smoke --slurm --gpu 0,1", "--slurm makes one job of each chain"),
    ("all ring --size smoke --slurm --slurm-file none.toml", "none.toml cannot be read"),
    # studies
    ("study learning", "There is no study 'learning'; did you mean 'learning-rate'?"),
    ("study start --seeds 0,0", "--seeds 0,0 is not a list of different whole numbers"),
    ("study start --seeds a", "--seeds a is not a list"),
    ("study start --size huge", "There is no size 'huge'"),
    ("study start --engine fast", "there is no 'fast'"),
    ("study start --arm start=exakt", "no arm 'start=exakt'; did you mean 'start=exact'?"),
    ("study start --weights /nowhere", "goes with study public-students"),
    # what --published would leave aside
    ("evaluate --published --seed 3", "--published runs nothing; leave out --seed."),
    ("evaluate --published --snapshot 4", "--published runs nothing; leave out --snapshot."),
    ("evaluate --published regresion", "did you mean 'regression'?"),
    ("figures ring --seed 3 --published x", "--published runs nothing; leave out ring, --seed"),
    # summary
    ("summary chesboard", "did you mean 'chessboard'?"),
    ("summary --size tiny", "There is no size 'tiny'"),
    ("summary --seeds 0,x", "--seeds 0,x is not a list"),
    ("summary --runs . --seeds 7", "Nothing that was asked for has been evaluated in ."),
    ("summary moons --runs .", "Nothing that was asked for has been evaluated in ."),
    ("summary --runs nowhere", "--runs nowhere is not a folder"),
    # bench and doctor
    ("bench --gpu cpu --quick --large", "leave one out"),
    ("bench --gpu cpu --only kernel", "there is no part 'kernel'; did you mean 'kernels'?"),
    ("bench --gpu cpu --only kernels,", "there is no part ''"),
    ("bench --gpu cpu --only steps:mnist:graphs", "no such step here; did you mean 'mnist"),
    ("bench --gpu cpu --large --only steps", "measures over N, which --only steps leaves out."),
    ("doctor --seconds 1", "--seconds 1: give at least 5"),
    ("doctor --gpu one", "--gpu one is neither a GPU's number nor cpu"),
    ("doctor --size small", "There is no size 'small'"),
    ("doctor --out /dev/null", "is not a folder; name a folder"),
    ("doctor --data /no/such", "--data /no/such is not a folder"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_is_made(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    name, *more = words.replace("SMOKE", " ".join(SMOKE)).split()
    runs = ("--runs", "r") if name in HAVE_RUNS else ()
    printed = command(name, *runs, *more, code=1)
    assert printed.startswith("Error: ")
    assert printed.count("\n") == 1
    assert message in printed
    assert not list(tmp_path.iterdir())


def test_the_help_names_every_status():
    printed = " ".join(command("--help").replace("│", " ").split())
    for status in (0, 1, 2, NOT_ALL, 128 + PIPE, *(128 + number for number in STOPS)):
        assert f" {status} " in printed.partition("Exit status:")[2]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list",), 0),
        (("all", *SMOKE, "--dry-run"), 0),  # imagenet64 cannot run and was not named
        (("all", "imagenet64", *SMOKE, "--dry-run"), 0),  # what it would cost, without the weights
        (("all", "imagenet64", *SMOKE), 1),
        (("nothing",), 2),
        (("teacher", "--nothing"), 2),
        (("teacher", "--seed"), 2),
        (("teacher", "--seed", "x"), 2),
        (("teacher", "--seed", "-1"), 2),
        (("all", "--jobs", "0"), 2),
        (("compare", "one"), 1),
        (("teacher", "nothing", *SMOKE), 1),
    ],
)
def test_two_is_the_command_lines_form_and_one_everything_else(tmp_path, words, code):
    runs = ("--runs", tmp_path) if words[0] in ("teacher", "all", "list") else ()
    result = invoke(*words[:1], *runs, *words[1:])
    assert result.exit_code == code, result.output
