"""`dmdrepro.compare`: from whatever teacher and student are to what they share."""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import torch

from dmdrepro.comparison.comparison import Comparison
from dmdrepro.comparison.draw import (
    BATCH,
    class_numbers,
    one_hot,
    sampled,
    scale_words,
    takes_labels,
)
from dmdrepro.comparison.read import Reader, check_ahead, check_folders, check_shapes, same_file
from dmdrepro.comparison.real import against_real, as_real, not_real, other_units
from dmdrepro.comparison.second import check_second
from dmdrepro.comparison.subsets import interval
from dmdrepro.diffusion.schedule import SIGMA_MAX
from dmdrepro.metrics.other_formats import shown
from dmdrepro.metrics.pairing import PairingRecord, pairing_inefficiency
from dmdrepro.metrics.reordered import reordered_words, unordered_words
from dmdrepro.metrics.samples import Samples, as_tensor
from dmdrepro.metrics.watch import Watch
from dmdrepro.runs.streams import generator

Given = Samples | str | Path | Callable[..., torch.Tensor]
SAME = "Teacher and student are equal in every value: is it the same set twice?"
SAME_FILE = "Teacher and student are both {}; name the student's own samples."


def compare(
    teacher: Given,
    student: Given,
    classes: object = None,
    noise: Samples | str | Path | None = None,
    real: Samples | str | Path | None = None,
    *,
    independent: Samples | str | Path | None = None,
    n: int | None = None,
    steps: int = 8,
    sigma_max: float = SIGMA_MAX,
    student_sigma: float = SIGMA_MAX,
    batch_size: int = BATCH,
    seed: int = 0,
    solver: str = "auto",
    memory: int | None = None,
    say: Callable[[str], None] | None = None,
    watch: Watch | None = None,
    about: Mapping[str, object] | None = None,
) -> Comparison:
    """Does the student keep its teacher's noise-data pairing? Printed, the result says so in words.

    `teacher`, `student`: samples [N, ...] of equal shapes, row i of both from the same noise, as
    arrays (numpy, torch) or paths (.npy, .npz, .safetensors, .pt, a folder of PNG or JPEG). Or
    networks, any callable `(x, sigma)` or `(x, sigma, labels)` of torch tensors; they need `noise`,
    z of N(0, I) [N, ...]. The teacher takes `steps` Heun steps from `sigma_max` z; the student is
    evaluated once, G(student_sigma z; student_sigma). `classes`, [N] whole numbers or one-hot
    [N, C]: what both were told, so that an independent pairing shares the class. `independent`: a
    second draw of the student for the same classes and fresh noise; a network with classes draws it
    here. `real`: real samples [M, ...], best M >= 2 N, for quality, memorisation and D(z). `n`: the
    first n rows alone. The others as of `pairing_inefficiency`.

    Raises ValueError, in one sentence, for what cannot be compared; a UserWarning for noise that is
    not of N(0, I).
    """
    for name, count in (("n", n), ("steps", steps), ("batch_size", batch_size)):
        if count is not None and (not isinstance(count, Integral) or count < 1):
            raise ValueError(f"{name} is {count!r}; pass a whole number from 1 on.")
    if memory is not None and (not isinstance(memory, Real) or not memory > 0):
        raise ValueError(f"memory is {memory!r}; pass a number of bytes above 0.")
    for name, sigma in (("sigma_max", sigma_max), ("student_sigma", student_sigma)):
        if not isinstance(sigma, Real) or not 0 < sigma < math.inf:
            raise ValueError(f"{name} is {sigma!r}, which is not a noise level; pass 80, say.")
    reader = Reader(memory, say)
    doubts = check_folders(teacher, student, classes)
    networks = [each for each in (teacher, student) if callable(each)]
    doubts += [words for each in networks if (words := getattr(each, "caution", ""))]
    if noise is not None and not networks:
        raise ValueError("noise= is for networks; samples are measured as they are: leave it out.")
    z, labels, numbers = None, None, None
    if networks:
        if noise is None:
            raise ValueError("A network needs noise: pass noise=z of N(0, I), [N, ...].")
        z = as_tensor(reader.rows(noise, "noise", n), "noise").float()
        if words := scale_words(z):
            warnings.warn(words, stacklevel=2)
            doubts.append(words)
    if classes is not None:
        numbers, width = class_numbers(reader.rows(classes, "classes", n))
        if networks:
            labels = one_hot(numbers, networks, width, len(z))
    if networks:
        check_ahead(len(z), z.shape[1:], real, solver, memory)

    def samples_of(given: Given, name: str, sigma: float, steps: int, z=z) -> Samples:
        if not callable(given):
            return reader.rows(given, name, n)
        told = labels if takes_labels(given) else None
        return torch.cat(list(sampled(given, z, sigma, steps, told, batch_size, name)))

    x = samples_of(teacher, "teacher", sigma_max, steps)
    y = samples_of(student, "student", student_sigma, 1)
    rows = [as_tensor(each, name).cpu() for each, name in ((x, "teacher"), (y, "student"))]
    if same_file(teacher, student):
        raise ValueError(SAME_FILE.format(shown(teacher)))
    check_shapes(*rows)
    images = None if real is None else as_real(reader.read(real), rows[0].shape[1:])
    given = {} if numbers is None else {"classes": numbers}
    if independent is not None:
        given["independent"] = samples_of(independent, "independent", student_sigma, 1)
        check_second(*rows, given["independent"], numbers)
    elif callable(student) and labels is not None and takes_labels(student):
        fresh = torch.randn(z.shape, generator=generator(seed, "compare/second-noise"))
        given["independent"] = samples_of(student, "student", student_sigma, 1, fresh)
    record = pairing_inefficiency(x, y, solver, **given, memory=memory, say=say, watch=watch)
    x, y = rows

    def pairing_of(rows: np.ndarray) -> PairingRecord:
        own = {name: each[rows] for name, each in given.items()}
        return pairing_inefficiency(x[rows], y[rows], **own, watch=watch)

    if torch.equal(x.double(), y.double()):
        doubts.append(SAME)
    elif words := reordered_words(x, y, record, numbers):
        doubts.append(words)
    if numbers is not None and (words := unordered_words(x, numbers, record)):
        doubts.append(words)
    found = None
    if images is not None:
        own = not_real(images, teacher=x, student=y)
        found = against_real(x, y, images, watch, judge=not own)
        doubts += [*other_units(x, images), *own]
    record = replace(record, warnings=(*record.warnings, *doubts))
    return Comparison(
        record=record,
        interval=interval(record, pairing_of, numbers),
        real=found,
        about=about or {},
        teacher=x.numpy(),
        student=y.numpy(),
        classes=numbers,
        pairing_of=pairing_of,
    )
