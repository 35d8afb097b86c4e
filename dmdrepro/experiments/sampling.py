"""How many samples are drawn, and what for."""

from dataclasses import dataclass

from dmdrepro.settings import added, require, require_count


@dataclass(frozen=True)
class Sampling:
    """How many samples, for the same noise, and what for."""

    pairing: int = 1000  # N of Delta_E: the first so many
    total: int = 10_000  # drawn and stored, of Phi_1, Phi_8 and the last student
    sizes: tuple[int, ...] = (100, 200, 500, 1000, 2000, 5000, 10_000)  # N of the curve over N
    sets: int = 8  # of the curve: disjoint sets of each N, at most
    heatmap: int = 100  # Figures 3 and 10
    batch: int = 500  # in one network call
    # How many of Phi_32, whose 63 network calls a sample cost most; 0: as many as `pairing`.
    phi_32: int = added(0, before=0)

    def __post_init__(self) -> None:
        require(
            list(self.sizes) == sorted(set(self.sizes)) and (not self.sizes or self.sizes[0] >= 2),
            f"sampling.sizes must be ascending, distinct and at least 2; got {self.sizes}.",
        )
        require_count("sampling.sets", self.sets)
        require(
            2 <= self.heatmap <= self.pairing <= self.total,
            "sampling must satisfy 2 <= heatmap <= pairing <= total; "
            f"got {self.heatmap}, {self.pairing}, {self.total}.",
        )
        require_count("sampling.total", self.total)
        require(
            self.phi_32 == 0 or self.phi_32 >= 2,
            f"sampling.phi_32 is {self.phi_32}; it must be 0 (as many as sampling.pairing) or at "
            "least 2.",
        )
        require_count("sampling.batch", self.batch)

    @property
    def finest(self) -> int:
        """How many of Phi_32 are drawn."""
        return min(self.phi_32 or self.pairing, self.pairing)

    @property
    def curve(self) -> tuple[int, ...]:
        """Each N of `sizes` that the drawn samples suffice for."""
        return tuple(n for n in self.sizes if n <= self.total)
