"""A setting of the live classroom: what twin worlds are run under; a link's query and back."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import urllib.parse
from collections.abc import Mapping
from typing import Any

from experiments.classroom.live.controls import (
    BONDING,
    CALENDAR,
    CALENDAR_FACTORS,
    CALENDAR_LABELS,
    DEMAND,
    EVERYWHERE,
    FLAT,
    KIND,
    KIND_LABELS,
    LARGEST,
    PLACE,
    USUAL,
    lever_ids,
)
from experiments.classroom.live.refusal import Refusal
from experiments.classroom.scene import MOST_SEED
from experiments.classroom.words import _
from experiments.configuration.composition import leaves_of
from sim.configuration import compose, group_names, read_group
from sim.initialisation.own_places import sites_of
from sim.levers import LEVER_KINDS
from sim.parameters import Parameters
from sim.policy import daily_cost

BEGIN, WEEKS = 180, 52  # day on which a policy begins, and for how long it is shown
LONGEST = 2000  # letters of a query
STRUCTURE, SEED, DAY = "structure", "seed", "day"
DEFAULT = "default"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What twin worlds are run under. `levers`: intensities by name, none of them zero; `structures`: none is the default's."""

    market: str = "class"
    levers: tuple[tuple[str, float], ...] = ()
    place: str = EVERYWHERE
    kind: str = EVERYWHERE
    structures: tuple[str, ...] = ()
    demand: float = 1.0
    bonding: float = 0.0
    calendar: str = USUAL
    seed: int = 1

    def query(self) -> str:
        """The query of a link that restores it; what is usual is left out."""
        usual = Setting(self.market)
        given: dict[str, Any] = {name: f"{value:.12g}" for name, value in self.levers}
        if self.structures:
            given[STRUCTURE] = ",".join(self.structures)
        for name in (PLACE, KIND, CALENDAR, SEED):
            if getattr(self, name) != getattr(usual, name):
                given[name] = str(getattr(self, name))
        for name in (DEMAND, BONDING):
            if getattr(self, name) != getattr(usual, name):
                given[name] = f"{getattr(self, name):.12g}"
        return urllib.parse.urlencode(given)

    def overrides(self) -> dict[str, Any]:
        """Numbers by dotted name, of both worlds."""
        found: dict[str, Any] = {"days": BEGIN + 7 * WEEKS, "burn_in": BEGIN, "policy.start_day": BEGIN, "seed": self.seed}
        for name in self.structures:
            found |= dict(leaves_of(read_group(STRUCTURE, name)))
        if self.calendar == FLAT:
            found |= {f"calendar.{factor}": 1.0 for factor in CALENDAR_FACTORS}
        if self.demand != 1.0:
            found["market.searches_per_day"] = self.demand * compose(self.market).market.searches_per_day
        return found | ({"labour.bonding": self.bonding} if self.bonding else {})

    def parameters(self, seed: int) -> tuple[Parameters, Parameters]:
        """The worlds without the policy and with it, on a seed. ConfigurationError, one line, for what cannot be."""
        bare, treated = _composed(self)
        return bare.model_copy(update={"seed": seed}), treated.model_copy(update={"seed": seed})

    def pulled(self) -> dict[str, Any]:
        """The levers, as numbers by dotted name."""
        found: dict[str, Any] = {}
        for name, intensity in self.levers:
            found[f"policy.levers.{name}.intensity"] = intensity
            found |= {f"policy.levers.{name}.{key}": value for key, value in self._aim(name).items()}
        return found

    def _aim(self, lever: str) -> dict[str, Any]:
        """Where a lever is pulled."""
        found: dict[str, Any] = {"platform": 1} if lever == "platform_closure" else {}
        if lever in ("venue_inspection", "street_patrol") and self.place != EVERYWHERE:
            found["territory"] = self.place
        if lever == "venue_inspection" and self.kind != EVERYWHERE:
            found["kind"] = self.kind
        return found


@functools.lru_cache(maxsize=64)
def _composed(setting: Setting) -> tuple[Parameters, Parameters]:
    """The worlds of a setting, validated once however many seeds they are run on."""
    overrides = setting.overrides()
    return compose(setting.market, "none", overrides), compose(setting.market, "none", overrides | setting.pulled())


def places_of(market: str) -> list[str]:
    """What a place can be: all, the most populous, or a name."""
    return [EVERYWHERE, LARGEST, *(site.name for site in sites_of(compose(market).market))]


def preset(setting: Setting, policy: str) -> Setting:
    """The setting with the levers of a policy of `configs/policy`, or a user's. ConfigurationError for an unknown one."""
    levers = read_group("policy", policy).get("levers") or {}
    aim = levers.get("venue_inspection", {})
    return dataclasses.replace(
        setting, levers=tuple(sorted((name, float(one["intensity"])) for name, one in levers.items() if one["intensity"])),
        place=aim.get("territory") or EVERYWHERE, kind=aim.get("kind") or EVERYWHERE)  # fmt: skip


def read_setting(query: Mapping[str, str], market: str = "class") -> Setting:
    """The setting of a link's query. ConfigurationError, one line, for what it cannot say."""
    if sum(len(key) + len(value) for key, value in query.items()) > LONGEST:
        raise Refusal(_("link: it is longer than {most} letters; copy it again"), most=LONGEST)
    known = {PLACE, KIND, STRUCTURE, DEMAND, BONDING, CALENDAR, SEED, *lever_ids()}
    for key in query:
        if key not in known:
            near = difflib.get_close_matches(key, sorted(known), n=1)
            if near:
                raise Refusal(_("link: {key}: nothing is called so; did you mean {near}?"), key=key[:60], near=near[0])
            raise Refusal(_("link: {key}: nothing is called so; copy the link again"), key=key[:60])
    levers = ((name, _number(query, name, 0.0, 0.0, LEVER_KINDS[name].largest)) for name in sorted(lever_ids() & query.keys()))
    structures = [name for name in query.get(STRUCTURE, "").split(",") if name and name != DEFAULT]
    for name in structures:
        _one_of(STRUCTURE, name, group_names(STRUCTURE))
    setting = Setting(
        market,
        tuple((name, value) for name, value in levers if value),
        _one_of(PLACE, query.get(PLACE, EVERYWHERE), places_of(market)),
        _one_of(KIND, query.get(KIND, EVERYWHERE), KIND_LABELS),
        tuple(dict.fromkeys(structures)),
        _number(query, DEMAND, 1.0, 0.1, 3.0),
        _number(query, BONDING, 0.0, 0.0, 1.0),
        _one_of(CALENDAR, query.get(CALENDAR, USUAL), CALENDAR_LABELS),
        round(_number(query, SEED, 1, 1, MOST_SEED)),
    )
    setting.parameters(setting.seed)
    return setting


def _number(query: Mapping[str, str], key: str, usual: float, low: float, high: float) -> float:
    try:
        value = float(query.get(key, usual))
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        text = _("link: {key}={value}: a number from {low} to {high} is needed")
        raise Refusal(text, key=key, value=query[key][:40], low=f"{low:g}", high=f"{high:g}")
    return value


def _one_of(key: str, value: str, valid) -> str:
    if value not in valid:
        raise Refusal(_("link: {key}={value}: unknown; valid: {valid}"), key=key, value=value[:60], valid=", ".join(valid))
    return value


def cost_a_year(setting: Setting) -> tuple[float, bool]:
    """Committed public cost of the policy in EUR a year, and whether it has a cost beside that is known only afterwards."""
    from sim.initialisation.environment import records_and_capacities

    treated = setting.parameters(setting.seed)[1]
    records, scale = records_and_capacities(treated)
    committed = sum(daily_cost(record, scale, treated.market.platforms) for record in records[records["code"] >= 0])
    return committed * 365.0 / 100.0, any(LEVER_KINDS[name].realised for name, _ in setting.levers)
