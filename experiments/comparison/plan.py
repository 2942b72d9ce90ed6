"""A comparison: policies by name or file, pairs of worlds on equal seeds, and the days on which they are measured."""

from __future__ import annotations

import dataclasses
import functools
import itertools
from pathlib import PurePath
from typing import Any

from experiments.comparison.runs import BEFORE, SERIES, WEEKLY, PairTask, Weeks, before_outcomes
from experiments.configuration.composition import MICRODATA, split_model
from experiments.configuration.drawn import drawn_of
from experiments.configuration.own_files import market_name
from experiments.execution.chunks import Chunk, plan_chunks, world_seed
from experiments.questions.study import looks_of
from experiments.sweeps.plan import estimate_seconds
from experiments.sweeps.runs import ArmSetting, Shared, policy_start_at, reason_against, window_at
from experiments.sweeps.specification import units_of
from sim.configuration import ConfigurationError, read_group, validate
from sim.configuration.days import with_day_numbers
from sim.measures.windows import policy_start
from sim.parameters import Parameters

ARMS = "arms"  # policies with their content, in the configuration that a result keeps
MOST_POLICIES = 24
SECONDS_A_CHUNK = 2.0
MOST_PAIRS_A_CHUNK = 32
UNIT_SHARE_OF_PERSONS = 0.05
_EXAMPLE = "the first is the base, for example plansim compare none venue_crackdown"


@dataclasses.dataclass(frozen=True)
class ComparisonPlan:
    """A comparison ready to run.

    `shared`: what all worlds have in common, which travels with each chunk; `looks`: numbers of pairs after which to see whether
    they are enough; `effect_unit`: exploitation person-days/day that matter; `first`: first day measured, which is that of the
    first lever, but for levers that begin within burn-in; `start`: day of the first lever of any policy; `market`: its name.
    """

    base: Parameters
    shared: Shared
    looks: tuple[int, ...]
    effect_unit: float
    start: int
    first: int
    market: str

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the policies, the base first."""
        return tuple(arm.name for arm in self.shared.arms)

    @property
    def days_before(self) -> tuple[int, int] | None:
        """Days from the end of burn-in to the start of the policies, the last not included; None where there is none."""
        return (self.base.burn_in, self.start) if self.start > self.base.burn_in else None

    @property
    def weeks(self) -> Weeks:
        """The weeks of the series over time, counted both ways from the first day measured."""
        before = 0 if self.days_before is None else (self.first - self.base.burn_in) // 7
        return Weeks(self.first, before, (self.base.days - self.first) // 7)

    @functools.cached_property
    def blocks(self) -> list[list[Chunk]]:
        """The pairs in chunks, a list for each look. Chunks and rows are the same however many of the looks are needed."""
        each = estimate_seconds(self.base) * len(self.policies)
        size = max(1, min(MOST_PAIRS_A_CHUNK, round(SECONDS_A_CHUNK / each)))
        blocks, before, id = [], 0, 0
        for look in self.looks:
            chunks = [
                dataclasses.replace(chunk, id=id + chunk.id) for chunk in plan_chunks(map(self.task, range(before, look)), size)
            ]
            blocks.append(chunks)
            before, id = look, id + len(chunks)
        return blocks

    def task(self, pair: int) -> PairTask:
        """The worlds of one pair: one seed, a world under each policy."""
        return PairTask(pair, world_seed(self.base.seed, pair), self.shared, self.start, self.first, self.weeks)

    @functools.cached_property
    def units(self) -> dict[str, str]:
        """Every outcome with its unit, the configuration's own last."""
        return units_of(self.base.model_dump(mode="json"))

    def size(self) -> dict[str, int]:
        """Numbers of rows and chunks, at most, as the manifest has them."""
        return {"rows": self.looks[-1] * len(self.policies), "chunks": sum(map(len, self.blocks))}

    def table(self, rows: list[dict[str, Any]]):
        """Rows as an Arrow table, of one schema whatever their values."""
        import pyarrow as pa

        number, weekly = pa.float64(), pa.list_(pa.float64())
        fields = [("id", pa.int64()), ("pair", pa.int64()), ("arm", pa.string()), ("seed", pa.int64())]
        fields += [(name, number) for name in self.units]
        fields += [(f"{BEFORE}{name}", number) for name in before_outcomes(self.base)]
        fields += [(f"{WEEKLY}{name}", weekly) for name in SERIES]
        fields += [("ledger_sha256", pa.string()), *((name, pa.binary()) for name in self.shared.beside)]
        return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def with_arms(tree: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the content of its policies in it, so that a result needs no other file.

    ConfigurationError, one line, for a policy that is unknown, given twice, or missing.
    """
    if ARMS in tree:
        return tree
    words = tree["policies"]
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ConfigurationError(f"policies={words!r}: a list of names or files is needed; {_EXAMPLE}")
    if len(words) < 2:
        raise ConfigurationError(f"compare: two policies or more are needed and {len(words) or 'none'} given; {_EXAMPLE}")
    if len(words) > MOST_POLICIES:
        raise ConfigurationError(f"compare: {len(words)} policies are more than {MOST_POLICIES}; leave some out")
    arms: dict[str, Any] = {}
    named: dict[str, str] = {}
    for word in words:
        content = read_group("policy", word)
        name = str(content.get("name") or PurePath(word).stem)
        if name in named:
            same = named[name] == word
            remedy = f"{word} is given twice; leave it out once" if same else f"{named[name]} and {word} have one name ({name})"
            raise ConfigurationError(f"compare: {remedy}" + ("" if same else "; give one another `name:`"))
        named[name], arms[name] = word, with_day_numbers(tree, content, f"compare: {name}: ")
    return tree | {ARMS: arms}


def plan_comparison(tree: dict[str, Any]) -> ComparisonPlan:
    """The plan of a composed configuration. ConfigurationError, one line, names what does not fit."""
    tree = with_arms(tree)
    base, rest = split_model(tree)
    if base.policy.levers:
        raise ConfigurationError(f"policy={base.policy.name}: a comparison takes its policies as words; {_EXAMPLE}")
    arms = tuple(
        ArmSetting(name, {"start_day": base.policy.start_day} | content | {"name": name}, {}, ())
        for name, content in rest[ARMS].items()
    )
    draws = drawn_of(rest)
    looks = looks_of(rest)
    # the budget is that of each policy with levers
    shared = Shared(base.model_dump_json(), arms, (), (), None, (), "", draws[: looks[-1]], rest.get(MICRODATA, False))
    _check_policies(arms, base)
    for (place, arm), draw in itertools.product(enumerate(arms), range(max(1, len(shared.draws)))):
        if (reason := reason_against(shared, place, (), draw)) is not None:
            raise ConfigurationError(f"compare: {arm.name}: {reason}")
    start = policy_start_at(shared, ())
    first, market = window_at(shared, base, ())[0], market_name(rest, base.market.preset)
    return ComparisonPlan(base, shared, looks, _effect_unit(rest.get("effect_unit"), base), start, first, market)


def _check_policies(arms: tuple[ArmSetting, ...], base: Parameters) -> None:
    """ConfigurationError for a policy that is none, or begins when the worlds have ended, and where no policy has a lever."""
    tree, has_levers = base.model_dump(mode="json") | {"budget": None}, False
    for arm in arms:
        try:
            start = policy_start(validate(tree | {"policy": arm.policy}))
        except ConfigurationError as error:
            raise ConfigurationError(f"compare: {arm.name}: {error}") from None
        if start is not None and start >= base.days:
            remedy = "make days larger or policy.start_day smaller"
            raise ConfigurationError(f"compare: {arm.name} begins on day {start}, and days={base.days} end before it; {remedy}")
        has_levers |= start is not None
    if not has_levers:
        raise ConfigurationError("compare: no policy has a lever, so all worlds would be the same; give one that has")


def _effect_unit(given: Any, base: Parameters) -> float:
    if given is None:
        return UNIT_SHARE_OF_PERSONS * max(1, base.market.prostitutes)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0.0 < given < 1e9:
        raise ConfigurationError(f"effect_unit={given!r}: a number above zero is needed, in exploitation person-days/day")
    return float(given)
