"""The tensors in a file of torch.save; nothing else in it is ever opened."""

import pickle
import re
import zipfile
from pathlib import Path

TENSORS_ONLY = "save the tensor alone: torch.save(x, NEW)"


def read_pt(file: Path) -> dict:
    """Name -> tensor, on the CPU: of a lone tensor one without a name, of a list its places.

    Raises ValueError for other objects, an old or packed format, and tensors beyond the file's
    data.
    """
    import torch

    if not zipfile.is_zipfile(file):
        raise ValueError(f"its content is another format than torch.save's, or damaged; {_SAVE}")
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if any(member.compress_type for member in members):
            raise ValueError(f"its parts are packed, as torch.save packs none; {_SAVE}")
        stored = sum(member.file_size for member in members)
        if stored > file.stat().st_size:
            raise ValueError("its parts are larger than the file; get it again")
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:  # whose own advice is to open it all the same
        name = re.search(r"GLOBAL (\S+)", str(error))
        what = f"{name[1]}, " if name else ""
        raise ValueError(f"it holds {what}other objects than tensors; {TENSORS_ONLY}") from None
    if isinstance(found, torch.Tensor):
        found = {"": found}
    elif isinstance(found, list | tuple):
        found = {str(place): each for place, each in enumerate(found)}
    if not isinstance(found, dict):
        raise ValueError(f"it holds a {type(found).__name__} and no tensor; {TENSORS_ONLY}")
    tensors = {str(name): each for name, each in found.items() if isinstance(each, torch.Tensor)}
    # A storage that is too short for its tensor is made longer by torch, with whatever lies there.
    storages = {each.untyped_storage().data_ptr(): each.untyped_storage().nbytes()
                for each in tensors.values() if each.layout == torch.strided}  # fmt: skip
    if sum(storages.values()) > stored:
        raise ValueError("its tensors are larger than the values it holds; get it again")
    return tensors


_SAVE = "save it again with torch.save"
