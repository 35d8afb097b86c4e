"""Reproduce "Why Are DMD Students Lazy?": `python reproduce.py all --gpu 0`."""

from dmdrepro.cli import main

if __name__ == "__main__":
    main()
