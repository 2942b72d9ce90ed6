"""Recorded worlds as a page holds them: few bytes, and quick to read in a browser (`assets/decode.js`)."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from experiments.classroom.scene import ATTENTION_SCALE, WEEK, rows_of

BY_WEEK = {("series", "encounters"), ("series", "vacancies")}  # and all that is by cell or territory, but for attention
MOST_CODED = 2**16


def is_by_week(row: tuple[str, str | int]) -> bool:
    """Whether a page holds this row by week, to be small: a map shows the mean of a week anyway."""
    return row in BY_WEEK or row[0] in ("persons", "plans")


def layout(territories: int, days: int) -> dict[str, Any]:
    """Which rows a segment holds by day and which by week, and what they are to be divided by."""
    rows = rows_of(territories)
    return {
        "daily": [list(row) for row in rows if not is_by_week(row)],
        "weekly": [list(row) for row in rows if is_by_week(row)],
        "days": days,
        "weeks": days // WEEK,
        "scale": {"attention": ATTENTION_SCALE},
    }


def segment(worlds: np.ndarray, territories: int, running: bool) -> str:
    """int64[worlds, rows, days] as base64 of packed bytes; `running`: each day as the change from the one before."""
    by_week = np.array([is_by_week(row) for row in rows_of(territories)])
    weeks = worlds[:, by_week].reshape(len(worlds), by_week.sum(), -1, WEEK).sum(axis=3)
    blocks = [worlds[:, ~by_week], weeks]
    if running:
        blocks = [np.diff(block, axis=2, prepend=0) for block in blocks]
    numbers = np.concatenate([block.ravel() for block in blocks])
    coded = np.where(numbers >= 0, 2 * numbers, -2 * numbers - 1)
    if coded.max(initial=0) >= MOST_CODED:
        raise OverflowError(f"a number of {np.abs(numbers).max()} has no room in a page")
    packed = np.concatenate([coded & 255, coded >> 8]).astype(np.uint8)
    return base64.b64encode(zlib.compress(packed.tobytes(), 9)).decode("ascii")


def read_segment(text: str, worlds: int, territories: int, days: int, running: bool) -> np.ndarray:
    """The numbers of a segment by day as `assets/decode.js` reads them: float64[worlds, rows, days]."""
    packed = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).astype(np.int64)
    coded = packed[: packed.size // 2] + 256 * packed[packed.size // 2 :]
    numbers = np.where(coded % 2 == 0, coded // 2, -(coded + 1) // 2)
    by_week = np.array([is_by_week(row) for row in rows_of(territories)])
    daily, weekly = np.split(numbers, [worlds * int((~by_week).sum()) * days])
    daily, weekly = daily.reshape(worlds, -1, days), weekly.reshape(worlds, -1, days // WEEK)
    if running:
        daily, weekly = daily.cumsum(axis=2), weekly.cumsum(axis=2)
    whole = np.zeros((worlds, by_week.size, days))
    whole[:, ~by_week], whole[:, by_week] = daily, np.repeat(weekly / WEEK, WEEK, axis=2)
    return whole


def segments(
    structures: Iterable[str], policies: Iterable[str], worlds: dict[str, tuple[np.ndarray, np.ndarray]], territories: int
) -> Iterator[tuple[str, str]]:
    """Name and text of each segment.

    `worlds`: by structure int64[seeds, rows, days] without a policy, and int64[seeds, policies, intensities, rows, days], the
    changes under each.
    """
    policies = list(policies)
    for structure in structures:
        untreated, changes = worlds[structure]
        yield f"data-{structure}-untreated", segment(untreated, territories, running=True)
        for number, policy in enumerate(policies):
            of_policy = changes[:, number].swapaxes(0, 1)  # by intensity, then by seed
            yield f"data-{structure}-{policy}", segment(of_policy.reshape(-1, *of_policy.shape[2:]), territories, running=False)
