"""Run folders: records, checkpoints, manifests, logs and random-number streams."""
