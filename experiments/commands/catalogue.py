"""What there is to choose from, one list a command: policies, markets, outcomes, levers, hypotheses, structures.

Each thing has a name, a meaning, a unit (of a file: what it sets) and a source; words select by all of these. One thing
alone is shown in full, with the evidence that its source cites.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from experiments.report.references import reference_text, references
from experiments.store.result import Options
from sim.configuration import ConfigurationError, group_names, meant, read_group
from sim.configuration.groups import OF_OWN, choices_of, own_file
from sim.evidence import cited
from sim.parameters import Lever, Parameters

if TYPE_CHECKING:
    from sim.levers import LeverKind

Thing = dict[str, Any]


def lister(kind: str) -> Callable[[list[str], Options], int]:
    """The `main` of the command of that name."""

    def main(words: list[str], options: Options) -> int:
        """Print the things that every word fits; returns the exit status."""
        return show(kind, words, options)

    return main


def show(kind: str, words: list[str], options: Options) -> int:
    """Print a catalogue, with what the study that is open adds, or of it what has every word.

    ConfigurationError, one line, where nothing has.
    """
    things = list(CATALOGUES[kind]())
    wanted = [word.lower() for word in words]
    found = [one for one in things if all(word in " ".join(map(str, one.values())).lower() for word in wanted)]
    found = [one for one in found if [one["name"]] == wanted] or found
    if not found:
        near = meant(words[0], [one["name"] for one in things])
        raise ConfigurationError(f"{' '.join(words)}: none of the {kind} has this{near}; plansim {kind} lists all")
    if options.json:
        print(json.dumps([one | {"references": references(one["source"])} for one in found], indent=2))
    elif words and len(found) == 1:
        print("\n".join(_in_full(found[0])))
    else:
        from experiments.report.text_table import fitted_table

        what = SETS.get(kind)
        columns = ["name", "unit", "meaning", "source"] if what is None else ["name", "meaning", "source", "unit"]
        header = ["", *(what if what and column == "unit" else column for column in columns[1:])]
        print("\n".join(fitted_table([[one[column] for column in columns] for one in found], header)))
    return 0


def _in_full(one: Thing) -> list[str]:
    from experiments.report.details import details

    parts = [(label.replace("_", " "), text) for label, text in one.items() if label != "name"]
    return details(one["name"], [*parts, *(("", reference_text(row)) for row in references(one["source"]))])


def _source_of(*texts: str) -> str:
    """The rows of evidence that texts cite, and whether anything is assumed."""
    whole = " ".join(texts)
    return ", ".join([*sorted(cited(whole)), *(["assumption"] if "assum" in whole else [])]) or "-"


def policies() -> Iterator[Thing]:
    """The files of `configs/policy`: their levers with intensities, and what those rest on."""
    from experiments.odd.source import head_comment

    known = _levers_here()
    for name in group_names("policy"):
        levers = read_group("policy", name).get("levers") or {}
        about = head_comment("policy", name)
        kinds = [known[lever] for lever in levers if lever in known]
        pulled = [f"{lever} {_options(given)}" for lever, given in levers.items()]
        meaning = about or "; ".join(kind.meaning for kind in kinds) or "no lever"
        source = _source_of(about, *(f"{kind.source} {kind.meaning}" for kind in kinds)) if kinds else "-"
        yield {"name": name, "unit": ", ".join(pulled), "meaning": meaning, "source": source}


def _options(given: dict[str, Any]) -> str:
    """Intensity of a lever, and where it is pulled."""
    where = [f"{key} {value}" for key, value in given.items() if key != "intensity"]
    return f"{given.get('intensity', 0)}" + (f" ({', '.join(where)})" if where else "")


def markets() -> Iterator[Thing]:
    """The presets of `configs/market`: their places and sizes."""
    from experiments.odd.source import head_comment
    from sim.configuration import compose
    from sim.initialisation.own_places import sites_of

    for name in group_names("market"):
        size = compose(name).market
        sites = sites_of(size)
        inhabitants = sum(site.population for site in sites)
        numbers = f"{len(sites)} territories, {size.bosses:,} Bosses, {size.providers:,} Providers, {size.prostitutes:,} persons"
        about = head_comment("market", name)
        yield {
            "name": name, "unit": f"{numbers}, {size.clients:,} clients", "meaning": about, "source": _source_of(about),
            "inhabitants": f"{inhabitants:,}", "searches": f"{size.searches_per_day:g} per day",
            "places": ", ".join(site.name for site in sites),
        }  # fmt: skip


def outcomes() -> Iterator[Thing]:
    """The outcomes of a run, in the order of reports: their unit, what they are, and their formula over the ledger."""
    from experiments.odd.measured import outcome_definitions, parts_of_sums
    from sim.measures.formulas import OWN

    for one in outcome_definitions():
        yield {
            "name": one.name, "unit": one.unit, "meaning": one.meaning,
            "source": "; ".join([f"ledger: {one.formula}", *_made_of(one.formula, parts_of_sums())]),
            "group": one.group, "needs": one.needs,
        }  # fmt: skip
    for name, own in _own("outcome").items():
        source = own.expression or f"the function {own.function} in Python"
        yield {"name": name, "unit": own.unit, "meaning": own.meaning, "source": source, "group": OWN, "needs": ""}


def _made_of(formula: str, sums: Mapping[str, str]) -> Iterator[str]:
    """What the sums in a formula are made of, which no table has a column of."""
    for name in dict.fromkeys(re.findall(r"[a-z_]+", formula)):
        if name in sums:
            yield f"{name} = {sums[name]}"


def levers() -> Iterator[Thing]:
    """The levers: what intensity one is, what it costs, and what it should move."""
    from sim.levers import UP

    for name, kind in _levers_here().items():
        moves = ", ".join(f"{measure} {'up' if sign == UP else 'down'}" for measure, sign in kind.claim.moves.items())
        cost = f"{kind.unit_cost_eur:g} EUR per {kind.cost_unit}" if kind.unit_cost_eur else "none"
        yield {
            "name": name, "unit": kind.unit, "meaning": kind.meaning,
            "source": f"{kind.source}; {_source_of(kind.meaning)}".removesuffix("; -"),
            "largest": f"{kind.largest:g}", "venue_kinds": ", ".join(kind.kinds), "unit_cost": cost,
            "mechanism": kind.claim.mechanism, "should_move": moves, "set_by": f"policy.levers.{name}.intensity=1",
            "next_to_it": ", ".join(option for option in Lever.model_fields if option not in _not_for(name, kind)),
        }  # fmt: skip


def _not_for(name: str, kind: LeverKind) -> tuple[str, ...]:
    """Options that stand elsewhere, or that a lever cannot have."""
    of_place = ("territory",) if name == "platform_closure" else ("platform",)
    return ("intensity", *of_place, *(() if kind.kinds else ("kind",)))


def _own(group: str) -> dict[str, Any]:
    """The outcomes or rules of the study that is open, by name."""
    names = [name for name in group_names(group) if own_file(group, name) is not None]
    key = OF_OWN[group]
    return getattr(Parameters.model_validate({key: choices_of(group, names)}), key)


def _levers_here() -> Mapping[str, LeverKind]:
    """The levers of the model, and those of the rules of the study that is open."""
    from sim.own_rules import lever_kinds

    return lever_kinds(Parameters(own_rules=_own("rule")))


def hypotheses() -> Iterator[Thing]:
    """The files of `configs/hypothesis`: claim, measure, threshold."""
    claims = [read_group("hypothesis", name)["hypothesis"] for name in group_names("hypothesis")]
    for claim in sorted(claims, key=lambda claim: claim["rank"]):
        threshold = f"{claim.get('direction', 'above')} {claim['threshold']:g}: {claim['threshold_reason']}"
        yield {
            "name": claim["id"], "unit": claim["unit"], "meaning": claim["claim"], "source": ", ".join(claim["source"]),
            "kind": claim["kind"], "measure": claim["measure"], "supported_if": threshold, "arms": ", ".join(claim["arms"]),
        }  # fmt: skip


def structures() -> Iterator[Thing]:
    """The files of `configs/structure`: what each is, and the numbers it sets."""
    from experiments.odd.numbers import changes
    from experiments.odd.source import head_comment

    for name, numbers in changes().items():
        about = head_comment("structure", name)
        sets = ", ".join(f"{key}={value}" for key, value in numbers.items()) or "nothing"
        yield {"name": name, "unit": sets, "meaning": about, "source": _source_of(about)}


CATALOGUES: dict[str, Callable[[], Iterable[Thing]]] = {
    "policies": policies, "markets": markets, "outcomes": outcomes, "levers": levers, "hypotheses": hypotheses,
    "structures": structures,
}  # fmt: skip
list_policies, list_markets, list_outcomes, list_levers, list_hypotheses, list_structures = map(lister, CATALOGUES)

SETS = {"policies": "levers", "markets": "size", "structures": "sets"}
"""What files have in the place of a unit."""
