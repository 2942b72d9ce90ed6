"""Places of a market and the cell a policy is aimed at: what estimands about space share."""

from __future__ import annotations

import dataclasses

import numpy as np

KINDS = 4


@dataclasses.dataclass(frozen=True)
class Geography:
    """The places of a market: names, distances (km, float64[z, z]), and the target."""

    names: list[str]
    distance_km: np.ndarray
    target_territory: int
    target_kind: int

    @property
    def target_cell(self) -> int:
        """Number of the target cell."""
        return self.target_territory * KINDS + self.target_kind

    def masks(self) -> dict[str, np.ndarray]:
        """Cells of each spatial form and of the target, bool[4 z] each; they share no cell and leave none out."""
        cells = np.arange(len(self.names) * KINDS)
        here = cells // KINDS == self.target_territory
        same_kind = cells % KINDS == self.target_kind
        return {
            "target": here & same_kind,
            "same_territory_other_kind": here & ~same_kind,
            "other_territory_same_kind": ~here & same_kind,
            "other_territory_other_kind": ~here & ~same_kind,
        }


def cell_means(rows: dict, arm: str, window: str) -> np.ndarray:
    """float64[pairs, cells]: person-days per day by cell."""
    return np.array(rows[f"{arm}_cells_{window}"], dtype=float)
