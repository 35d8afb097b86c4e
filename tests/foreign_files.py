"""Files of small networks in the forms that other people's code writes them."""

import pickle
import sys
import types
from collections import OrderedDict
from types import SimpleNamespace
from unittest import mock

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from dmdrepro.models import AdmUnet

SOURCE = "raise SystemExit('the source text of a pickle was executed')"


def _reconstruct_persistent_obj(meta):
    """The function that EDM's pickles name, under its name; it is never called."""
    raise AssertionError("a pickle was executed")


PERSISTENCE = types.ModuleType("torch_utils.persistence")
PERSISTENCE._reconstruct_persistent_obj = _reconstruct_persistent_obj
_reconstruct_persistent_obj.__module__ = PERSISTENCE.__name__


class Persistent:
    """An object that is pickled as EDM's persistent classes are."""

    def __init__(self, class_name, state, **meta):
        head = {"type": "class", "version": 6, "module_src": SOURCE}
        self.meta = {**head, "class_name": class_name, "state": state, **meta}

    def __reduce__(self):
        return _reconstruct_persistent_obj, (self.meta,)


def module_state(tensors, names, **more):
    """The __dict__ of a torch module with these tensors (dotted names), as EDM's has it."""
    state = {
        "training": False,
        "_parameters": OrderedDict(),
        "_buffers": OrderedDict(),
        "_non_persistent_buffers_set": set(),
        "_backward_hooks": OrderedDict(),
        "_forward_hooks": OrderedDict(),
        "_modules": OrderedDict(),
        **more,
    }
    inner = {}
    for key, value in tensors.items():
        head, _, tail = key.partition(".")
        if tail:
            inner.setdefault(head, {})[tail] = value
        elif key in ("resample_filter", "freqs"):
            state["_buffers"][key] = value
        else:
            state["_parameters"][key] = torch.nn.Parameter(value, requires_grad=False)
    for name, found in inner.items():
        below = module_state(found, names)
        if name in ("enc", "dec"):
            holder = torch.nn.ModuleDict()
            holder.__dict__.update(below)
            state["_modules"][name] = holder
        else:
            state["_modules"][name] = Persistent(names.get(name, "Layer"), below)
    return state


def edm_contents(denoiser, made_with, class_name="EDMPrecond", **changes):
    """What an EDM pickle holds; `made_with`: the network's arguments; `changes`: of the state."""
    model = made_with.get("model_type", "DhariwalUNet")
    state = module_state(
        denoiser.state_dict(),
        {"model": model},
        sigma_min=0,
        sigma_max=float("inf"),
        sigma_data=np.float64(denoiser.sigma_data),
        use_fp16=False,
        _init_args=(),
        _init_kwargs=made_with,
    )
    ema = Persistent(class_name, {**state, **changes})
    loss = Persistent("EDMLoss", {"P_mean": -1.2, "P_std": 1.2, "sigma_data": 0.5})
    return {"ema": ema, "loss_fn": loss, "augment_pipe": None, "dataset_kwargs": {"use_labels": 1}}


def dump(value, path):
    """Pickle in protocol 4, with the stand-in under its name."""
    modules = {"torch_utils": types.ModuleType("torch_utils"), PERSISTENCE.__name__: PERSISTENCE}
    with mock.patch.dict(sys.modules, modules):
        path.write_bytes(pickle.dumps(value, protocol=4))
    return path


def adm_arguments(denoiser, settings):
    """EDM's arguments for a network of ours, made with `settings`."""
    channels, resolution, _ = denoiser.shape
    return {
        "img_resolution": resolution,
        "img_channels": channels,
        "label_dim": denoiser.label_dim,
        "use_fp16": False,
        "model_type": "DhariwalUNet",
        "model_channels": settings.width,
        "channel_mult": list(settings.channel_mult),
        "num_blocks": settings.num_blocks,
        "attn_resolutions": list(settings.attn_resolutions),
        "dropout": 0.1,
    }


def drawn(settings, shape, classes, seed=0, std=0.1):
    """A network of ours with every weight drawn."""
    torch.manual_seed(seed)
    denoiser = settings.make(shape, classes).eval()
    for parameter in denoiser.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return denoiser


def write(kind, path, denoiser, made_with):
    """`denoiser`'s file of a form, in `path`; returns the path."""
    weights = denoiser.state_dict()
    if kind == "edm":
        return dump(edm_contents(denoiser, made_with), path)
    more = {key: value + 1 for key, value in weights.items()}
    both = {
        **{f"real_unet.{key}": value for key, value in weights.items()},
        **{f"fake_unet.{key}": value for key, value in more.items()},
        "karras_sigmas": torch.ones(3),
    }
    nets = {"net": more, "ema_9999": weights | {"model.logvar_linear.weight": torch.ones(1, 4)}}
    form, _, teacher = kind.partition("-")
    content = both if teacher else {"model": nets, "iteration": 7} if form == "fastgen" else weights
    (save_file if form == "accelerate" else torch.save)(content, path)
    return path


def write_tiny(kind, path, seed, classes=5, side=4):
    """The file of a tiny ADM U-Net of three colours."""
    settings = AdmUnet(64, (1,), 1, ())
    denoiser = drawn(settings, (3, side, side), classes, seed)
    return write(kind, path, denoiser, adm_arguments(denoiser, settings))


KINDS = ("edm", "dmd2", "dmd2-teacher", "fastgen", "accelerate", "accelerate-teacher")


class StandIn(nn.Module):
    """The signature of both U-Nets of diffusers; depends on all that it is given."""

    def __init__(self, **config) -> None:
        super().__init__()
        usual = {"num_class_embeds": None, "addition_embed_type": None}
        self.config = SimpleNamespace(**usual | config)
        self.mix = nn.Conv2d(config["in_channels"], config["in_channels"], 3, padding=1)

    def forward(
        self, sample, timestep, encoder_hidden_states=None, class_labels=None,
        added_cond_kwargs=None, return_dict=True,
    ):  # fmt: skip
        assert timestep.shape == (len(sample),)
        told = torch.sin(timestep.float() / 100)
        for given in (class_labels, encoder_hidden_states, *(added_cond_kwargs or {}).values()):
            if given is not None:
                told = told + given.float().reshape(len(sample), -1).mean(1)
        return (self.mix(sample) * (1 + told[:, None, None, None]),)
