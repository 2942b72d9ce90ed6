"""Online inquiry and case-building: ads are read and linked, files are worked on until a case is complete.

Units work on the files with most evidence in their jurisdiction. In a complete case the whole group is arrested.
"""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance import U64, day_key, hash64, mix, stochastic_round, substream_of, uniform, unit
from sim.engine.compiled import rule
from sim.engine.lowest_k import independent_uniform, keep_lowest, pair_hash
from sim.engine.sorting import sort_by_key
from sim.parameters.constants import MOST_FILES
from sim.rules.casework.evidence import COMPLETE, add_evidence, age_file, evidence_of
from sim.rules.enforcement.arrests import break_up, can_be_taken, take_group
from sim.state.records import LEFT

_DIRECT = U64(0xA24BAED4963EE407)
_MOST_EVIDENCE = 1000.0
_UID_BITS = U64(0xFFFFF)


@rule
def read_ads(day, seed, world, params):
    """Read ads on web sites, each unit with its own inspector-days and with those added by levers.

    Plain form: casework_plain.read_ads.
    """
    for u in range(world.units.size):
        police = world.units[u]
        for of_lever in (False, True):
            days = police.online_added if of_lever else police.online
            if days <= 0.0:
                continue
            substream = substream_of(day_key(seed, draws.LEVER_ONLINE if of_lever else draws.ONLINE, day), police.uid)
            for k in range(stochastic_round(days * params.casework_ads_per_inspector_day, uniform(substream, draws.ADS_READ))):
                _read_one_ad(u, U64(hash64(substream, draws.FIRST_AD + k)), day, seed, world, params)


@rule
def _read_one_ad(u, substream, day, seed, world, params):
    """Read the ad with the lowest hash in the jurisdiction; it may be linked, and may lead to an intervention.

    Plain form: casework_plain.read_one_ad.
    """
    places = world.territories.size
    chosen = -1
    lowest = U64(0)
    for site in range(1, world.platforms.size):
        if world.platforms[site].open == 0:
            continue
        for z in range(places):
            if world.territories[z].jurisdiction != u:
                continue
            run = site * places + z
            for entry in range(world.offers_start[run], world.offers_start[run + 1]):
                bits = pair_hash(substream, world.offers[entry].uid)
                if chosen < 0 or bits < lowest:
                    chosen = entry
                    lowest = bits
    if chosen < 0:
        return
    today = world.ledger[day]
    today.ads_read += 1
    b = world.offers[chosen].boss
    plan = world.plans[b]
    if plan.open == 0 or plan.uid != world.offers[chosen].uid:
        return
    if independent_uniform(lowest) >= params.enforcement_yield_factor * params.casework_link_chance:
        return
    today.ads_linked += 1
    add_evidence(b, params.casework_evidence_link, day, world, params)
    if unit(mix(lowest ^ _DIRECT)) < params.casework_direct_chance:
        today.found_online += 1
        break_up(b, False, day, seed, world, params)


@rule
def work_on_files(day, seed, world, params):
    """Age evidence; work on open files, those with most evidence first; close complete cases.

    Plain form: casework_plain.work_on_files.
    """
    counts = world.counts[0]
    counts.files = 0
    for b in range(counts.bosses):
        boss = world.bosses[b]
        if boss.file_unit < 0 or boss.status == LEFT:
            continue
        age_file(boss, day, world, params)
        if boss.file_since >= 0 and can_be_taken(boss):
            world.files[counts.files] = b
            counts.files += 1
    world.ledger[day].files_open += counts.files
    for u in range(world.units.size):
        _work_on_files_of(u, day, world, params)
    _close_complete_cases(day, seed, world, params)


@rule
def _close_complete_cases(day, seed, world, params):
    """Arrest groups in the order of queue keys; evidence found meanwhile about others counts tomorrow."""
    key = day_key(seed, draws.ARREST, day)
    complete = 0
    for i in range(world.counts[0].files):
        b = world.files[i]
        if evidence_of(world.bosses[b]) >= COMPLETE:
            world.boss_queue[complete] = b
            world.queue_keys[complete] = hash64(substream_of(key, world.bosses[b].uid), draws.ARREST_TICKET)
            complete += 1
    sort_by_key(complete, world.boss_queue, world)
    for i in range(complete):
        if can_be_taken(world.bosses[world.boss_queue[i]]):  # else present when another Boss's Plan was broken up
            take_group(world.boss_queue[i], day, seed, world, params)


@rule
def _work_on_files_of(u, day, world, params):
    """Give a unit's inspector-days, one per file, to the files with most evidence.

    Plain form: casework_plain.work_on_files_of.
    """
    police = world.units[u]
    days = police.casework + police.casework_added
    if days <= 0.0:
        return
    wanted = min(MOST_FILES, int(math.ceil(days)))
    found = 0
    for i in range(world.counts[0].files):
        b = world.files[i]
        if world.bosses[b].file_unit == u:
            found = keep_lowest(_most_evidence_first(world.bosses[b]), b, wanted, found, world)
    each = max(1.0, days / MOST_FILES)
    evidence_a_day = params.enforcement_yield_factor * params.casework_evidence_day
    for i in range(found):
        spent = min(each, days)
        days -= spent
        add_evidence(world.lowest_rows[i], spent * evidence_a_day, day, world, params)


@rule
def _most_evidence_first(boss):
    """A sort key that falls with evidence; part of the uid breaks ties."""
    missing = max(0.0, _MOST_EVIDENCE - evidence_of(boss))
    return (U64(int(missing * 1e9)) << U64(20)) | (boss.uid & _UID_BITS)
