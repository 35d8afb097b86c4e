"""A public teacher instead of a trained one: its file's weights as the run's snapshot."""

import torch

from dmdrepro.pretrained.load import put_tensors
from dmdrepro.pretrained.network_file import read_network
from dmdrepro.runs.checkpoint import save_tensors
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.layout import snapshot_file
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.run import Run
from dmdrepro.training.build import build_denoiser


def import_teacher(run: Run, stage: Stage, context: Context) -> Made:
    """Raises RunError for a file that cannot be read, and for another network's."""
    experiment, path = run.experiment, run.teacher_file()
    with torch.device("meta"):
        denoiser = build_denoiser(experiment, "meta")
    try:
        file = read_network(path)
        if file.sha256 != stage.key["weights"]:
            raise ValueError(f"{path} changed just now; run the same command again.")
        if file.sigma_data not in (None, experiment.sigma_data):
            raise ValueError(
                f"{path} has sigma_data={file.sigma_data}, and the run {experiment.sigma_data}."
            )
        put_tensors(denoiser, file)
    except (ValueError, OSError) as error:
        raise RunError(
            f"{stage.what} ({experiment.size} size) cannot be imported: {error}"
        ) from None
    part = f", {file.part}" if file.part else ""
    part += "".join(f", without {name}" for name in file.dropped)
    context.say(f"{stage.what}: imported from {path} ({file.format}{part}; {file.sha256[:12]}...)")
    (snapshot,) = run.snapshots
    name = snapshot_file(snapshot)
    save_tensors(stage.folder / name, denoiser.state_dict())
    origin = {"file": path.name, "bytes": path.stat().st_size, "sha256": file.sha256}
    return [name], {"origin": {**origin, "format": file.format, "part": file.part}}
