"""The digits' classifier: its training, its weights, what it says of images."""

from pathlib import Path

import torch
import torch.nn.functional as F

from dmdrepro.models.classifier import Classifier
from dmdrepro.models.classifier_network import ClassifierNetwork
from dmdrepro.runs.checkpoint import load_tensors, put_weights
from dmdrepro.runs.layout import CLASSIFIER, LOG
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator, stream_seed
from dmdrepro.training.session import Loop, Session

AT_ONCE = 1000  # images in one call


def build_classifier(settings: Classifier, device: torch.device | str = "cpu") -> ClassifierNetwork:
    """The network, freshly initialised from its own fixed seed, on `device`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_seed(settings.seed, "classifier/init"))
        network = settings.make()
    return network.to(device)


def load_classifier(
    settings: Classifier, weights: Path, device: torch.device | str
) -> ClassifierNetwork:
    """A trained one, ready to be asked."""
    network = build_classifier(settings, device).eval()
    put_weights(network, load_tensors(weights), weights)
    return network


def train_classifier(
    settings: Classifier, dataset, stage: Stage, session: Session
) -> tuple[list[str], dict]:
    """Train on all but the last `held_out` images, going on from a saved state.

    Returns the files made and the record: the accuracy on the held-out images.
    """
    device = session.device
    dataset = dataset.to(device)
    images, digits = dataset.training_set, dataset.labels
    seen = len(digits) - settings.held_out
    network = build_classifier(settings, device).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.lr)
    total, parts = settings.iterations, {"model": network, "optimiser": optimiser}

    def rate(step: int) -> float:
        return settings.lr * (1 - step / total)

    loop = Loop(stage, session, settings.seed, total, parts, rate)
    for step in loop.left():
        draw = generator(settings.seed, "classifier", step, device)
        chosen = torch.randint(seen, (settings.batch,), generator=draw, device=device)
        optimiser.param_groups[0]["lr"] = rate(step)
        loss = F.cross_entropy(network(images[chosen]), digits[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loop.losses.add(step, loss=loss)
        loop.checkpoint(step + 1)
    loop.keep(total, CLASSIFIER, network.state_dict())
    loop.close()
    named = read_digits(network.eval(), images[seen:])[1]
    accuracy = float((named == digits[seen:]).double().mean())
    return [LOG, CLASSIFIER], {
        "accuracy": accuracy,
        "held_out": settings.held_out,
        "trained_on": seen,
    }


@torch.no_grad()
def read_digits(
    network: ClassifierNetwork, images: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """(features [N, F], digits int64 [N]) of images [N, 1, R, R], clipped to [-1, 1] as shown."""
    features = [network.features(part.clamp(-1, 1)) for part in images.split(AT_ONCE)]
    found = torch.cat(features)
    return found, network.out(found).argmax(1)
