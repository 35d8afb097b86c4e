"""The checks of a GPU and of a CPU, in the order of their worth."""

from dmdrepro.bench.doctor.worker import Check


def _own(find: str, share: float, argument: str = "") -> Check:
    return Check(f"dmdrepro.bench.doctor.{find}", share, argument)


def _way(name: str, share: float = 15) -> Check:
    return _own("steps:way_of", share, name)


def _without(what: str) -> Check:
    return _own("steps:without", 15, what)


MACHINE = (_own("machine:machine", 5), _own("machine:copy_rate", 10))
KERNELS = _own("truth:kernel_checks", 90)
MNIST, OTHERS = _own("steps:student_of", 45, "mnist"), _own("steps:the_other_students", 30)
TEACHERS, FORECAST = _own("steps:teachers", 20), _own("steps:forecast", 1)
SMOKE, PROFILE = _own("whole:smoke", 50), _own("gpu:profiled", 25)
TIMES, OPTIMA = _own("gpu:kernel_times", 30), _own("whole:optima", 45)
STUDENTS = _own("whole:students", 600)
GPU = (
    *MACHINE,
    KERNELS,
    SMOKE,
    MNIST,
    PROFILE,
    *map(_way, ("eager", "graphs", "graphs+channels-last")),
    *map(_without, ("copies", "kernels", "determinism")),
    TEACHERS,
    OTHERS,
    FORECAST,
    TIMES,
    OPTIMA,
    _own("gpu:sanitized", 60),
    _way("compiled+graphs+channels-last", 60),
    STUDENTS,
)
CPU = (
    *MACHINE,
    KERNELS,
    MNIST,
    TEACHERS,
    OTHERS,
    FORECAST,
    OPTIMA,
    SMOKE,
    PROFILE,
    *map(_way, ("channels-last", "bfloat16")),
    TIMES,
    STUDENTS,
)
