"""Files of small networks in the forms that other people's code writes them."""

import pickle
import sys
import types
from collections import OrderedDict

import numpy as np
import torch
from safetensors.torch import save_file

SOURCE = "raise SystemExit('the source text of a pickle was executed')"


def _stand_in():
    """The function that EDM's pickles name, under that name; it is never called."""

    def _reconstruct_persistent_obj(meta):
        raise AssertionError("a pickle was executed")

    parent = types.ModuleType("torch_utils")
    module = types.ModuleType("torch_utils.persistence")
    function = _reconstruct_persistent_obj
    function.__module__, function.__qualname__ = module.__name__, function.__name__
    module._reconstruct_persistent_obj = function
    parent.persistence = module
    return {"torch_utils": parent, module.__name__: module}, function


MODULES, RECONSTRUCT = _stand_in()


class Persistent:
    """An object that is pickled as EDM's persistent classes are."""

    def __init__(self, class_name, state, **meta):
        head = {"type": "class", "version": 6, "module_src": SOURCE}
        self.meta = {**head, "class_name": class_name, "state": state, **meta}

    def __reduce__(self):
        return RECONSTRUCT, (self.meta,)


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
    sys.modules.update(MODULES)
    try:
        path.write_bytes(pickle.dumps(value, protocol=4))
    finally:
        for name in MODULES:
            del sys.modules[name]
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


def write(kind, path, denoiser, made_with):
    """`denoiser`'s file of a form, in `path`; returns the path."""
    weights = denoiser.state_dict()
    both = {
        **{f"real_unet.{key}": value for key, value in weights.items()},
        **{f"fake_unet.{key}": value + 1 for key, value in weights.items()},
        "karras_sigmas": torch.ones(3),
    }
    if kind == "edm":
        return dump(edm_contents(denoiser, made_with), path)
    if kind in ("accelerate", "accelerate-teacher"):
        save_file(weights if kind == "accelerate" else both, path)
        return path
    logvar = {"model.logvar_linear.weight": torch.ones(1, 4)}
    torch.save(
        {
            "dmd2": OrderedDict(weights),
            "dmd2-teacher": both,
            "fastgen": {
                "model": {
                    "net": {k: v + 1 for k, v in weights.items()},
                    "ema_9999": weights | logvar,
                },
                "iteration": 7,
            },
        }[kind],
        path,
    )
    return path


KINDS = ("edm", "dmd2", "dmd2-teacher", "fastgen", "accelerate", "accelerate-teacher")
