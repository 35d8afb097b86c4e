"""Reproduce "Why Are DMD Students Lazy?": `python reproduce.py all --gpu 0`."""

from dmdrepro.checkout import leave_path
from dmdrepro.cli import main

if __name__ == "__main__":
    leave_path()
    main()
