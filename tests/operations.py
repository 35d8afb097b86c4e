"""What torch is asked to do, seen operation by operation."""

from torch.utils._python_dispatch import TorchDispatchMode


class Watched(TorchDispatchMode):
    """Under it `look(function, arguments, result)` is called after every operation."""

    def __init__(self, look) -> None:
        super().__init__()
        self.look = look

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        self.look(function, args, result)
        return result
