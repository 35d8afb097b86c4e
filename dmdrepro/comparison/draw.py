"""Samples of networks: the teacher by Heun steps, the student by one evaluation, from one noise."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from dmdrepro.diffusion.network import as_network, other_scale, positional
from dmdrepro.diffusion.sampler import solve
from dmdrepro.diffusion.schedule import RHO, SIGMA_MAX, SIGMA_MIN, heun_grid
from dmdrepro.metrics.classes import as_classes
from dmdrepro.runs.errors import says_no_memory

BATCH = 64
ROUNDING = 1e-3  # relative: what the same samples may differ by, in bfloat16 for one


def scale_words(noise: torch.Tensor) -> str:
    """A sentence if z is not of N(0, I), by more than chance; else empty."""
    if (found := other_scale(noise, 1.0)) is None:
        return ""
    return (
        f"The noise's root mean square is {found:.3g}, not 1: pass z of N(0, I), which is "
        f"multiplied by each network's sigma here ({SIGMA_MAX:g}, say)."
    )


def class_numbers(classes: object) -> tuple[np.ndarray, int]:
    """(classes [N] int64, their number or 0 if unknown) of [N] or one-hot; ValueError otherwise."""
    table = np.asarray(classes.detach().cpu() if isinstance(classes, torch.Tensor) else classes)
    if table.ndim == 2:
        if not ((table == 0) | (table == 1)).all() or (table.sum(1) != 1).any():
            raise ValueError(
                f"classes has shape {table.shape} and is not one-hot; pass one whole number for "
                "each sample."
            )
        return table.argmax(1), table.shape[1]
    groups = as_classes(table, table.shape[0] if table.ndim else 0)
    return groups.names[groups.numbers].astype(np.int64), 0


def one_hot(numbers: np.ndarray, networks: list[Callable], width: int, n: int) -> torch.Tensor:
    """Labels [N, C] of class numbers; C: the networks' `label_dim`, else `width`, else the largest.

    Raises ValueError for another number than `n`, or a class that the networks do not have.
    """
    if len(numbers) != n:
        raise ValueError(f"There are {len(numbers):,} classes for {n:,} samples of noise.")
    known = {int(found) for each in networks if (found := getattr(each, "label_dim", None))}
    if len(known) > 1:
        raise ValueError(f"Teacher and student know {sorted(known)} classes; they need as many.")
    most = known.pop() if known else width or int(numbers.max()) + 1
    wrong = numbers[(numbers < 0) | (numbers >= most)]
    if len(wrong):
        raise ValueError(f"classes has {wrong[0]}; the networks know 0 to {most - 1}.")
    return torch.nn.functional.one_hot(torch.from_numpy(numbers), most).float()


def sampled(
    network: Callable[..., torch.Tensor],
    noise: torch.Tensor,
    sigma: float,
    steps: int,
    labels: torch.Tensor | None,
    batch: int = BATCH,
    name: str = "network",
) -> Iterator[torch.Tensor]:
    """Phi_K(sigma z), batch by batch on the CPU; K = 1: D(sigma z; sigma), which G(z) is too.

    `noise`: z ~ N(0, I) [N, ...]; `labels`: one-hot [N, C] or None. Raises ValueError, with `name`,
    for what the network refuses, samples of another shape, values that are not finite, or a module
    whose training mode changes its samples.
    """
    device = device_of(network)
    try:
        grid = heun_grid(steps, SIGMA_MIN, sigma, RHO).tolist()
        for start in range(0, len(noise), batch):
            rows = slice(start, start + batch)
            z = noise[rows].to(device)
            part = None if labels is None else labels[rows].to(device)
            with torch.no_grad():
                found = solve(network, sigma * z, grid, part)
                if start == 0:
                    _check_mode(found, network, sigma * z, grid, part)
            if tuple(found.shape) != tuple(z.shape):
                raise ValueError(f"samples {tuple(found.shape)} of noise {tuple(z.shape)}")
            if not found.isfinite().all():
                raise ValueError("its samples have values that are not finite")
            yield found.float().cpu()
    except ValueError as error:
        raise ValueError(f"The {name} cannot be drawn from: {str(error).rstrip('.')}.") from error
    except (TypeError, AttributeError, IndexError, RuntimeError) as error:
        if says_no_memory(error) or not (hint := _about_labels(network, labels)):
            raise
        words = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(f"The {name} cannot be drawn from: {words}. {hint}") from error


def _check_mode(found: torch.Tensor, network: Callable, *given: object) -> None:
    """Raise ValueError if a module in training mode would not have `found` this in eval mode.

    One that draws noise of its own is let pass: in eval mode too each of its draws is another.
    """
    parts = network.modules() if isinstance(network, torch.nn.Module) else ()
    training = [part for part in parts if part.training]
    if not training:
        return
    for part in training:
        part.training = False
    try:
        usual = solve(network, *given)
        changed = _differ(found, usual) and not _differ(solve(network, *given), usual)
    finally:
        for part in training:
            part.training = True
    if changed:
        raise ValueError(
            "it is in training mode, which changes its samples (dropout, batch norm); call its "
            ".eval() first"
        )


def _differ(found: torch.Tensor, usual: torch.Tensor) -> bool:
    return bool((found - usual).norm() > ROUNDING * usual.norm())


def _about_labels(network: Callable, labels: torch.Tensor | None) -> str:
    """What to do if labels may be why the network failed; empty if they cannot be."""
    if labels is None:
        return "It needs class labels: pass classes." if positional(network)[0] > 2 else ""
    if getattr(network, "label_dim", None) is not None:
        return ""
    return (
        f"It was told one of {labels.shape[1]} classes: if it knows more, pass classes one-hot, "
        "[N, C], or give it the attribute label_dim."
    )


def device_of(network: Callable) -> torch.device:
    """Where a module's weights are; the CPU of other callables."""
    weights = network.parameters() if isinstance(network, torch.nn.Module) else iter(())
    return next((each.device for each in weights), torch.device("cpu"))


def takes_labels(network: Callable) -> bool:
    """Whether class labels are its third argument, and it knows a class."""
    try:
        as_network(network, torch.zeros(1, 1))
    except ValueError:
        return False
    return getattr(network, "label_dim", None) != 0
