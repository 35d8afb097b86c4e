"""What the paper leaves open: each study compares changed copies (arms) of one experiment."""

import re
from collections.abc import Sequence
from pathlib import Path

from dmdrepro.experiments import public_students
from dmdrepro.experiments.config import Experiment
from dmdrepro.experiments.origin import note_origin
from dmdrepro.experiments.study import Arm, Study
from dmdrepro.settings import ConfigError, require

_STOPS_IMAGES = "150,300,600,1000,2000,3000,4000,6000"
_STOPS = "50,100,250,500,1000,2500,6000,12000,20000"


def _learning_rate(lr: str, iterations: int, stops: str = _STOPS) -> Arm:
    settings = {"distill.lr": lr, "distill.iterations": str(iterations)}
    return Arm(f"lr={lr}", {**settings, "distill.snapshots": stops})


# Past the laptop's own 600 iterations, where the images' students begin to differ.
_LONGER_IMAGES = {
    "distill.iterations": "2000",
    "distill.snapshots": "150,300,600,1000",
    "sampling.total": "1000",
}


_DRIFT = {**_LONGER_IMAGES, "distill.snapshots": "150,300,600,1000,1500"}
_EIGHT_THOUSAND = {
    "distill.iterations": "8000",
    "distill.snapshots": "600,1000,2000,4000,6000",
    "sampling.total": "1000",
}


# Of the studies of width: stops at paths of about 0.005, 0.011, 0.023 (the paper's is 0.02),
# 0.039, 0.079, 0.16 and 0.32, as far as an arm goes.
_STOPS_WIDTH = (150, 300, 600, 1000, 2000, 4000, 8000)


def _width(width: int, change: str = "", iterations: int = 1000, **settings: str) -> Arm:
    """Both teachers' students; with a change of distillation alone, of the same teacher."""
    stops = ",".join(str(stop) for stop in _STOPS_WIDTH if stop < iterations)
    length = {"distill.iterations": str(iterations), "distill.snapshots": stops}
    if width > 16:  # Phi_32 of all 1,000 noises would take two fifths as long as the student
        length["sampling.phi_32"] = "100"
    mine = {name.replace("__", "."): value for name, value in settings.items()}
    own = not change or any(name.startswith("model.") for name in mine)
    return Arm(
        f"width={width}" + (f",{change}" if change else ""),
        {"model.width": str(width), **length, **mine},
        every_teacher=True,
        teacher="" if own else f"width={width}",
    )


def _each(name: str, dotted: str, values: Sequence[object], **more: str) -> tuple[Arm, ...]:
    """An arm for each value of one field."""
    return tuple(Arm(f"{name}={value}", {dotted: str(value), **more}) for value in values)


def _study(name: str, question: str, experiment: str, *arms: Arm, size: str = "laptop") -> Study:
    return Study(name, question, experiment, size, arms)


_STUDIES = (
    _study(
        "learning-rate",
        "Do toy students copy only early in distillation? When they leave the pairing, what "
        "counts: the path (learning rate times updates) or the size of the steps?",
        "chessboard",
        _learning_rate("2e-4", 6_000),
        _learning_rate("6e-5", 20_000),
        *(_learning_rate(lr, 30_000) for lr in ("2e-5", "6e-6", "2e-6")),
    ),
    _study(
        "paper-rate",
        "What does the paper's literal learning rate, 2e-6 for all models, give on its chessboard?",
        "chessboard",
        Arm("rate=1e-4", {"distill.lr": "1e-4"}),
        Arm("rate=2e-6", {"distill.lr": "2e-6"}),
        size="paper",
    ),
    _study(
        "learning-rate-images",
        "Do image students keep the pairing if they are distilled for longer? When they leave it, "
        "what counts: the path (learning rate times updates) or the size of the steps?",
        "mnist",
        _learning_rate("2e-4", 8_000, _STOPS_IMAGES),
        _learning_rate("2e-5", 8_000, _STOPS_IMAGES),
        _learning_rate("2e-6", 3_000, _STOPS_IMAGES),
    ),
    _study(
        "drift",
        "Do image students leave the pairing because of the noise of Adam's steps? From iteration "
        "600 on: an average of the weights, or a tenth of the rate.",
        "mnist",
        Arm("its=2000", _DRIFT),
        Arm("average", {**_DRIFT, "distill.average_from": "600"}),
        Arm("tenth", {**_DRIFT, "distill.tenth_from": "600"}),
    ),
    _study(
        "teacher-length",
        "Is a better-trained teacher copied more closely, as the paper's Figure 9 says? Teachers "
        "of 64 to 3,072 iterations, all students distilled equally long.",
        "mnist",
        *_each("teacher", "teacher.snapshots", (64, 256, 1024, 3072), **_LONGER_IMAGES),
    ),
    _study(
        "batch",
        "Does a toy student lose the pairing because of the noise of its gradient?",
        "chessboard",
        *_each("batch", "distill.batch", (32, 256, 2048)),
    ),
    _study(
        "size",
        "At the paper's size toy students keep more of the pairing than at laptop size. What makes "
        "the difference: the batch, the network, the teacher's training or the learning rate?",
        "chessboard",
        Arm("laptop"),
        Arm("batch=512", {"distill.batch": "512"}),
        Arm("width=384", {"model.width": "384"}),
        Arm("teacher=20000", {"teacher.snapshots": "20000", "teacher.batch": "512"}),
        Arm("lr=1e-4", {"distill.lr": "1e-4", "distill.iterations": "12000"}),
    ),
    _study(
        "start",
        "Does a toy student copy its teacher if it does not start from it?",
        "chessboard",
        Arm("start=teacher"),
        *_each("start", "distill.start", ("random", "exact")),
    ),
    _study(
        "start-images",
        "Does an image student copy its teacher if it starts from random weights?",
        "mlp-manifold",
        Arm("start=teacher"),
        Arm("start=random", {"distill.start": "random", "distill.iterations": "3000"}),
    ),
    _study(
        "exact-teacher",
        "Does the teacher's error make a toy student leave the pairing? The teacher is the trained "
        "one or the data's exact denoiser. Student and fake score start as the trained teacher; in "
        "the last arm the student starts as the exact denoiser too.",
        "chessboard",
        Arm("score=teacher"),
        Arm("score=exact", {"distill.real_score": "exact"}),
        Arm("all=exact", {"distill.real_score": "exact", "distill.start": "exact"}),
    ),
    _study(
        "regression",
        "How closely does a toy student copy if a regression loss asks it to?",
        "chessboard",
        Arm("regression=0"),
        Arm("regression=0.25", {"distill.regression_weight": "0.25"}),
    ),
    _study(
        "adversarial",
        "Does the adversarial loss of section 4.1.1 change the pairing?",
        "mlp-manifold",
        Arm("gan=off"),
        Arm("gan=on", {"distill.gan": "true"}),
    ),
    _study(
        "dimension",
        "At how many coordinates does a toy student stop remapping? The chessboard in the first "
        "two of 2 to 256 coordinates, the others 0.",
        "chessboard",
        *_each("dim", "data.ambient_dim", (2, 4, 16, 64, 256)),
    ),
    _study(
        "intrinsic-dimension",
        "At which dimension of the data do image students stop remapping? Images on manifolds of 1 "
        "to 16 dimensions.",
        "mlp-manifold",
        *_each("latent", "data.latent_dim", (1, 2, 4, 8, 16), **_LONGER_IMAGES),
    ),
    _study(
        "intrinsic-dimension-longer",
        "Do image students on manifolds of fewer dimensions leave the pairing sooner, if they are "
        "distilled for longer?",
        "mlp-manifold",
        *(
            Arm(f"latent={dim},its=8000", {"data.latent_dim": str(dim), **_EIGHT_THOUSAND})
            for dim in (1, 4, 16)
        ),
    ),
    Study(
        "width",
        "The paper's own network on real 32x32 MNIST: does the width move the path at which a "
        "student leaves the pairing, and does a student of a 256-iteration teacher leave sooner?",
        "mnist",
        "laptop-32",
        (
            _width(64, iterations=600),  # to the paper's path; an iteration is the costliest there
            *(_width(width) for width in (32, 16)),
            # The paper's path at a fifth of the rate: does the path decide, or the rate?
            _width(64, "lr=4e-5", 2550, distill__lr="4e-5"),
            # The same at a tenth of the cost, with stops at the paths of width=16.
            _width(16, "lr=4e-5", 2900, distill__lr="4e-5", distill__snapshots="650,1400"),
        ),
        seeds=(0,),
    ),
    Study(
        "width-attention",
        "On real 32x32 MNIST: does a student of the paper's width leave the pairing at another "
        "path, if its network has no attention, as narrow ones have none?",
        "mnist",
        "laptop-32",
        (_width(64, "attention=off", 600, model__attn_resolutions=""),),
        seeds=(0,),
    ),
    Study(
        "width-longer",
        "At which path does a student of real 32x32 MNIST leave the pairing? As study width, "
        "distilled for longer.",
        "mnist",
        "laptop-32",
        (
            _width(64, "its=1000", 1000),
            _width(32, "its=4000", 4000),
            _width(16, "its=8000", 8000),
        ),
        seeds=(0,),
    ),
    # From iteration 150, the last stop of study width before a student leaves.
    Study(
        "width-branch",
        "On real 32x32 MNIST: does a student that leaves the pairing stop if its weights are "
        "averaged, or its rate divided by ten, from its first stop on?",
        "mnist",
        "laptop-32",
        (
            _width(16, "average", distill__average_from="150", sampling__phi_32="100"),
            _width(16, "tenth", distill__tenth_from="150", sampling__phi_32="100"),
        ),
        seeds=(0,),
    ),
)
STUDIES: dict[str, Study] = {}


def register_study(study: Study) -> Study:
    """Add a study; raises ConfigError for a name that is taken or makes no folder, for no seeds,
    and for an arm that cannot be or that another one's folder would hold.
    """
    if not isinstance(study, Study):
        raise ConfigError(f"The study {study!r} is not a dmdrepro.experiments.Study.")
    if study.name in STUDIES:
        raise ConfigError(f"There is a study {study.name!r} already; choose another name.")
    taken = study.name == public_students.NAME
    require(not taken, f"{study.name!r} cannot name a study: it is one of ours.")
    _check_folder_name("a study", study.name)
    require(bool(study.arms), f"The study {study.name!r} lacks arms.")
    require(bool(study.seeds), f"The study {study.name!r} lacks seeds.")
    alike = [s for s in STUDIES.values() if s.experiment == study.experiment]
    known = {arm.name for other in alike for arm in other.arms}
    folders = {arm.name: (s, arm) for s in alike if s.size == study.size for arm in s.arms}
    own, seed = [arm.name for arm in study.arms], study.seeds[0]
    for arm in study.arms:
        _check_folder_name("an arm", arm.name)
        what = f"The arm {arm.name!r} of study {study.name!r}"
        require(own.count(arm.name) == 1, f"{what} is there twice; give each a name of its own.")
        require(
            _copy(study, arm, seed) == _copy(*folders.get(arm.name, (study, arm)), seed),
            f"{what} has other settings than the arm of this name of another study, and they would "
            "share a folder; choose another name.",
        )
        require(
            arm.teacher in ("", *own, *known),
            f"{what} takes the teacher of {arm.teacher!r}, and {study.experiment} has no such arm.",
        )
    STUDIES[study.name] = study
    note_origin("study", study.name)
    return study


def _copy(study: Study, arm: Arm, seed: int) -> tuple[Experiment, Path]:
    """What an arm's folder holds, and the folder of its teacher."""
    return study.build(arm, seed), arm.teacher_folder(Path(f"{study.experiment}@{arm.name}"))


def _check_folder_name(what: str, name: str) -> None:
    """Raise ConfigError for a name that cannot be part of a folder's."""
    if not name or name.startswith(".") or re.search(r"[/\\@\x00-\x1f\x7f]", name):
        raise ConfigError(
            f"{name!r} cannot name {what}, whose folder bears the name: it is empty, begins with a "
            "dot, or has a slash, a backslash, an @ or a control character."
        )


STUDIES.update({study.name: study for study in _STUDIES})
