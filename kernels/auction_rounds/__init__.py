"""Rounds of an auction in which all waiting rows bid at once, without waiting for the host."""
