"""One file per stage of a run: what it reads, what it makes, what its result depends on."""
