"""Everything measured of pairs whose pairing is known, as one record."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import torch

from dmdrepro.known import cases
from dmdrepro.known.circle import DELTA, circle, circle_population
from dmdrepro.known.circle_loss import ANGLES, draw_noise, mean_of, noise_rule, sample_terms, turned
from dmdrepro.known.population import Pair, Population
from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.runs.streams import generator, stream_seed

Draw = Callable[[np.random.Generator], Pair]
TENTHS = tuple(k * math.pi / 10 for k in range(11))
SHIFT, LENGTH = 3.0, 1.0  # of the translated set and of the constant student
SMALL_D = 16  # of those two, of the permuted set and of the classes
KEPT = (0.0, 0.5)  # of the noise, by students that share the class


@dataclass(frozen=True)
class KnownSettings:
    """How much is measured."""

    n: int = 1000
    n_gaussians: int = 500  # the slowest optimum: in the plane
    draws: int = 3  # of every pair of sets
    thetas: tuple[float, ...] = tuple(sorted((*TENTHS, 0.1)))
    correlations: tuple[float, ...] = (1.0, 0.5, 0.0)
    gaussian_dims: tuple[int, ...] = (2, 16, 256)
    shares: tuple[float, ...] = (0.1, 0.5, 0.9)
    share_dims: tuple[int, ...] = (2, 64, 1024)
    share_ns: tuple[int, ...] = (100, 1000)
    dm_samples: int = 20_000
    dm_every: int = 80  # of the noise levels in the quadrature rule


# Quicker, for tests of whole commands.
SMOKE = KnownSettings(
    n=60,
    n_gaussians=60,
    draws=2,
    thetas=(0.0, 0.1, math.pi),
    correlations=(1.0, 0.5),
    gaussian_dims=(2,),
    shares=(0.5,),
    share_dims=(2, 64),
    share_ns=(60,),
    dm_samples=500,
    dm_every=480,
)


def known_answers(settings: KnownSettings, seed: int) -> dict:
    """{"circle": [...], "pairs": [...]}: each case with its `population` and every draw's pairing.

    Draw k of a case is a function of (seed, case, k) alone. The circle's entries have `theta` and
    `dm`, its DM loss; all thetas share their noise. The other pairs have `group`, `what`, `n`, `d`.
    """
    return {"circle": circle_answers(settings, seed), "pairs": pair_answers(settings, seed)}


def circle_answers(settings: KnownSettings, seed: int) -> list[dict]:
    """Pairing and DM loss of appendix C's students, one entry for each theta."""
    found = []
    for theta, loss in zip(settings.thetas, circle_losses(settings, seed), strict=True):

        def draw(rng: np.random.Generator, theta=theta) -> Pair:
            return circle(rng.standard_normal((settings.n, 2)), theta)

        measured = _measured(draw, circle_population(theta), settings.draws, seed, "circle")
        entry = {"theta": theta, "delta": DELTA, "n": settings.n, "dm": loss}
        found.append(entry | measured)
    return found


def circle_losses(settings: KnownSettings, seed: int) -> list[dict]:
    """The DM loss and its gradients for each theta, by samples of the same noise and by a rule.

    `loss`, `slope`, `difference` (to theta = 0, sample by sample): value and standard `error`.
    `slope_rms`: of single samples. `gradient`: dL/dM [2, 2]; `turned`: its distance from that at
    theta = 0, over its length. `rule`: the same by quadrature, without error.
    """
    noise = draw_noise(settings.dm_samples, generator(seed, "known/dm"))
    rule = noise_rule(settings.dm_every)
    at_0, rule_at_0 = sample_terms(noise, 0.0), sample_terms(rule, 0.0)
    first, rule_first = at_0.gradient.mean(0), _weighted(rule.weight, rule_at_0.gradient)
    found = []
    for theta in settings.thetas:
        terms, ruled = sample_terms(noise, theta), sample_terms(rule, theta)
        gradient, rule_gradient = terms.gradient.mean(0), _weighted(rule.weight, ruled.gradient)
        found.append(
            {
                "samples": settings.dm_samples,
                "loss": mean_of(terms.loss),
                "difference": mean_of(terms.loss - at_0.loss),
                "slope": mean_of(terms.slope),
                "slope_rms": float(terms.slope.square().mean().sqrt()),
                "gradient": gradient.tolist(),
                "turned": turned(gradient, first),
                "rule": {
                    "nodes": len(rule.weight),
                    "angles": ANGLES,
                    "loss": float(_weighted(rule.weight, ruled.loss)),
                    "slope": float(_weighted(rule.weight, ruled.slope)),
                    "gradient": rule_gradient.tolist(),
                    "turned": turned(rule_gradient, rule_first),
                },
            }
        )
    return found


def pair_answers(settings: KnownSettings, seed: int) -> list[dict]:
    """All the other cases, each with its words and sizes."""
    n, d, found = settings.n, SMALL_D, []

    def add(group: str, what: str, n: int, d: int, population: Population, draw, *given) -> None:
        """`draw(n, *given, rng)`: a pair."""
        name = f"{group}/{what}/{n}/{d}"
        measured = _measured(partial(draw, n, *given), population, settings.draws, seed, name)
        found.append({"group": group, "what": what, "n": n, "d": d, **measured})

    for dim in settings.gaussian_dims:
        maps = {f"c = {c:g}": cases.gaussian_maps(dim, c) for c in settings.correlations}
        maps["symmetric roots"] = cases.root_maps(dim)
        for what, ab in maps.items():
            law = cases.gaussian_population(*ab)
            add("Gaussians", what, settings.n_gaussians, dim, law, cases.gaussians, ab)
    law = cases.translated_population(d, SHIFT)
    add("translated", f"|b| = {SHIFT:g}", n, d, law, cases.translated, d, SHIFT)
    add("permuted", "the next row's", n, d, cases.permuted_population(d), cases.permuted, d)
    law = cases.constant_population(d, LENGTH)
    add("constant", f"|y| = {LENGTH:g}", n, d, law, cases.constant, d, LENGTH)
    for p, dim, size in product(settings.shares, settings.share_dims, settings.share_ns):
        law = cases.partly_copied_population(dim, p)
        add("partly copied", f"share {p:g}", size, dim, law, cases.partly_copied, dim, p)
    for kept in KEPT:
        law = cases.of_classes_population(d, kept)
        add("class shared", f"c = {kept:g}", n, d, law, cases.of_classes, d, kept)
    return found


def _measured(draw: Draw, population: Population, draws: int, seed: int, name: str) -> dict:
    """The case's limits and the pairing of each of its draws."""
    found = []
    for number in range(draws):
        pair = draw(np.random.default_rng(stream_seed(seed, f"known/{name}", number)))
        record = pairing_inefficiency(pair.teacher, pair.student, classes=pair.classes)
        found.append(record.to_json())
    return {"population": population.to_json(), "draws": found}


def _weighted(weight: torch.Tensor, terms: torch.Tensor) -> torch.Tensor:
    """sum_b weight_b terms_b of terms [B, ...]."""
    return torch.tensordot(weight, terms, dims=1)
