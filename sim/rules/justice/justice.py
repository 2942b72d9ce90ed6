"""Justice: custody, prosecution, prison, release, relapse."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import day_key, lognormal, substream_of, uniform
from sim.engine.compiled import phase, rule
from sim.rules.careers.succession import succeed_the_jailed
from sim.rules.casework.evidence import COMPLETE, close_file, evidence_of
from sim.state.records import CUSTODY, FREE, LEFT, PRISON, REMOVED


@phase
def bring_to_justice(day, seed, world, params):
    """End custody and prison of Bosses and Providers when due. Plain form: justice_plain.bring_to_justice."""
    key = day_key(seed, draws.JUSTICE, day)
    today = world.ledger[day]
    number = 0
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        if not is_due(boss, day):
            continue
        substream = substream_of(key, boss.uid)
        if boss.status == CUSTODY:
            proof = min(COMPLETE, evidence_of(boss))
            prosecuted, prison_days = params.justice_prosecuted_boss, params.justice_prison_days_boss
            jailed = end_custody(boss, substream, day, proof, prosecuted, prison_days, params)
            close_file(boss)
            today.bosses_jailed += jailed
            if jailed == 1:
                world.boss_queue[number] = b
                number += 1
            elif boss.status == LEFT:
                today.bosses_left += 1
        else:
            today.bosses_left += release(boss, substream, params)
        boss.territory = boss.home
        boss.tour_end = day
    succeed_the_jailed(number, day, seed, world, params)
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        if not is_due(provider, day):
            continue
        substream = substream_of(key, provider.uid)
        if provider.status == CUSTODY:
            prosecuted, prison_days = params.justice_prosecuted_provider, params.justice_prison_days_provider
            jailed = end_custody(provider, substream, day, 0.0, prosecuted, prison_days, params)
            today.providers_jailed += jailed
            if provider.status == LEFT:
                today.providers_left += 1
        else:
            today.providers_left += release(provider, substream, params)


@rule
def is_due(person, day):
    """Whether a person's time in custody or prison is over."""
    held = person.status == CUSTODY or person.status == PRISON
    return held and person.back_day <= day and person.taken_until <= day


@rule
def end_custody(person, substream, day, proof, prosecuted, prison_days, params):
    """Jail with chance rising with proof (prosecution, then detention), else release; return 1 if jailed.

    A prior conviction removes a share of the chance of no detention (E10). Detention adds a conviction to the record. Some of
    those released leave for good.

    Plain form: justice_plain.end_custody.
    """
    doubt = 1.0 - params.justice_evidence_weight * proof
    charged = uniform(substream, draws.JUSTICE_PROSECUTED) < 1.0 - (1.0 - prosecuted) * doubt
    lenience = 1.0 - params.justice_record_weight if person.convictions > 0 else 1.0
    if charged and uniform(substream, draws.JUSTICE_DETAINED) < 1.0 - (1.0 - params.justice_detained) * doubt * lenience:
        person.status = PRISON
        person.back_day = day + 1 + int(lognormal(substream, draws.JUSTICE_PRISON_PAIR, prison_days, params.justice_prison_sigma))
        person.convictions += 1
        return 1
    person.status = LEFT if uniform(substream, draws.JUSTICE_LEAVES) < params.careers_leave_after_arrest else FREE
    person.back_day = day + 1
    return 0


@rule
def release(person, substream, params):
    """Release from prison: back to the activity, or gone for good; return 1 if gone. One held by a lever goes back.

    Plain form: justice_plain.release.
    """
    if person.back_day == REMOVED or uniform(substream, draws.JUSTICE_RELAPSE) < params.justice_relapse:
        person.status = FREE
        return 0
    person.status = LEFT
    return 1
