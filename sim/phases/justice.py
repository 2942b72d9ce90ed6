"""Justice: custody, prosecution, prison, release, relapse."""

from __future__ import annotations

from sim.chance import JUSTICE, day_key, dice_of, lognormal, roll
from sim.compiled import phase, rule
from sim.state.records import CUSTODY, FREE, LEFT, PRISON, REMOVED


@phase
def bring_to_justice(day, seed, world, rules):
    """End of custody and of prison for Bosses and Providers."""
    key = day_key(seed, JUSTICE, day)
    today = world.ledger[day]
    for b in range(world.counts[0].bosses):
        boss = world.bosses[b]
        if not is_due(boss, day):
            continue
        dice = dice_of(key, boss.uid)
        if boss.status == CUSTODY:
            today.bosses_jailed += end_custody(
                boss, dice, day, rules.justice_prosecuted_boss, rules.justice_prison_days_boss, rules)  # fmt: skip
        else:
            today.bosses_left += release(boss, dice, rules)
        boss.place = boss.home
        boss.tour_end = day
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        if not is_due(provider, day):
            continue
        dice = dice_of(key, provider.uid)
        if provider.status == CUSTODY:
            today.providers_jailed += end_custody(
                provider, dice, day, rules.justice_prosecuted_provider, rules.justice_prison_days_provider, rules)  # fmt: skip
        else:
            today.providers_left += release(provider, dice, rules)


@rule
def is_due(person, day):
    """In custody or prison, and the time is over."""
    held = person.status == CUSTODY or person.status == PRISON
    return held and person.back_day <= day and person.taken_until <= day


@rule
def end_custody(person, dice, day, prosecuted, prison_days, rules):
    """Prosecuted and detained, or released; returns 1 if jailed. A conviction is added to the record."""
    if roll(dice, 0) < prosecuted and roll(dice, 1) < rules.justice_detained:
        person.status = PRISON
        person.back_day = day + 1 + int(lognormal(dice, 1, prison_days, rules.justice_prison_sigma))
        person.convictions += 1
        return 1
    person.status = FREE
    person.back_day = day + 1
    return 0


@rule
def release(person, dice, rules):
    """Back to the activity, or gone for good; returns 1 if gone. One who was only removed goes back."""
    if person.back_day == REMOVED or roll(dice, 4) < rules.justice_relapse:
        person.status = FREE
        return 0
    person.status = LEFT
    return 1
