"""Agents of a market by class, and the phase in which they run a `step()` of their own."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING

import mesa

from sim.mesa.versions import AgentSet

if TYPE_CHECKING:
    from sim.market import Market
    from sim.mesa.agents import View


class AgentsByType(Mapping):
    """Sets of agents by class, each made when requested."""

    def __init__(self, market: Market):
        self._market = market

    def __getitem__(self, kind: type) -> AgentSet:
        for role, chosen in self._market._classes.items():
            if kind in (role, chosen):
                return self._market._present(role)
        try:
            return mesa.Model.agents_by_type.fget(self._market)[kind]  # Mesa's own, for agents that are not views
        except KeyError:
            valid = ", ".join(known.__name__ for known in self)
            raise KeyError(f"{getattr(kind, '__name__', kind)} is not a class of agents here; valid: {valid}") from None

    def __iter__(self):
        return iter(self._market.agent_types)

    def __len__(self) -> int:
        return len(self._market.agent_types)


class Steps:
    """The phase in which the agents of a role run their own `step()`, in the order of their uids."""

    def __init__(self, market: Market, role: type[View]):
        self.market = market
        self.role = role

    def __call__(self, day, seed, world, params) -> None:
        present = self.market.views(self.role, self.role.rows_present(world))
        for view in sorted(present, key=operator.attrgetter("unique_id")):
            view.step()
