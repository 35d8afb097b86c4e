"""`python -m dmdrepro <command>`: the same as `dmdrepro` and `python reproduce.py`."""

from dmdrepro.checkout import leave_path
from dmdrepro.cli import main

if __name__ == "__main__":
    leave_path()
    main()
