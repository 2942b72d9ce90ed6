"""What happened to a police unit, in sentences: visits and patrols, Plans found, arrests, files, and where visits are likely."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments.classroom.follow.events import Diary, first_day, is_arrested
from experiments.classroom.follow.looks import ENFORCED, FLOWED, History, observed
from experiments.classroom.follow.words import Translator, boss_label, date_of, is_invented, only_invented, place_and_kind
from sim.engine import draws
from sim.engine.chance_plain import substream_of, uniform, whole
from sim.initialisation.geography import Place, number_jurisdictions
from sim.levers import STREET_PATROL, VENUE_INSPECTION
from sim.parameters import Parameters
from sim.rules.enforcement.inspections_plain import weight_of
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import CUSTODY, KINDS, LEFT, PARTNER, PLAN_BROKEN_UP, STREET
from sim.state.world import World

VISITS, PATROLS = False, True  # as the rule calls them: whether to the street


class PoliceLook(NamedTuple):
    """What police may change, and the visits that they make on a day."""

    bosses: np.ndarray
    providers: np.ndarray
    holders: np.ndarray  # of slots of running Plans, by Boss
    visits: int
    patrols: int


def look_at_unit(u: int, seed: int) -> Callable[..., PoliceLook | None]:
    """A look around the enforcement of a day."""

    def look(day: int, moment: int, world: World, before: PoliceLook | None) -> PoliceLook | None:
        if moment not in (FLOWED, ENFORCED):
            return None
        counts, plans = world.counts[0], world.plans
        used = (np.arange(plans["slot_holder"].shape[1]) < plans["n_slots"][:, None]) & (plans["open"] == 1)[:, None]
        holders = np.where(used, plans["slot_holder"], -1)
        visits, patrols = (number_of_visits(u, street, day, seed, world) for street in (VISITS, PATROLS))
        return PoliceLook(
            world.bosses[: counts.bosses].copy(), world.providers[: counts.providers].copy(), holders, visits, patrols
        )

    return look


def number_of_visits(u: int, street: bool, day: int, seed: int, world: World) -> int:
    """Visits, or patrols, that a unit makes on a day: its own, and those that levers add in its cells."""
    lever, stream = (STREET_PATROL, draws.LEVER_PATROL) if street else (VENUE_INSPECTION, draws.LEVER_VISIT)
    number = own_visits(world.units[u], street, day, seed)
    for cell in np.flatnonzero(world.lever_intensity[lever] > 0.0).tolist():
        territory = world.territories[cell // KINDS]
        if territory.jurisdiction == u and (cell % KINDS == STREET) == street:
            added = float(world.lever_intensity[lever, cell] * world.lever_capacity[lever, cell])
            number += whole(added, uniform(substream_of(seed, stream, day, int(territory.uid) + cell % KINDS), draws.VISITS))
    return number


def own_visits(unit: np.void, street: bool, day: int, seed: int) -> int:
    """Visits, or patrols, that a unit makes on a day of its own: `inspections_plain.inspect_baseline` draws the same."""
    stream = draws.PATROL if street else draws.VISIT
    return whole(float(unit.patrols if street else unit.visits), uniform(substream_of(seed, stream, day, unit.uid), draws.VISITS))


def unit_label(u: int, places: tuple[Place, ...], _: Translator) -> str:
    """What a police unit is called."""
    return _("Police of {place}").format(place=number_jurisdictions(list(places))[0][u])


def open_files(u: int, world: World) -> int:
    """Number of a unit's files on Bosses who are in the activity."""
    bosses = world.bosses[: world.counts[0].bosses]
    return int(np.sum((bosses["file_since"] >= 0) & (bosses["file_unit"] == u) & (bosses["status"] != LEFT)))


# --- the story


def police_story(parameters: Parameters, day: int, u: int, days: int, _: Translator) -> dict[str, Any]:
    """The story of a police unit up to the evening of a day."""
    history = observed(parameters, first_day(day, days), day, look_at_unit(u, parameters.seed))
    diary, sums = Diary(parameters, _), np.zeros(5, int)  # visits, patrols, Plans, Bosses, Providers
    for today in range(history.first, day + 1):
        sums += _tell_day(today, u, history, diary, _)
    world, shown = history.world, date_of(parameters, history.first)
    labels = _("Visits to venues"), _("Street patrols"), _("Plans found"), _("Bosses arrested"), _("Providers arrested")
    units = _("visits"), _("patrols"), _("Plans"), _("arrests"), _("arrests")
    facts = [
        [_("Visits that the unit makes of its own"), round(float(world.units[u].visits), 3), _("visits a day")],
        [_("Patrols that the unit makes of its own"), round(float(world.units[u].patrols), 3), _("patrols a day")],
        [_("Files open"), open_files(u, world), _("files")],
        [_("Counted from"), shown, ""],
        *([label, number, unit] for label, number, unit in zip(labels, sums.tolist(), units, strict=True)),
    ]
    if is_invented(parameters):
        facts += [[label, share, "%"] for label, share in likely(u, history, _)]
    else:
        facts.append([_("Where its visits go"), only_invented(_), ""])
    return {"title": unit_label(u, history.simulation.places, _), "facts": facts, "events": diary.newest_first()}


def likely(u: int, history: History, _: Translator) -> Iterator[tuple[str, float]]:
    """Cells of a unit with the share of its visits, or of its patrols, that goes there, in per cent."""
    world, params = in_plain_numbers(history.world, history.simulation.params[0])
    for street in (VISITS, PATROLS):
        weights = [weight_of(cell, street, world.units[u].jurisdiction, world, params) for cell in range(len(world.attention))]
        for cell, weight in enumerate(weights):
            if weight > 0.0:
                label = _("Share of its patrols in {place}") if street else _("Share of its visits in {place}")
                yield label.format(place=place_and_kind(cell, history.names, _)), round(100.0 * weight / sum(weights), 1)


def _tell_day(day: int, u: int, history: History, diary: Diary, _: Translator) -> tuple[int, ...]:
    """Tell a day of a unit; visits, patrols, Plans found, arrests of Bosses and of Providers."""
    before, after = history.seen[day, FLOWED], history.seen[day, ENFORCED]
    unit_of, say = history.world.territories["jurisdiction"], functools.partial(diary.note, day)
    if before.visits or before.patrols:
        made = {"visits": before.visits, "patrols": before.patrols}
        say(_("Visits to venues: {visits}; street patrols: {patrols}.").format(**made))
    events = history.events[(history.events["day"] == day) & (history.events["code"] == PLAN_BROKEN_UP)]
    own = [event for event in events if unit_of[event.cell // KINDS] == u]
    for event in own:
        say(_("Broke up a Plan in {place}.").format(place=place_and_kind(event.cell, history.names, _)))
    bosses = [b for b in _arrested(before.bosses, after.bosses) if unit_of[_place_of_boss(b, before)] == u]
    providers = [
        p for p in _arrested(before.providers, after.providers) if unit_of[_place_of_arrest(p, events, history, day)] == u
    ]
    if bosses or providers:
        arrests = {"bosses": len(bosses), "providers": len(providers)}
        say(_("Arrests: Bosses {bosses}, Providers {providers}.").format(**arrests))
    for b in np.flatnonzero((after.bosses["file_since"] == day) & (after.bosses["file_unit"] == u)):
        say(_("Opened a file on {boss}.").format(boss=boss_label(b, _)))
    known = after.bosses[: before.bosses.size]  # others took over from those arrested
    for b in np.flatnonzero((known["case_day"] == day) & (before.bosses["file_unit"] == u)):
        say(_("Completed a case against {boss}.").format(boss=boss_label(b, _)))
    return before.visits, before.patrols, len(own), len(bosses), len(providers)


def _arrested(before: np.ndarray, after: np.ndarray) -> list[int]:
    """Rows of those who were arrested between two looks."""
    held = np.flatnonzero(after["status"] == CUSTODY).tolist()
    return [row for row in held if row < before.size and is_arrested(before[row], after[row])]


def _place_of_boss(b: int, look: PoliceLook) -> int:
    """The territory in which a Boss is, which of one who has joined in a Plan is that of the Plan."""
    boss = look.bosses[b]
    return int(look.bosses["territory"][boss.partner] if boss.status == PARTNER else boss.territory)


def _place_of_arrest(p: int, broken: np.ndarray, history: History, day: int) -> int:
    """The territory in which a Provider was arrested: of a Plan broken up, of a Boss they were taken with, or their home."""
    before, after = history.seen[day, FLOWED], history.seen[day, ENFORCED]
    for event in broken:
        b = int(np.flatnonzero(before.bosses["uid"] == event.uid)[0])
        if p in before.holders[b]:
            return int(event.cell) // KINDS
    for b in _arrested(before.bosses, after.bosses):
        if p in before.bosses["contact"][b, : before.bosses["n_contacts"][b]]:
            return _place_of_boss(b, before)
    return int(before.providers["home"][p])
