"""Succession: promotion of Providers, takeover from jailed Bosses, and new ties of persons left without a Boss."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64, day_key, hash64, probability_from_rate, substream_of, uniform
from sim.engine.compiled import rule
from sim.engine.lowest_k import keep_lowest, pair_hash
from sim.engine.sorting import sort_by_key
from sim.initialisation.attributes import be_introduced, believe_the_prior, meet_bosses, start_as_boss
from sim.parameters.constants import MET_BEFORE
from sim.rules.control.ties import tie, untie
from sim.rules.labour.staffing import known_since
from sim.state.records import (
    ACQUAINTED,
    BETWEEN,
    CONTACTS,
    FREE,
    LEFT,
    OTHER_WORK,
    PARTNER,
    RUNNING,
    TIES,
)


@rule
def promote_providers(day, seed, world, params):
    """Promote idle Providers with experience, capital and contacts to Boss (E40); any of them under the switch.

    The rate rises by `careers.record_promotion` of itself with a prior conviction (E10).

    Promotions follow the order of queue keys: later ones meet those promoted before them.

    Plain form: succession_plain.promote_providers.
    """
    if params.careers_promotion_rate <= 0.0:
        return
    chance = probability_from_rate(params.careers_promotion_rate)
    chance_with_record = probability_from_rate(params.careers_promotion_rate * (1.0 + params.careers_record_promotion))
    key = day_key(seed, draws.PROMOTION, day)
    number = 0
    for p in range(world.counts[0].providers):
        provider = world.providers[p]
        if provider.status != FREE or not may_become_boss(provider, params):
            continue
        substream = substream_of(key, provider.uid)
        if uniform(substream, draws.PROMOTION_HAPPENS) < (chance_with_record if provider.convictions > 0 else chance):
            world.row_queue[number] = p
            world.queue_keys[number] = hash64(substream, draws.PROMOTION_TICKET)
            number += 1
    sort_by_key(number, world.row_queue, world)
    for i in range(number):
        become_boss(world.row_queue[i], day, seed, world, params)
        world.ledger[day].promoted += 1


@rule
def may_become_boss(provider, params):
    """Whether experience, capital and contacts suffice; always True if the switch removes these conditions."""
    if params.careers_promotion_blind == 1:
        return True
    return (
        provider.days_worked >= params.careers_promotion_days
        and provider.cash >= 100.0 * params.careers_promotion_capital
        and provider.n_colleagues >= params.careers_promotion_contacts
    )


@rule
def become_boss(p, day, seed, world, params):
    """Make a Provider a Boss from tomorrow, with their uid, money and acquaintances; return the Boss's row.

    Plain form: succession_plain.become_boss.
    """
    counts = world.counts[0]
    provider = world.providers[p]
    b = counts.bosses
    counts.bosses += 1
    boss = world.bosses[b]
    boss.uid = provider.uid
    boss.birth_day = provider.birth_day
    boss.sex = provider.sex
    boss.unqualified = provider.unqualified
    boss.convictions = provider.convictions
    boss.was_provider = 1
    start_as_boss(boss, substream_of(day_key(seed, draws.PROMOTION, 0), provider.uid), provider.home, day, params)
    boss.cash = provider.cash
    world.ledger[day].capital_taken_along += provider.cash
    provider.cash = 0
    provider.promoted = 1
    provider.status = LEFT
    provider.bound_to = -1
    believe_the_prior(b, day, world, params)
    meet_bosses(b, seed, world, params)
    _keep_last_boss(b, provider.last_boss, world, params)
    be_introduced(b, world, params)
    for i in range(provider.n_colleagues):
        _add_contact(boss, provider.colleague[i], day - MET_BEFORE, world)
    return b


@rule
def _keep_last_boss(b, last, world, params):
    """Let a new Boss hear from the Boss they worked for, instead of the farthest acquaintance if necessary."""
    boss = world.bosses[b]
    if last < 0 or params.careers_acquaintances == 0 or world.bosses[last].status == LEFT:
        return
    for i in range(boss.n_acquainted):
        if boss.acquainted[i] == last:
            return
    if boss.n_acquainted < min(ACQUAINTED, params.careers_acquaintances):
        boss.n_acquainted += 1
    boss.acquainted[boss.n_acquainted - 1] = last


@rule
def _add_contact(boss, p, since, world):
    """Add a Provider to the contacts, if there is room and the Provider is in the market."""
    if boss.n_contacts == CONTACTS or world.providers[p].status == LEFT or known_since(p, boss) >= 0:
        return
    i = boss.n_contacts
    boss.contact[i] = p
    boss.contact_since[i] = since
    boss.contact_times[i] = 1
    boss.contact_last[i] = since
    boss.n_contacts += 1


@rule
def succeed_the_jailed(number, day, seed, world, params):
    """Handle the succession of Bosses jailed today (`world.boss_queue`) in the order of their queue keys.

    Plain form: succession_plain.succeed_the_jailed.
    """
    key = day_key(seed, draws.TAKEOVER, day)
    for i in range(number):
        world.queue_keys[i] = hash64(substream_of(key, world.bosses[world.boss_queue[i]].uid), draws.TAKEOVER_TICKET)
    sort_by_key(number, world.boss_queue, world)
    for i in range(number):
        succeed(world.boss_queue[i], day, seed, world, params)


@rule
def succeed(b, day, seed, world, params):
    """Let a co-Boss, or an experienced Provider, take over the persons and contacts of a jailed Boss.

    Plain form: succession_plain.succeed.
    """
    boss = world.bosses[b]
    substream = substream_of(day_key(seed, draws.TAKEOVER, day), boss.uid)
    partner = boss.partner
    today = world.ledger[day]
    if partner >= 0 and world.bosses[partner].status in (FREE, RUNNING, OTHER_WORK, PARTNER):
        if uniform(substream, draws.TAKEOVER_BY_PARTNER) < params.careers_takeover_partner:
            hand_over(b, partner, substream, day, world)
            today.taken_over_by_co_boss += 1
            return
    if uniform(substream, draws.TAKEOVER_BY_PROVIDER) < params.careers_takeover_provider:
        p = _most_experienced(boss, substream, world, params)
        if p >= 0:
            hand_over(b, become_boss(p, day, seed, world, params), substream, day, world)
            today.taken_over_by_provider += 1


@rule
def _most_experienced(boss, substream, world, params):
    """Of the experienced and idle contacts, the one who worked for the Boss most often; -1 if there is none.

    Plain form: succession_plain.most_experienced.
    """
    best = -1
    most = -1
    lowest = U64(0)
    for i in range(boss.n_contacts):
        provider = world.providers[boss.contact[i]]
        if provider.status != FREE or provider.days_worked < params.careers_promotion_days:
            continue
        times = boss.contact_times[i]
        bits = pair_hash(substream, provider.uid)
        if times > most or (times == most and bits < lowest):
            best = boss.contact[i]
            most = times
            lowest = bits
    return best


@rule
def hand_over(b, heir_row, substream, day, world):
    """Give persons held between Plans, up to the room there is (the lowest hashes), and contacts to another Boss.

    Plain form: succession_plain.hand_over.
    """
    boss = world.bosses[b]
    heir = world.bosses[heir_row]
    found = 0
    for i in range(boss.n_persons):
        row = boss.person[i]
        person = world.prostitutes[row]
        if person.status == BETWEEN and person.plan < 0:
            found = keep_lowest(pair_hash(substream, person.uid), row, TIES - heir.n_persons, found, world)
    for i in range(found):
        row = world.lowest_rows[i]
        untie(row, world.prostitutes[row], world)
        tie(row, world.prostitutes[row], heir_row, heir, day)
        world.ledger[day].persons_taken_over += 1
    for i in range(boss.n_contacts):
        _add_contact(heir, boss.contact[i], boss.contact_since[i], world)


@rule
def is_sought(person, day, seed, params):
    """Whether a person left without a Boss is about to be tied to another, if an acquaintance of the Boss has room."""
    if params.control_taken_on_chance <= 0.0 or person.boss[0] < 0:
        return False
    return (
        uniform(substream_of(day_key(seed, draws.TAKE_ON, day), person.uid), draws.TAKE_ON_HAPPENS)
        < params.control_taken_on_chance
    )


@rule
def be_taken_on(row, person, day, seed, world):
    """Tie a sought person to an acquaintance of the former Boss who has room; True if there is one.

    Plain form: succession_plain.be_taken_on.
    """
    substream = substream_of(day_key(seed, draws.TAKE_ON, day), person.uid)
    boss = world.bosses[person.boss[0]]
    best = -1
    lowest = U64(0)
    for i in range(boss.n_acquainted):
        other = world.bosses[boss.acquainted[i]]
        if other.status not in (FREE, RUNNING, PARTNER) or other.n_persons >= TIES:
            continue
        bits = pair_hash(substream, other.uid)
        if best < 0 or bits < lowest:
            best = boss.acquainted[i]
            lowest = bits
    if best < 0:
        return False
    untie(row, person, world)
    tie(row, person, best, world.bosses[best], day)
    world.ledger[day].persons_taken_on += 1
    return True
