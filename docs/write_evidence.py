"""Write docs/evidence.md from the tables of sim/evidence: `python docs/write_evidence.py`."""

from __future__ import annotations

from collections import defaultdict
from importlib import resources
from pathlib import Path

import yaml

from experiments.report.references import value_text
from experiments.validation.patterns import read_patterns, row_of
from sim.configuration import parameter_table
from sim.evidence import TAGS, USES, Fact, cited, evidence, sources
from sim.levers import LEVER_KINDS

HEADER = """# Evidence

Written by `docs/write_evidence.py` from `sim/evidence`; a test keeps the two consistent, another one looks up every number
cited in code, configurations and documents.

One row for each number: E are facts of documents, R counts of public records. A row is a fact in our words with its source,
never the text of a document. Rows marked **held out** are kept for validation: no parameter, level, prior, preset or growth
curve may rest on them. The last column names the parameters, levers and hypotheses that cite the row (`plansim parameters`
shows whether they use its size or only its direction), and the patterns of `configs/patterns.yaml` (*pattern*).

"""
COLUMNS = ("no.", "quantity or mechanism", "value", "unit", "year", "population", "source", "kind", "cited by")
SECTIONS = {"E": "Documents", "R": "Public records"}


def evidence_page() -> str:
    """The page as text."""
    users = citations()
    kinds = "; ".join(f"*{name.replace('_', ' ')}*, {text}" for name, text in (USES | TAGS).items() if name)
    parts = [HEADER, f"Kinds: {kinds}.\n"]
    for letter, title in SECTIONS.items():
        rows = [_row(fact, users[fact.id]) for fact in evidence().values() if fact.id.startswith(letter)]
        parts.append(f"\n## {title}\n\n" + _table(COLUMNS, rows))
    rows = [
        (f'<a id="{source.key}"></a>{source.key}', source.reference, f"<{source.link}>" if source.link else "", source.read)
        for source in sources().values()
    ]
    parts.append("\n## Sources\n\n" + _table(("key", "document", "link", "checked against"), rows))
    return "".join(parts)


def citations() -> dict[str, list[str]]:
    """Who cites a row, by its number: parameters, levers, hypotheses, patterns."""
    users = defaultdict(list)
    texts = [(f"`{row['key']}`", row["source"]) for row in parameter_table()]
    texts += [(f"lever `{name}`", f"{kind.source} {kind.meaning}") for name, kind in LEVER_KINDS.items()]
    for file in sorted((resources.files("configs") / "hypothesis").iterdir(), key=lambda file: file.name):
        claim = yaml.safe_load(file.read_text(encoding="utf-8"))["hypothesis"]
        texts.append((f"hypothesis `{claim['id']}`", " ".join(claim["source"])))
    texts += [("*pattern*", " ".join((row_of(name), *pattern.rows))) for name, pattern in read_patterns().patterns.items()]
    for user, text in texts:
        for number in cited(text):
            users[number].append(user)
    return users


def _row(fact: Fact, users: list[str]) -> tuple[str, ...]:
    anchor = f'<a id="{fact.id.lower()}"></a>{fact.id}'
    where = "; ".join(f"[{key}](#{key})" for key in fact.sources) + (f", {fact.where}" if fact.where else "")
    kind = "**held out**" if fact.held_out else ", ".join(filter(None, (fact.use, fact.tag)))
    quantity = fact.quantity + (f" (*{fact.note}*)" if fact.note else "")
    return anchor, quantity, value_text(fact), fact.unit, fact.year, fact.population, where, kind, ", ".join(users)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    (Path(__file__).parent / "evidence.md").write_text(evidence_page(), encoding="utf-8")
