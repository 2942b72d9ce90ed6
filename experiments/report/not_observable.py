"""How reports write what the days measured cannot contain: in words, never as a zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOT_SEEN = "not observable"


def unseen(outcomes: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A line for each reason why outcomes cannot be seen, or only on some days, in the window.

    `outcomes`: by name, with a `reason`, or with `observed_days` where these are not all.
    """
    lines: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        if "reason" in outcome:
            lines.setdefault(outcome["reason"], []).append(name.replace("_", " "))
        elif "observed_days" in outcome:
            seen = f"counted on the last {outcome['observed_days']} days of the window only, as a mean over those"
            lines.setdefault(seen, []).append(name.replace("_", " "))
    return [f"{', '.join(names)}: {reason}." for reason, names in lines.items()]
