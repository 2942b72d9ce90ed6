"""Online inquiry and case-building in plain form: ads are read and linked, files are worked on until a case is complete."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import as_share, hash64, scramble, substream_of, uniform, whole
from sim.parameters.constants import MOST_FILES
from sim.rules.casework.evidence_plain import add_evidence, age_file, evidence_of
from sim.rules.enforcement.arrests_plain import break_up, can_be_taken, take_group
from sim.rules.labour.staffing_plain import ROTATION
from sim.state.records import LEFT

DIRECT = 0xA24BAED4963EE407  # makes another hash of a hash
COMPLETE = 1.0


def read_ads(day, seed, world, params):
    """Read ads on web sites, each unit with its own inspector-days and with those added by levers."""
    for u, police in enumerate(world.units):
        for days, stream in ((police.online, draws.ONLINE), (police.online_added, draws.LEVER_ONLINE)):
            substream = substream_of(seed, stream, day, police.uid)
            for k in range(whole(days * params.casework_ads_per_inspector_day, uniform(substream, draws.ADS_READ))):
                read_one_ad(u, hash64(substream, draws.FIRST_AD + k), day, seed, world, params)


def read_one_ad(u, substream, day, seed, world, params):
    """Read a random ad of the jurisdiction; if its Plan still runs it may be linked, and may lead to an intervention."""
    ads = {}
    for offer in world.offers[: world.counts[0].running]:
        site = world.plans[offer.boss].platform
        if site > 0 and world.platforms[site].open == 1 and world.territories[offer.territory].jurisdiction == u:
            ads[hash64(substream, offer.uid)] = offer.boss
    if not ads:
        return
    today, lowest = world.ledger[day], min(ads)
    b = ads[lowest]
    today.ads_read += 1
    chance = params.enforcement_yield_factor * params.casework_link_chance
    if world.plans[b].open == 1 and as_share(scramble(lowest ^ ROTATION)) < chance:
        today.ads_linked += 1
        add_evidence(b, params.casework_evidence_link, day, world, params)
        if as_share(scramble(lowest ^ DIRECT)) < params.casework_direct_chance:
            today.found_online += 1
            break_up(b, False, day, seed, world, params)


def work_on_files(day, world, params):
    """Age evidence; work on open files; return the Bosses whose case is complete."""
    bosses = world.bosses[: world.counts[0].bosses]
    for boss in bosses:
        if boss.file_unit >= 0 and boss.status != LEFT:
            age_file(boss, day, world, params)
    files = [b for b, boss in enumerate(bosses) if boss.file_unit >= 0 and boss.file_since >= 0 and can_be_taken(boss)]
    world.ledger[day].files_open += len(files)
    for u in range(len(world.units)):
        work_on_files_of(u, files, day, world, params)
    return [b for b in files if evidence_of(bosses[b]) >= COMPLETE]


def close_cases(complete, day, seed, world, params):
    """Arrest groups in the order of queue keys, except Bosses already arrested when another's Plan was broken up."""
    for b in sorted(
        complete, key=lambda b: hash64(substream_of(seed, draws.ARREST, day, world.bosses[b].uid), draws.ARREST_TICKET)
    ):
        if can_be_taken(world.bosses[b]):
            take_group(b, day, seed, world, params)


def work_on_files_of(u, files, day, world, params):
    """Give a unit's inspector-days, one per file, to the files with most evidence; part of the uid breaks ties."""

    def most_evidence_first(b):
        return int(max(0.0, 1000.0 - evidence_of(world.bosses[b])) * 1e9), world.bosses[b].uid % 2**20

    police = world.units[u]
    days = police.casework + police.casework_added
    each = max(1.0, days / MOST_FILES)
    evidence_a_day = params.enforcement_yield_factor * params.casework_evidence_day
    own = sorted((b for b in files if world.bosses[b].file_unit == u), key=most_evidence_first)
    for b in own[: min(MOST_FILES, math.ceil(days))]:
        spent = min(each, days)
        days -= spent
        add_evidence(b, spent * evidence_a_day, day, world, params)
