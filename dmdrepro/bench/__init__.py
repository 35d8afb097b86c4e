"""Timings against named alternatives, in one run, with device and versions."""
