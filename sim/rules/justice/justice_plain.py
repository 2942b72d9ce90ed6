"""Justice in plain form: custody ends in prison, or in release; prison ends in relapse, or for good."""

from __future__ import annotations

import math

from sim.engine import draws
from sim.engine.chance_plain import normal_of, substream_of, uniform
from sim.rules.careers.succession_plain import succeed_the_jailed
from sim.rules.casework.evidence_plain import close_file, evidence_of
from sim.rules.plain_tables import in_plain_numbers
from sim.state.records import CUSTODY, FREE, LEFT, PRISON, REMOVED


def bring_to_justice(day, seed, world, params):
    """End due custody and prison of Bosses, then of Providers; others may succeed Bosses who are jailed."""
    world, params = in_plain_numbers(world, params)
    today, jailed = world.ledger[day], []
    for b, boss in enumerate(world.bosses[: world.counts[0].bosses]):
        if is_due(boss, day):
            substream, was_held = substream_of(seed, draws.JUSTICE, day, boss.uid), boss.status
            if was_held == CUSTODY:
                proof = min(1.0, evidence_of(boss))
                end_custody(boss, substream, day, proof, params.justice_prosecuted_boss, params.justice_prison_days_boss, params)
                close_file(boss)
            else:
                release(boss, substream, params)
            boss.territory, boss.tour_end = boss.home, day
            jailed += [b] if boss.status == PRISON else []
            today.bosses_left += boss.status == LEFT
    today.bosses_jailed += len(jailed)
    succeed_the_jailed(jailed, day, seed, world, params)
    for provider in world.providers[: world.counts[0].providers]:
        if is_due(provider, day):
            substream = substream_of(seed, draws.JUSTICE, day, provider.uid)
            if provider.status == CUSTODY:
                prison_days = params.justice_prison_days_provider
                end_custody(provider, substream, day, 0.0, params.justice_prosecuted_provider, prison_days, params)
            else:
                release(provider, substream, params)
            today.providers_jailed += provider.status == PRISON
            today.providers_left += provider.status == LEFT


def is_due(person, day):
    """Whether a person's time in custody or prison is over."""
    return person.status in (CUSTODY, PRISON) and person.back_day <= day and person.taken_until <= day


def end_custody(person, substream, day, proof, prosecuted, prison_days, params):
    """Jail with chance rising with proof (prosecution, then detention), else release; some then leave for good."""
    doubt = 1.0 - params.justice_evidence_weight * proof
    is_prosecuted = uniform(substream, draws.JUSTICE_PROSECUTED) < 1.0 - (1.0 - prosecuted) * doubt
    not_detained = (1.0 - params.justice_detained) * doubt * lenience(person, params)
    is_detained = uniform(substream, draws.JUSTICE_DETAINED) < 1.0 - not_detained
    if is_prosecuted and is_detained:
        sigma = params.justice_prison_sigma
        person.status = PRISON
        person.back_day = (
            day + 1 + int(prison_days * math.exp(sigma * normal_of(substream, draws.JUSTICE_PRISON_PAIR) - 0.5 * sigma * sigma))
        )
        person.convictions += 1
    else:
        person.status = LEFT if uniform(substream, draws.JUSTICE_LEAVES) < params.careers_leave_after_arrest else FREE
        person.back_day = day + 1


def lenience(person, params):
    """Share of the chance of no detention that is left to a person: all of it without a prior conviction (E10)."""
    return 1.0 - params.justice_record_weight * (person.convictions > 0)


def release(person, substream, params):
    """Release from prison: back to the activity, or gone for good; one held by a lever goes back."""
    goes_back = person.back_day == REMOVED or uniform(substream, draws.JUSTICE_RELAPSE) < params.justice_relapse
    person.status = FREE if goes_back else LEFT
