"""Ties in plain form: between a Boss and the persons who are theirs."""

from __future__ import annotations

from sim.state.records import BETWEEN, TIES


def held_by(b, world):
    """Persons tied to a Boss who are between Plans."""
    tied = world.bosses[b].person[: world.bosses[b].n_persons].tolist()
    return [row for row in tied if world.prostitutes[row].status == BETWEEN and world.prostitutes[row].plan < 0]


def tie(row, b, day, world):
    """Tie a person to a Boss who has room; returns False if there is none."""
    boss, person = world.bosses[b], world.prostitutes[row]
    if boss.n_persons == TIES:
        return False
    boss.person[boss.n_persons] = row
    boss.n_persons += 1
    person.boss[0], person.tie_since[0] = b, day
    return True


def untie(row, world):
    """End a person's tie to their own Boss; the others close ranks."""
    person = world.prostitutes[row]
    b = int(person.boss[0])
    if b >= 0:
        left = [other for other in world.bosses[b].person[: world.bosses[b].n_persons].tolist() if other != row]
        world.bosses[b].person[:] = left + [-1] * (TIES - len(left))
        world.bosses[b].n_persons = len(left)
        person.old_boss, person.boss[0] = b, -1
