"""What the records of stages hold, as far as tables, figures and the page read it.

What a newer version added is optional here, so that the records of an older one still open.
"""

from collections.abc import Mapping

from dmdrepro.runs.shape import (
    Each,
    Maybe,
    Shape,
    Some,
    count,
    finite,
    measured,
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
    "sittings?": [
        {
            **_FACTS,
            "engine?": Maybe(text),
            "ranks?": count,
            "from?": Maybe(count),
            "to?": Maybe(count),
        }
    ],
}
STAGE = {
    "provenance?": PROVENANCE,
    "engine?": Maybe(text),
    "engine_option?": Maybe(text),
    "ranks?": count,
    "without_graphs?": text,
}
CLASSIFIER = {"accuracy": finite}

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
# What runs/ itself reads; dmdrepro.measures.evaluation has every measure's part.
EVALUATION = {
    "experiment?": text,
    "size?": text,
    "seed?": count,
    "snapshot?": count,
    "provenance?": PROVENANCE,
    "config?": _CONFIG,
    "pairing?": Maybe({}),
    "quality?": Maybe({}),
    "along?": Maybe([{"iterations": count}]),
    "warnings?": [text],
    "status?": Maybe(text),
}
# What a published record cannot do without.
NEEDED = ("experiment", "size", "seed", "snapshot", "config", "pairing")


def published(evaluation: Mapping[str, Shape]) -> Shape:
    """The shape of a published record, from that of an evaluation."""
    return {
        **evaluation,
        **{name: evaluation[f"{name}?"] for name in NEEDED if f"{name}?" in evaluation},
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
_DM = {
    **dict.fromkeys(("loss", "difference", "slope"), _MEAN), "slope_rms": finite, "turned": finite,
    "samples": count, "rule": {"angles": count, "nodes": count,
                               **dict.fromkeys(("loss", "slope", "turned"), finite)},
}  # fmt: skip
KNOWN = {
    "circle": Some({"theta": finite, "delta": finite, "n": count, "draws": _DRAWS,
                    "population": _LIMIT, "dm": _DM}),
    "pairs": Some({"group": text, "what": text, "n": count, "d": count, "draws": _DRAWS,
                   "population": _LIMIT}),
    "seed": count,
    "provenance?": PROVENANCE,
}  # fmt: skip
