"""Reproduce "Why Are DMD Students Lazy?": `python reproduce.py all --gpu 0`."""

if __name__ == "__main__":
    import _signal  # the part of `signal` that is there at once

    # Until main() has set its handlers Ctrl-C ends the process without Python's traceback.
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

from dmdrepro.checkout import leave_path
from dmdrepro.cli import main

if __name__ == "__main__":
    leave_path()
    main()
