"""What the records of stages hold, as far as tables, figures and the page read it.

What a newer version added is optional here, so that the records of an older one still open.
"""

from __future__ import annotations

from dmdrepro.runs.shape import (
    Each,
    Maybe,
    Some,
    Where,
    count,
    finite,
    measured,
    number,
    one_of,
    positive,
    scalar,
    text,
)

_VERSIONS = ("torch", "triton", "numpy", "scipy", "python", "version")
_FACTS = {
    "commit?": Maybe(text),
    "device?": Maybe(text),
    "threads?": Maybe(count),
    **{f"{name}?": Maybe(text) for name in _VERSIONS},
}
PROVENANCE = {
    **_FACTS,
    "finished?": Maybe(text),
    "wall_s?": finite,
    "sittings?": [{**_FACTS, "engine?": Maybe(text), "from?": Maybe(count), "to?": Maybe(count)}],
}
STAGE = {
    "provenance?": PROVENANCE,
    "engine?": Maybe(text),
    "engine_option?": Maybe(text),
    "without_graphs?": text,
}
CLASSIFIER = {"accuracy": finite}

_PAIRING = {
    "n?": count,
    "solver?": text,
    "null?": Maybe(text),
    "warnings?": [text],
    **{
        f"{name}?": number
        for name in (
            "concordance",
            "delta_e",
            "delta_e_null",
            "e_dt",
            "e_ind",
            "e_ot",
            "e_ot_within",
            "gap",
            "remapped",
            "retention",
        )
    },
}
_QUALITY = {
    "n?": count,
    "draws?": count,
    **{f"{name}?": number for name in ("e_ot", "e_ot_data", "e_ot_sd", "ratio")},
}
_FEATURES = {
    f"{name}?": number
    for name in (
        "agreement",
        "frechet_squared",
        "frechet_squared_sd",
        "precision",
        "precision_sd",
        "recall",
        "recall_sd",
    )
}
_TURN = {"concordance?": number, "degrees?": number}
_INTERVAL = {"value": number, "low": number, "high": number}
_CORRELATIONS = {
    f"{name}?": Maybe(_INTERVAL)
    for name in (
        "pearson",
        "pearson_repaired",
        "pearson_start",
        "pearson_student",
        "pearson_student_repaired",
        "spearman",
    )
}
_OVER_N = {
    "n": positive,
    "sets?": count,
    "null?": Maybe(text),
    **{name: Some(number) for name in ("concordance", "delta_e", "delta_e_null", "retention")},
}
_SETS = ("data", "student", "teacher_1", "teacher_8", "teacher_32")
_BOUNDARY = {
    **_CORRELATIONS,
    "n?": count,
    "level": finite,
    "distance_to?": text,
}
_BY_CLASS = {
    "classes": {"from": one_of("labels", "classifier"), "sha256?": text},
    "per_class": [{"class": count, "n": count, "left_out?": text, **_CORRELATIONS}],
    "within_class": Maybe({"classes?": count, "n?": count, **_CORRELATIONS}),
}
_CONFIG = {
    "data?": Each(scalar),
    "model?": Each(scalar),
    "sigma_data?": finite,
    "teacher?": {"snapshots?": [count]},
    "distill": {
        "iterations": count,
        "lr?": finite,
        "warmup?": count,
        "student_every?": positive,
        "snapshots?": [count],
    },
    "sampling?": Each(scalar),
}
EVALUATION = {
    "experiment?": text,
    "size?": text,
    "seed?": count,
    "snapshot?": count,
    "provenance?": PROVENANCE,
    "config?": _CONFIG,
    "data_spread?": finite,
    "pairing?": _PAIRING,
    "pairing_untrained?": Maybe(_PAIRING),
    "pairing_phi_32?": Maybe(_PAIRING),
    "teacher_map?": Maybe(_PAIRING),
    "turn?": Maybe(_TURN),
    "quality?": Maybe({f"{name}?": Maybe(_QUALITY) for name in _SETS}),
    "features?": Maybe(
        {
            **{f"{name}?": _FEATURES for name in _SETS},
            "classifier": {"accuracy": finite, "sha256": text},
            "n?": count,
            "draws?": count,
        }
    ),
    "along?": Maybe(
        [
            {
                "iterations": count,
                "pairing": _PAIRING,
                "quality": Maybe(_QUALITY),
                "features?": Maybe(_FEATURES),
                "turn?": Maybe(_TURN),
            }
        ]
    ),
    "over_n?": Maybe([_OVER_N]),
    "memorisation?": Maybe(
        {
            "n?": count,
            **{
                f"{name}?": number
                for name in ("fraction", "ratio_median", "ratio_min", "threshold")
            },
        }
    ),
    "boundary?": Maybe(Where("per_class", _BOUNDARY, _BY_CLASS)),
    "denoiser_error?": Maybe(
        {
            "sigma": [finite],
            "relative_error?": [number],
            "relative_to_signal?": [number],
        }
    ),
    "warnings?": [text],
    "status?": Maybe(text),
}
# What a published record cannot do without.
NEEDED = ("experiment", "size", "seed", "snapshot", "config", "pairing")
PUBLISHED = {
    **EVALUATION,
    **{name: EVALUATION[f"{name}?"] for name in NEEDED},
    "study?": text,
    "arm?": text,
    "command?": text,
    "stages?": Each(PROVENANCE),
    "teacher_weights?": Maybe(text),
    "loss_dm?": Maybe({"iteration": [finite], "value": [finite]}),
}

_LIMIT = dict.fromkeys(("concordance", "delta_e", "retention"), measured)
_MEAN = {"value": finite, "error": finite}
_DRAWS = Some(dict.fromkeys(("concordance", "delta_e", "delta_e_null", "retention"), measured))
KNOWN = {
    "circle": Some(
        {
            "theta": finite,
            "delta": finite,
            "n": count,
            "draws": _DRAWS,
            "population": _LIMIT,
            "dm": {
                "loss": _MEAN,
                "difference": _MEAN,
                "slope": _MEAN,
                "slope_rms": finite,
                "turned": finite,
                "samples": count,
                "rule": {
                    "angles": count,
                    "nodes": count,
                    "loss": finite,
                    "slope": finite,
                    "turned": finite,
                },
            },
        }
    ),
    "pairs": Some(
        {
            "group": text,
            "what": text,
            "n": count,
            "d": count,
            "draws": _DRAWS,
            "population": _LIMIT,
        }
    ),
    "seed": count,
    "provenance?": PROVENANCE,
}
