"""Batched pairwise squared distances, right for near-copies."""
