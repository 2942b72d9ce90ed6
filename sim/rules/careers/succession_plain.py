"""Succession in plain form: promotion of Providers, takeover from jailed Bosses, ties of persons left without a Boss."""

from __future__ import annotations

from sim.engine import draws
from sim.engine.chance import U64
from sim.engine.chance_plain import hash64, lowest, probability_from_rate, substream_of, uniform
from sim.initialisation import attributes as births
from sim.parameters.constants import MET_BEFORE
from sim.rules.control.ties_plain import held_by, tie, untie
from sim.rules.entry.arrivals_plain import be_introduced, believe_the_prior, meet_bosses
from sim.rules.labour.staffing_plain import contacts
from sim.rules.plain_tables import callable_from_python
from sim.state.records import CONTACTS, FREE, LEFT, OTHER_WORK, PARTNER, RUNNING, TIES

start_as_boss = callable_from_python(births.start_as_boss)


def promote_providers(day, seed, world, params):
    """Promote idle Providers with experience, capital and contacts to Boss (E40), in the order of their queue keys."""

    def draw(p, k):
        return substream_of(seed, draws.PROMOTION, day, world.providers[p].uid), k

    providers = range(world.counts[0].providers)
    able = [p for p in providers if world.providers[p].status == FREE and may_become_boss(world.providers[p], params)]
    rising = [
        p
        for p in able
        if uniform(*draw(p, draws.PROMOTION_HAPPENS)) < probability_from_rate(promotion_rate(world.providers[p], params))
    ]
    for p in sorted(rising, key=lambda p: hash64(*draw(p, draws.PROMOTION_TICKET))):
        become_boss(p, day, seed, world, params)
        world.ledger[day].promoted += 1


def promotion_rate(provider, params):
    """Daily rate of becoming a Boss; higher with a prior conviction (E10)."""
    return params.careers_promotion_rate * (1.0 + params.careers_record_promotion * (provider.convictions > 0))


def may_become_boss(provider, params):
    """Whether experience, capital and contacts suffice; always True if the switch removes these conditions."""
    return bool(params.careers_promotion_blind) or (
        provider.days_worked >= params.careers_promotion_days
        and provider.cash >= 100.0 * params.careers_promotion_capital
        and provider.n_colleagues >= params.careers_promotion_contacts
    )


def become_boss(p, day, seed, world, params):
    """Make a Provider a Boss from tomorrow, with their uid, money and acquaintances; return the Boss's row."""
    counts, provider = world.counts[0], world.providers[p]
    b = counts.bosses
    boss = world.bosses[b]
    counts.bosses += 1
    for attribute in ("uid", "birth_day", "sex", "unqualified", "convictions", "cash"):
        setattr(boss, attribute, getattr(provider, attribute))
    boss.was_provider = 1
    start_as_boss(boss, U64(substream_of(seed, draws.PROMOTION, 0, provider.uid)), provider.home, day, params)
    world.ledger[day].capital_taken_along += provider.cash
    provider.status, provider.promoted, provider.cash, provider.bound_to = LEFT, 1, 0, -1
    believe_the_prior(b, day, world, params)
    meet_bosses(b, seed, world, params)
    keep_last_boss(b, provider.last_boss, world, params)
    be_introduced(b, world, params)
    for colleague in provider.colleague[: provider.n_colleagues]:
        add_contact(b, colleague, day - MET_BEFORE, world)
    return b


def keep_last_boss(b, last, world, params):
    """Let a new Boss hear from the Boss they worked for, instead of the farthest acquaintance if necessary."""
    boss, most = world.bosses[b], params.careers_acquaintances
    known = boss.acquainted[: boss.n_acquainted].tolist()
    if most > 0 and last >= 0 and last not in known and world.bosses[last].status != LEFT:
        known = [*known[: most - 1], last]
        boss.n_acquainted = len(known)
        boss.acquainted[: len(known)] = known


def add_contact(b, p, since, world):
    """Add a Provider to the contacts, if there is room and the Provider is in the market."""
    boss = world.bosses[b]
    if boss.n_contacts < CONTACTS and world.providers[p].status != LEFT and p not in contacts(b, world):
        i = boss.n_contacts
        boss.contact[i], boss.contact_times[i] = p, 1
        boss.contact_since[i] = boss.contact_last[i] = since
        boss.n_contacts += 1


def succeed_the_jailed(jailed, day, seed, world, params):
    """Handle the succession of Bosses jailed today in the order of their queue keys."""
    for b in sorted(
        jailed, key=lambda b: hash64(substream_of(seed, draws.TAKEOVER, day, world.bosses[b].uid), draws.TAKEOVER_TICKET)
    ):
        succeed(b, day, seed, world, params)


def succeed(b, day, seed, world, params):
    """Let the last co-Boss, else an experienced Provider, take over the persons and contacts of a jailed Boss."""
    boss, today = world.bosses[b], world.ledger[day]
    substream = substream_of(seed, draws.TAKEOVER, day, boss.uid)
    at_large = boss.partner >= 0 and world.bosses[boss.partner].status in (FREE, RUNNING, OTHER_WORK, PARTNER)
    if at_large and uniform(substream, draws.TAKEOVER_BY_PARTNER) < params.careers_takeover_partner:
        hand_over(b, boss.partner, substream, day, world)
        today.taken_over_by_co_boss += 1
    elif uniform(substream, draws.TAKEOVER_BY_PROVIDER) < params.careers_takeover_provider:
        for p in most_experienced(b, substream, world, params):
            hand_over(b, become_boss(p, day, seed, world, params), substream, day, world)
            today.taken_over_by_provider += 1


def most_experienced(b, substream, world, params):
    """Of the idle and experienced contacts, the one who worked for the Boss most often, if any."""
    times = dict(zip(contacts(b, world), world.bosses[b].contact_times.tolist(), strict=False))
    able = {p: world.providers[p] for p in times}
    able = [p for p, known in able.items() if known.status == FREE and known.days_worked >= params.careers_promotion_days]
    return sorted(lowest(able, len(able), substream, world.providers), key=times.get, reverse=True)[:1]


def hand_over(b, heir, substream, day, world):
    """Give persons held between Plans, up to the room there is (the lowest hashes), and contacts to another Boss."""
    for row in lowest(held_by(b, world), TIES - world.bosses[heir].n_persons, substream, world.prostitutes):
        untie(row, world)
        tie(row, heir, day, world)
        world.ledger[day].persons_taken_over += 1
    for p, since in contacts(b, world).items():
        add_contact(heir, p, since, world)


def is_sought(row, day, seed, world, params):
    """Whether a person left without a Boss is about to be tied to another."""
    person = world.prostitutes[row]
    return (
        person.boss[0] >= 0
        and uniform(substream_of(seed, draws.TAKE_ON, day, person.uid), draws.TAKE_ON_HAPPENS) < params.control_taken_on_chance
    )


def be_taken_on(row, day, seed, world):
    """Tie a sought person to an acquaintance of the former Boss who has room; True if there is one."""
    person = world.prostitutes[row]
    old = world.bosses[person.boss[0]]
    at_large = [int(c) for c in old.acquainted[: old.n_acquainted] if world.bosses[c].status in (FREE, RUNNING, PARTNER)]
    with_room = [c for c in at_large if world.bosses[c].n_persons < TIES]
    for c in lowest(with_room, 1, substream_of(seed, draws.TAKE_ON, day, person.uid), world.bosses):
        untie(row, world)
        tie(row, c, day, world)
        world.ledger[day].persons_taken_on += 1
    return with_room != []
