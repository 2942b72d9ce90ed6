"""The plan of a sweep: its rows, seeds, arms, chunks, and one line for each mistake."""

import dataclasses
import pickle

import pytest

from experiments.configuration.composition import compose
from experiments.execution.chunks import world_seed
from experiments.sweeps.plan import embed_table, estimate_seconds, plan_sweep
from experiments.sweeps.runs import parameters_of
from experiments.sweeps.specification import flatten_factors
from sim.configuration import ConfigurationError
from tests.sweep_worlds import SWEEP, TINY, laid_over, say

READY = ("smoke", "demand_enforcement", "bonding_arrests", "closure_migration", "outreach_beds", "ten_thousand")
LEVER = "sweep.factors.policy.levers.venue_inspection.intensity=[0.0,2.0,4.0]"


def plan_of(*words):
    return plan_sweep(compose("sweep", [*SWEEP[1:], *words]))


def test_rows_are_points_times_replicates_times_arms():
    plan = plan_of()
    rows = [plan.row(id) for id in plan.rows]
    assert [row.id for row in rows] == list(range(12))
    assert [(row.design, row.replicate, row.arm) for row in rows[:5]] == [
        (0, 0, "none"), (0, 0, "venue_crackdown"), (0, 1, "none"), (0, 1, "venue_crackdown"), (1, 0, "none"),
    ]  # fmt: skip
    assert [row.overrides["labour.bonding"] for row in rows[::4]] == [0.0, 0.5, 1.0]
    with pytest.raises(ConfigurationError, match="row 12: this sweep has rows 0 to 11"):
        plan.row(12)


def test_a_seed_depends_on_root_and_replicate_only():
    plan, longer = plan_of(), plan_of("sweep.replicates=5", "sweep.factors.labour.bonding=[0.5,1.0]", "sweep.arms=[none]")
    for id in plan.rows:
        assert plan.row(id).seed == world_seed(1, plan.row(id).replicate)
    assert {longer.row(id).seed for id in longer.rows} == {world_seed(1, replicate) for replicate in range(5)}
    assert {plan_of("seed=2").row(0).seed} != {plan.row(0).seed}


def test_every_row_is_in_one_chunk_and_chunks_can_travel():
    plan = plan_of("sweep.replicates=400", LEVER)
    ids = [row[0] for chunk in plan.chunks for task in chunk.tasks for row in task.rows]
    assert sorted(ids) == list(plan.rows) and len(plan.rows) == 3 * 3 * 400 * 2
    assert [chunk.id for chunk in plan.chunks] == list(range(len(plan.chunks))) and len(plan.chunks) > 1
    seconds = [len(chunk.tasks) * estimate_seconds(plan.base) for chunk in plan.chunks]
    assert 0.7 <= min(seconds[:-1]) and max(seconds) <= 30
    chunk = plan.chunks[0]
    assert len(pickle.dumps(chunk)) < 20_000 + 200 * len(chunk.tasks), "what is common travels once a chunk"


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 50, 80, 81, 100, 159, 160])
def test_shards_share_out_the_runs_evenly(shards):
    """160 short runs are one chunk to a sweep in one piece; each of n shards has its part nevertheless."""
    plan = plan_of("sweep.factors.labour.bonding=[0.0,1.0]", "sweep.replicates=40")
    assert plan.runs == 160 and len(plan.chunks) == 1
    cut = plan.cut_for(shards)
    assert len(cut.chunks) % shards == 0 and [chunk.id for chunk in cut.chunks] == list(range(len(cut.chunks)))
    assert [task.rows for chunk in cut.chunks for task in chunk.tasks] == [task.rows for task in plan.chunks[0].tasks]
    parts = [[task for chunk in cut.chunks if chunk.id % shards == shard for task in chunk.tasks] for shard in range(shards)]
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 2 and (max(sizes) <= 1.3 * 160 / shards or max(sizes) - min(sizes) <= 1), sizes
    if 80 % shards == 0:
        seen = [{task.rows[0][1:3] for task in part} for part in parts]
        assert sum(map(len, seen)) == 80, "the arms of one point and seed stay together where that is even"


def test_a_set_of_some_chunks_is_shared_out_by_whole_chunks():
    """Where n divides the number of chunks they are those of a sweep in one piece, so that it can take up what shards made."""
    plan = plan_of("sweep.replicates=400", LEVER)
    for shards in (2, 4):
        assert [chunk.id for chunk in plan.cut_for(shards).chunks] == [chunk.id for chunk in plan.chunks]
    for shards in (3, 7, 64):
        sizes = [len(chunk.tasks) for chunk in plan.cut_for(shards).chunks]
        assert sum(sizes) == plan.runs and len(sizes) % shards == 0 and min(sizes) > 0


def test_rows_of_one_configuration_and_seed_are_run_once():
    """A lever's intensity says nothing to the arm without it, and intensity 0 is no policy at all."""
    plan = plan_of(LEVER)
    assert len(plan.rows) == 3 * 3 * 2 * 2 and plan.runs == 3 * 2 * (1 + 2)
    for chunk in plan.chunks:
        for task in chunk.tasks:
            assert {plan.row(row[0]).seed for row in task.rows} == {task.seed}
            settings = [plan.row(row[0]) for row in task.rows]
            policies = {(r.arm, r.overrides.get("policy.levers.venue_inspection.intensity")) for r in settings}
            assert len(policies) == 1 or policies == {("none", None), ("venue_crackdown", 0.0)}


def test_a_budget_is_for_the_arms_that_have_levers():
    plan = plan_of("sweep.factors.budget=[1000.0,2000.0]")
    assert plan.runs == 3 * 2 * (1 + 2), "without a policy there is nothing to pay for"
    for id, budget in ((0, None), (1, 1000.0), (5, 2000.0)):
        _, _, replicate, arm, point = plan.task(id).rows[0]
        assert parameters_of(plan.shared, arm, point, replicate).budget == budget


def test_a_lever_no_arm_has_is_given_to_all():
    plan = plan_of("sweep.factors.policy.levers.street_patrol.intensity=[1.0,2.0]")
    assert plan.runs == len(plan.rows) == 24
    assert all("policy.levers.street_patrol.intensity" in plan.row(id).overrides for id in plan.rows)


def test_arms_may_have_levers_and_settings_of_their_own():
    arms = "sweep.arms=[none,{name: patrols, levers: {street_patrol: {intensity: 2.0}}, overrides: {learning.learning: false}}]"
    plan = plan_of(arms)
    assert plan.shared.arms[1].policy == {"start_day": 20, "levers": {"street_patrol": {"intensity": 2.0}}, "name": "patrols"}
    assert plan.row(1).overrides == {"learning.learning": False, "labour.bonding": 0.0} and plan.row(0).overrides == {
        "labour.bonding": 0.0
    }


def test_a_subset_keeps_the_numbers_of_its_rows():
    whole, part = (
        plan_of(),
        plan_of("sweep.subset.designs=[2,0]", "sweep.subset.arms=[venue_crackdown]", "sweep.subset.replicates=[1]"),
    )
    assert part.rows == [3, 11]
    assert [part.row(id) for id in part.rows] == [whole.row(3), whole.row(11)]


def test_whole_numbers_are_known_from_the_parameter():
    tree = compose("sweep", ["sweep", *TINY][1:])
    tree["sweep"] |= {"design": "random", "rows": 20, "factors": {"demand.offers_seen": {"low": 1, "high": 8}}}
    values = {value for (value,) in plan_sweep(tree).points}
    assert values <= set(range(1, 9)) and len(values) > 3 and all(type(value) is int for value in values)


def test_a_table_travels_in_the_configuration(tmp_path):
    (tmp_path / "design.csv").write_text("labour.bonding,demand.offers_seen\n0.25,3\n0.75,4\n0.25,4\n")
    tree = compose("sweep", [*TINY, "sweep.design=table", f"sweep.table={tmp_path / 'design.csv'}"])
    kept = embed_table(tree)
    (tmp_path / "design.csv").unlink()
    plan = plan_sweep(kept)
    assert plan.points == ((0.25, 3), (0.75, 4), (0.25, 4)) and kept["sweep"]["table"] == "design.csv"
    assert plan.schema().field("labour.bonding").type == "double" and plan.schema().field("demand.offers_seen").type == "int64"


@pytest.mark.parametrize("name", READY)
def test_ready_sweeps_can_be_planned_and_changed(name):
    plan = plan_sweep(compose("sweep", [f"sweep={name}"]))
    assert plan.base.market.preset == "class" and plan.spec.question
    for id in (plan.rows[0], plan.rows[-1]):
        assert plan.task(id).rows[0][0] == id
    assert len(plan.chunks) * 100 <= 2 * len(plan.rows) or plan.runs < 2000, "two files for a hundred runs, or put together later"
    other = plan_sweep(compose("sweep", [f"sweep={name}", "market=herault"]))
    assert other.base.market.preset == "herault"
    if name == "ten_thousand":
        assert plan.runs == 10_000


def test_a_sweep_of_ones_own_file(tmp_path):
    (tmp_path / "mine.yaml").write_text("days: 90\nburn_in: 10\nsweep: {replicates: 3, factors: {labour.bonding: [0, 1]}}\n")
    plan = plan_sweep(compose("sweep", ["market=class", f"sweep={tmp_path / 'mine.yaml'}", "burn_in=20"]))
    assert (plan.base.days, plan.base.burn_in, len(plan.rows)) == (90, 20, 6)


def test_a_plan_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan_of().root_seed = 2


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], ["nothing varies", "sweep=NAME"]),
        (["sweep=smok"], ["sweep=smok", "did you mean smoke"]),
        (["sweep=/nowhere/mine.yaml"], ["mine.yaml", "no such file"]),
        (["sweep.factors.labour.bondng=[0,1]"], ["labour.bondng", "did you mean labour.bonding"]),
        (["sweep.factors.labour=[0,1]"], ["labour", "group"]),
        (["sweep.factors.labour.bonding=[0,3]"], ["labour.bonding=3", "0.0 to 1.0"]),
        (["sweep.factors.labour.bonding={low: 0, high: 1}"], ["labour.bonding", "steps=5"]),
        (["sweep.factors.labour.bonding={low: 2, high: 1}"], ["low=2", "high=1"]),
        (["sweep.factors.labour.bonding={lw: 0, high: 1}"], ["labour.bonding.lw", "did you mean low"]),
        (["sweep.factors.labour.bonding=[[0,1]]"], ["labour.bonding", "a number, a word"]),
        (["sweep.factors.seed=[1,2]"], ["seed", "sweep.replicates"]),
        (["sweep.factors.policy=[none,training]"], ["policy", "sweep.arms"]),
        (["sweep.factors.enforcement.cells_chosen={low: 0, high: 1}"], ["cells_chosen", "values"]),
        (["sweep.factors.policy.levers.street_patrl.intensity=[1]"], ["street_patrl", "did you mean street_patrol"]),
        (["sweep.desgn=grid"], ["sweep.desgn", "did you mean design"]),
        (["sweep.design=sobl"], ["sweep.design='sobl'", "sobol"]),
        (["sweep.design=sobol", "sweep.factors.labour.bonding={low: 0, high: 1}"], ["design=sobol", "rows"]),
        (["sweep.design=table"], ["table=FILE"]),
        (["sweep.replicates=0"], ["sweep.replicates=0", "1 to"]),
        (["sweep.arms=[none,nosuch]"], ["policy=nosuch", "venue_crackdown"]),
        (["sweep.arms=[none,none]"], ["two arms have one name"]),
        (["sweep.arms=[none,training]", "sweep.contrasts=non"], ["contrasts=non", "none, training"]),
        (["sweep.arms=[none,training]", "policy=training"], ["policy=training", "sweep.arms"]),
        (["sweep.arms=[none,{name: a, levers: {nosuch: {intensity: 1}}}]"], ["arm a", "nosuch"]),
        (["sweep.arms=[none,{name: a, overrides: {labour.bondng: 1}}]"], ["arm a", "labour.bondng"]),
        (["sweep.outcomes=[exts]", "sweep.replicates=2"], ["exts", "did you mean exits"]),
        (["sweep.replicates=2", "sweep.subset.arms=[foo]"], ["sweep.subset.arms=foo"]),
        (["sweep.replicates=2", "sweep.subset.replicates=[2]"], ["sweep.subset.replicates=2", "0 to 1"]),
        (["sweep.replicates=2", "shard=3/2"], ["shard=3/2", "i/n"]),
        (["sweep.replicates=5", "shard=1/6"], ["shard=i/6", "5 runs to share out", "n can be 1 to 5"]),
        (["sweep.replicates=5", "shard=2/9", "dry_run=true"], ["shard=i/9", "n can be 1 to 5"]),
        (["sweep.replicates=2", "engine.wrkers=2"], ["engine.wrkers", "did you mean engine.workers"]),
        (["sweep.replicates=2", "shrd=1/2"], ["shrd", "did you mean shard"]),
        (["sweep.replicates=2", "days=3"], ["burn_in", "days (3)"]),
        (["sweep.replicates=99999999"], ["sweep.replicates", "1 to"]),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_line(words, named, capsys, tmp_path):
    status, out, err = say(capsys, "sweep", *laid_over(TINY[:-1], words), "--output", str(tmp_path))
    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1 and err.startswith("plansim: ") and "Traceback" not in err
    for word in named:
        assert word in err
    assert not list(tmp_path.iterdir())


def test_null_takes_a_factor_out_however_it_is_written():
    given = {"labour.bonding": [0.0, 1.0], "demand": {"digital_share": [0.5, 0.6]}}
    assert list(flatten_factors(given | {"labour": {"bonding": None}})) == ["demand.digital_share"]
    assert list(flatten_factors({"labour": {"bonding": [0.0]}, "labour.bonding": None})) == []
