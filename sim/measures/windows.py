"""Days that are measured, and outcomes that can be observed on them.

One rule for every command and for Python. With a policy, outcomes cover the days from the first lever's start on,
and never days of the burn-in; the days from the end of burn-in to that start are reported separately. Without a
policy, and where the first lever starts only after the last day run, they cover the days from the end of burn-in on.
A lever counts whatever its intensity, so that worlds without and with it are measured over the same days.

Some outcomes cannot happen on some days (an exit is lasting after a year), or in a world that lacks what they need
(nobody runs away from care where there is no bed). There they have no value but a reason, and are never zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from sim.configuration import ConfigurationError
from sim.parameters import Parameters
from sim.parameters.constants import LASTING_DAYS

if TYPE_CHECKING:
    from sim.simulation import Simulation


# --- days


def policy_start(parameters: Parameters) -> int | None:
    """Day on which the first lever of the policy begins; None without a lever."""
    policy = parameters.policy
    return first_start((lever.start for lever in policy.levers.values()), policy.start_day)


def first_start(starts: Iterable[int | None], start_day: int) -> int | None:
    """The first of the levers' own starts, where None means the policy's `start_day`; None without levers."""
    return min((start_day if start is None else start for start in starts), default=None)


def first_measured(burn_in: int, start: int | None, last: int) -> int:
    """First day measured of a world run to day `last`, whose policy begins on day `start` (None: no policy)."""
    return max(burn_in, start) if has_begun(start, last) else burn_in


def has_begun(start: int | None, last: int) -> bool:
    """Whether a policy that begins on day `start` is in force on a day before `last`."""
    return start is not None and start < last


def read_window(simulation: Simulation, first: int | None, last: int | None, what: str) -> tuple[int, int]:
    """First day and day after the last, by default those measured (see the top of this file).

    Raises ConfigurationError, naming `what` was requested, for a window without a day or with days not run.
    """
    last = simulation.day if last is None else last
    if first is None:
        first = first_measured(simulation.parameters.burn_in, policy_start(simulation.parameters), last)
    if not 0 <= first < last <= simulation.day:
        raise ConfigurationError(
            f"no {what} over days {first} to {last}: {simulation.day} days have been run and measurement begins"
            f" on day {simulation.parameters.burn_in}; run longer, or give first= and last= within the days run"
        )
    return first, last


def window_before(parameters: Parameters, last: int) -> tuple[int, int] | None:
    """Days from the end of burn-in to the policy's start; None if no policy has begun or no day lies between."""
    start = policy_start(parameters)
    return (parameters.burn_in, start) if has_begun(start, last) and start > parameters.burn_in else None


def describe_window(start: dt.date, first: int, last: int) -> dict[str, Any]:
    """Days first..last-1 of a world starting on a date, as JSON: both days and both dates, the last included."""
    days = {"first_day": first, "last_day": last - 1}
    return days | {name.replace("day", "date"): (start + dt.timedelta(days=day)).isoformat() for name, day in days.items()}


def window_text(window: dict[str, Any]) -> str:
    """The result of `describe_window` in words."""
    return f"days {window['first_day']} to {window['last_day']} ({window['first_date']} to {window['last_date']})"


# --- outcomes


class Limit(NamedTuple):
    """Conditions under which an outcome can be anything but zero.

    Attributes
    ----------
    needs
        The conditions in words.
    days
        Days after the start of the world, or of the policy, before the first can be counted; None: never here.
    of_policy
        Whether what is counted must have begun under the policy.
    beds
        Measures of the ledger of which one must be above zero on some day of the window.
    numbers, levers
        Parameters of which one must be above zero, or levers of which one must be in force.
    a_count
        Whether it is a count, whose absence has no other reason (a ratio's may).
    """

    needs: str
    days: Callable[[Parameters], int | None] = lambda parameters: 0
    of_policy: bool = False
    beds: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    levers: tuple[str, ...] = ()
    a_count: bool = True


def _days_worked(parameters: Parameters) -> int:
    careers = parameters.careers
    return 0 if careers.promotion_blind else max(0, careers.promotion_days - 1)


def _days_of_experience(parameters: Parameters) -> int:
    return max(0, parameters.careers.promotion_days - 1)


def _days_between_messages(parameters: Parameters) -> int | None:
    outreach = parameters.outreach
    return outreach.practice_days if outreach.practice_days < outreach.interval_days else None


_BEDS = ("beds_near", "beds_distant")
_CARE = ("care.beds_near", "care.beds_distant")
_IN_CARE = Limit("a day in a bed", lambda parameters: 1, beds=_BEDS, numbers=_CARE, levers=_BEDS)
_CLOSURE = Limit("a web site that is closed", levers=("platform_closure",))


def _channel(channel: str) -> dict[str, Limit]:
    limit = Limit(f"{channel} outreach", numbers=(f"outreach.{channel}_hours",), levers=(f"outreach_{channel}",))
    return {f"outreach_{channel}_{step}": limit for step in ("contacts", "answers", "meetings", "accompaniments")}


LIMITS: dict[str, Limit] = {
    "lasting_exits": Limit(f"{LASTING_DAYS} days after an exit", lambda parameters: LASTING_DAYS, of_policy=True),
    "returned_to_risk": Limit("a day after an exit", lambda parameters: 1),
    "plans_completed": Limit("planning.duration_low days of a Plan", lambda parameters: parameters.planning.duration_low - 1),
    "found_again": _IN_CARE,
    "ran_away_from_care": _IN_CARE,
    "stays_completed": _IN_CARE,
    "placed": Limit("a bed", beds=_BEDS, numbers=_CARE, levers=_BEDS),
    "persons_in_care_near": Limit("a near bed", beds=_BEDS[:1], numbers=_CARE[:1], levers=_BEDS[:1]),
    "persons_in_care_distant": Limit("a distant bed", beds=_BEDS[1:], numbers=_CARE[1:], levers=_BEDS[1:]),
    **_channel("street"),
    **_channel("personal"),
    **_channel("mass"),
    "messages_too_soon": Limit(
        "outreach.practice_days between two messages, and outreach.interval_days above it", _days_between_messages,
        numbers=("outreach.practice_days", "outreach.interval_days")),
    "searches_blocked_share": _CLOSURE,
    "searches_given_up_share": _CLOSURE,
    "searches_to_street_share": _CLOSURE,
    "launches_delayed": _CLOSURE,
    "contacts_lost_by_closure": _CLOSURE,
    "ads_read": Limit("online inquiry", numbers=("enforcement.online_share",), levers=("online_inquiry",)),
    "ads_linked": Limit("online inquiry", numbers=("enforcement.online_share",), levers=("online_inquiry",)),
    "clients_fined": Limit("fines for clients", numbers=("enforcement.client_share",), levers=("client_fines",)),
    "fine_revenue": Limit("fines for clients", numbers=("enforcement.client_share",), levers=("client_fines",)),
    "courses": Limit("places in courses", numbers=("enforcement.courses_per_100k",), levers=("awareness_courses",)),
    "prevented": Limit("a prevention programme", levers=("prevention",)),
    "promoted": Limit("careers.promotion_days days of work", _days_worked),
    "bosses_once_providers_share": Limit("careers.promotion_days days of work", _days_of_experience),
    "taken_over_by_provider_share": Limit("careers.promotion_days days of work", _days_of_experience, a_count=False),
}  # fmt: skip


def counted_since(parameters: Parameters, first: int, last: int) -> int:
    """Day from which spells counted in a window must have begun: the policy's start if the window lies after it, else 0."""
    start = policy_start(parameters)
    return start if has_begun(start, last) and first >= start else 0


def first_seen(limit: Limit, parameters: Parameters, since: int) -> int | None:
    """First day on which an outcome can be counted; None if there is none in this world."""
    days = limit.days(parameters)
    return days if days is None or not limit.of_policy else since + days


def cannot_be_seen(name: str, parameters: Parameters, last: int, since: int) -> str | None:
    """Why an outcome cannot be counted on any day before `last`, or None if it can."""
    limit = LIMITS.get(name)
    if limit is None:
        return None
    begins = first_seen(limit, parameters, since)
    if begins is None:
        return not_observable(limit)
    return not_observable(limit, begins) if begins >= last else None


def not_observable(limit: Limit, begins: int | None = None) -> str:
    """The reason in words, with the first day on which the outcome could be counted if there is one."""
    return f"not observable in this window (needs {limit.needs}{'' if begins is None else f': from day {begins} on'})"


def is_wanting(limit: Limit, parameters: Parameters, ledger, first: int, last: int) -> bool:
    """Whether a world lacks what an outcome needs on every day of a window, so that it could only be zero."""
    if limit.days(parameters) is None:
        return True
    if not (limit.beds or limit.levers):
        return False
    if limit.beds:
        return not any(ledger[name][first:last].any() for name in limit.beds)
    return not (any(_value_at(parameters, key) > 0 for key in limit.numbers) or _is_pulled(limit.levers, parameters, last))


def _value_at(parameters: Parameters, key: str) -> float:
    group, name = key.split(".")
    return getattr(getattr(parameters, group), name)


def _is_pulled(names: tuple[str, ...], parameters: Parameters, last: int) -> bool:
    policy = parameters.policy
    chosen = (lever for name, lever in policy.levers.items() if name in names)
    return any(lever.intensity > 0.0 and first_start([lever.start], policy.start_day) < last for lever in chosen)


def concerned(paths: Collection[str]) -> frozenset[str]:
    """Outcomes whose conditions depend on these configuration paths: when these are compared, a zero is reported."""
    found = set()
    for name, limit in LIMITS.items():
        keys = (*limit.numbers, *(f"policy.levers.{lever}" for lever in limit.levers))
        if any(path == key or path.startswith(f"{key}.") for path in paths for key in keys):
            found.add(name)
    return frozenset(found)
