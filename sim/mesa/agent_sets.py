"""Fields of records as attributes, and sets of agents that take no memory until accessed.

A market may hold a million clients. A set of them is therefore the numbers of their rows; a view is
made for each agent accessed, and `get`, `agg` and `groupby` over a field of the record read the column
of the table instead. The results are the same as if the set held all views, and any operation of Mesa
that needs them all makes them all.
"""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import math
import numbers
import operator
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from sim.mesa.versions import AgentSet, GroupBy, methods_of_sets

WhichRows = range | np.ndarray  # rows of a table, ascending; a range where all of them are meant


class Field:
    """A field of a record as an attribute: a Python number, or a live NumPy row for a field of several."""

    def __init__(self, table: str, name: str, kind: np.dtype):
        self.table = table
        self.name = name
        self.is_row = kind.subdtype is not None
        self.is_whole = kind.base.kind in "iu"

    def __get__(self, view, owner=None):
        if view is None:
            return self
        column = self.column(view.model.simulation.world)
        return column[view.row] if self.is_row else column.item(view.row)

    def __set__(self, view, value) -> None:
        if self.is_whole and not self.is_row and not isinstance(value, numbers.Integral):
            if not isinstance(value, numbers.Real) or int(value) != value:
                raise ValueError(f"{self.name}={value!r}: give a whole number (cents, days, rows or codes)")
        self.column(view.model.simulation.world)[view.row] = value

    def column(self, world) -> np.ndarray:
        """The live column of the table."""
        return getattr(world, self.table)[self.name]

    def values(self, world, rows: WhichRows) -> list:
        """The attribute for each of the given rows."""
        column = self.column(world)
        return [column[row] for row in rows] if self.is_row else pick(column, rows).tolist()

    def array(self, world, rows: WhichRows) -> np.ndarray | None:
        """`values` as NumPy's float64 or int64 array; None where an array would lose something."""
        column = self.column(world)
        if self.is_row or column.dtype.kind not in "if" or not len(rows):
            return None
        return pick(column, rows).astype(np.float64 if column.dtype.kind == "f" else np.int64)


class Named(Field):
    """A field of codes as words."""

    def __init__(self, table: str, name: str, kind: np.dtype, words: tuple[str, ...]):
        super().__init__(table, name, kind)
        self.words = words

    def __get__(self, view, owner=None):
        code = super().__get__(view, owner)
        return self if view is None else self.words[code]

    def __set__(self, view, value) -> None:
        if value in self.words:
            value = self.words.index(value)
        elif isinstance(value, str) or value not in range(len(self.words)):
            raise ValueError(f"{self.name}={value!r}: unknown; valid: {', '.join(self.words)}")
        super().__set__(view, value)

    def values(self, world, rows: WhichRows) -> list[str]:
        return [self.words[code] for code in super().values(world, rows)]

    def array(self, world, rows: WhichRows) -> None:
        return None


class Uid(Field):
    """The uid: a 64-bit number derived from the origin of the agent, the same in twin worlds."""

    def __set__(self, view, value) -> None:
        raise AttributeError("unique_id: made from what caused the agent; it cannot be changed")


def pick(column: np.ndarray, rows: WhichRows) -> np.ndarray:
    """The entries of a column in the given rows."""
    return column[slice(rows.start, rows.stop, rows.step)] if isinstance(rows, range) else column[rows]


def same_rows(rows: WhichRows, others: WhichRows | None) -> bool:
    """Whether both are the same rows."""
    return rows == others if isinstance(rows, range) else np.array_equal(rows, others)


def field_of(kind: type, name: str) -> Field | None:
    """The field behind an attribute of a class of agents; None for any other attribute."""
    found = inspect.getattr_static(kind, name, None)
    return found if isinstance(found, Field) and kind.__getattribute__ is object.__getattribute__ else None


class Rows:
    """Agents of one role: their class and their rows, ascending."""

    __slots__ = ("market", "role", "kind", "rows")

    def __init__(self, market, role: type, kind: type, rows: WhichRows):
        self.market = market
        self.role = role
        self.kind = kind  # the role itself, or the class that replaces it
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator:
        for row in self.rows if isinstance(self.rows, range) else self.rows.tolist():
            yield self.market.views(self.role, (row,))[0]

    def __getitem__(self, i: int):
        return self.market.views(self.role, (int(self.rows[i]),))[0]

    def __contains__(self, agent) -> bool:
        if not isinstance(agent, self.role) or agent.model is not self.market:
            return False
        if isinstance(self.rows, range):
            found = agent.row in self.rows
        else:
            i = np.searchsorted(self.rows, agent.row)
            found = i < len(self.rows) and self.rows[i] == agent.row
        return bool(found) and self.market.views(self.role, (agent.row,))[0] is agent

    def field(self, name: str) -> Field | None:
        """The field behind an attribute of these agents, if it is one."""
        return field_of(self.kind, name)

    def get(self, name: str, handle_missing: str = "error", default_value: Any = None) -> list:
        """An attribute of each agent, from the table if it is a field."""
        if (field := self.field(name)) is not None:
            return field.values(self.market.world, self.rows)
        if name == "row" and isinstance(inspect.getattr_static(self.kind, name), types.MemberDescriptorType):
            return list(self.rows) if isinstance(self.rows, range) else self.rows.tolist()
        if handle_missing == "default":
            return [getattr(agent, name, default_value) for agent in self]
        return [getattr(agent, name) for agent in self]

    def select(self, at_most: float = math.inf, agent_type: type | None = None) -> Rows:
        """The first of these agents, if they are of the type."""
        wanted = self.rows if agent_type is None or issubclass(self.kind, agent_type) else self.rows[:0]
        return Rows(self.market, self.role, self.kind, wanted[: min(len(wanted), at_most)])

    def groups(self, name: str) -> Iterable[tuple[Any, Rows]]:
        """Agents grouped by the value of a field."""
        places = defaultdict(list)
        for i, value in enumerate(self.get(name)):
            places[value].append(i)
        rows = np.asarray(self.rows)
        for value, group in places.items():
            yield value, Rows(self.market, self.role, self.kind, rows[group])


class LazyAgentSet(AgentSet):
    """A Mesa AgentSet that makes its views on access.

    It is the union of its parts, `Rows` or other sets, in that order. Once changed (an agent added or
    discarded, shuffled or sorted in place) it is an ordinary AgentSet.
    """

    def __init__(self, parts: Iterable[Rows | AgentSet], random):
        self.random = random
        self.parts: list[Rows | AgentSet] | None = list(parts)  # None: an ordinary set by now
        self._whole: AgentSet | None = None  # the ordinary set of all views, once that is needed

    def ordinary(self) -> AgentSet:
        """The same set with all its views, for operations that need them."""
        if self._whole is None:
            self._whole = AgentSet(itertools.chain.from_iterable(self.parts), self.random)
        return self._whole

    def _become(self, agents: AgentSet) -> None:
        self._whole, self.parts = agents, None

    @classmethod
    def _from_iterable(cls, agents) -> AgentSet:
        return AgentSet(agents)

    def __copy__(self) -> AgentSet:
        return AgentSet(self, self.random) if self.parts is None else LazyAgentSet(self.parts, self.random)

    def __getstate__(self) -> tuple:
        return self.parts, list(self._whole) if self.parts is None else None, self.random

    def __setstate__(self, state: tuple) -> None:
        self.parts, agents, self.random = state
        self._whole = None if agents is None else AgentSet(agents, self.random)

    def __len__(self) -> int:
        return len(self._whole) if self.parts is None else sum(len(part) for part in self.parts)

    def __iter__(self) -> Iterator:
        if self.parts is None:
            return iter(self._whole)
        return itertools.chain.from_iterable(self.parts)

    def __contains__(self, agent) -> bool:
        return agent in self._whole if self.parts is None else any(agent in part for part in self.parts)

    def __getitem__(self, item: int | slice):
        if self.parts is None:
            return list(self._whole)[item]
        if isinstance(item, slice):
            return [self._at(i) for i in range(*item.indices(len(self)))]
        i = operator.index(item)
        return self._at(i + len(self) if i < 0 else i)

    def _at(self, i: int):
        for part in self.parts if i >= 0 else ():
            if i < len(part):
                return part[i] if isinstance(part, Rows) else list(part)[i]
            i -= len(part)
        raise IndexError("no agent has this place in the set")

    def select(self, filter_func=None, at_most=math.inf, inplace=False, agent_type=None) -> AgentSet:
        """As in Mesa; without a `filter_func` no views are made, with one only those of the type."""
        if filter_func is None and agent_type is None and at_most == math.inf:
            return self if inplace else copy.copy(self)
        if self.parts is None:
            chosen = self._whole.select(filter_func, at_most, inplace, agent_type)
            return self if inplace else chosen
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)  # a share of all, whatever their type
        chosen = LazyAgentSet([part.select(agent_type=agent_type) for part in self.parts], self.random)
        if filter_func is not None:
            found = filter(filter_func, chosen)
            at_most = None if at_most == math.inf else max(0, math.ceil(at_most))
            chosen = AgentSet(itertools.islice(found, at_most), self.random)
        elif at_most < len(chosen):
            chosen = LazyAgentSet(_first(max(0, math.ceil(at_most)), chosen.parts), self.random)
        if not inplace:
            return chosen
        self._become(AgentSet(chosen, self.random))
        return self

    def get(self, attr_names, handle_missing="error", default_value=None) -> list:
        """As in Mesa; fields of the record are read without views."""
        if self.parts is None or handle_missing not in ("error", "default") or not len(attr_names):
            return self.ordinary().get(attr_names, handle_missing, default_value)
        if isinstance(attr_names, str):
            columns = [part.get(attr_names, handle_missing, default_value) for part in self.parts]
            return columns[0] if len(columns) == 1 else list(itertools.chain(*columns))
        columns = [self.get(name, handle_missing, default_value) for name in attr_names]
        return [list(values) for values in zip(*columns, strict=True)]

    def agg(self, attribute, func) -> Any:
        """As in Mesa; NumPy's functions get the field as an array of float64 or int64, others as a list."""
        functions = [func] if callable(func) else list(func)
        values = self._array(attribute) if all(map(_is_numpys, functions)) else None
        if values is None:
            values = self.get(attribute)
        results = [function(values) for function in functions]
        return results[0] if callable(func) else results

    def _array(self, attribute: str) -> np.ndarray | None:
        """A field as an array, if all agents are rows of one table."""
        if self.parts is None or len(self.parts) != 1 or not isinstance(part := self.parts[0], Rows):
            return None
        field = part.field(attribute)
        return None if field is None else field.array(part.market.world, part.rows)

    def groupby(self, by, result_type="agentset") -> GroupBy:
        """As in Mesa; by a field of the record, no view is made."""
        lazy = self.parts is not None and result_type == "agentset" and isinstance(by, str)
        if not lazy or not all(isinstance(part, Rows) and part.field(by) for part in self.parts):
            return self.ordinary().groupby(by, result_type)
        groups = defaultdict(list)
        for part in self.parts:
            for value, rows in part.groups(by):
                groups[value].append(rows)
        return GroupBy({value: LazyAgentSet(parts, self.random) for value, parts in groups.items()})


def _by_the_ordinary_set(name: str):
    """A method of Mesa's sets, delegated to the ordinary set; changes to that set change this one."""
    mesas = getattr(AgentSet, name)
    signature = inspect.signature(mesas)

    @functools.wraps(mesas)
    def method(self, *args, **options):
        whole = self.ordinary()
        result = mesas(whole, *args, **options)
        if name in ("add", "discard", "remove") or (
            "inplace" in signature.parameters and signature.bind(self, *args, **options).arguments.get("inplace")
        ):
            self._become(whole)
        return self if result is whole else result

    return method


for _name in methods_of_sets() - vars(LazyAgentSet).keys():
    setattr(LazyAgentSet, _name, _by_the_ordinary_set(_name))


def _first(number: int, parts: list[Rows | AgentSet]) -> Iterator[Rows | AgentSet]:
    """The parts that hold the first agents."""
    for part in parts:
        yield part.select(at_most=number)
        number -= min(number, len(part))


def _is_numpys(function) -> bool:
    return isinstance(function, np.ufunc) or (getattr(function, "__module__", None) or "").partition(".")[0] == "numpy"
