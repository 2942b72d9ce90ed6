"""Tables, figures and the page of a sensitivity analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from experiments.report import style
from experiments.report.page import Page
from experiments.sensitivity.figures import ORDERS, convergence, effect_bars, effects_and_spread, index_bars
from experiments.sensitivity.results import name_outcome, tables
from experiments.store.result import number_cells, write_table
from sim.measures.windows import window_text


def write_report(summary: dict[str, Any], folder: Path) -> list[str]:
    """Write the tables, the figures and report.html; the names of the figures."""
    for name, table in tables(summary).items():
        write_table(folder, name, table)
    figures = draw_figures(summary)
    for name, figure in figures.items():
        style.save(figure, folder, name)
    _write_page(summary, list(figures), folder)
    return list(figures)


def draw_figures(summary: dict[str, Any]) -> dict[str, Any]:
    """The figures that the results allow, by name."""
    factors, unit = summary["factors"], summary["unit"]
    rows = {path: _row_label(factor) for path, factor in factors.items()}
    names = {path: factor["label"] for path, factor in factors.items()}
    outcome = name_outcome(summary)
    subject = f"{outcome}; market {summary['market']}."
    banded = f"{subject} Bands: 95 % bootstrap."
    screening, found, figures = summary["screening"], summary["indices"], {}
    if screening["effects"]:
        size = f"{screening['trajectories']:,} trajectories, {screening['replicates']:,} seeds per point; bars: 95 % bootstrap."
        dotted = " Dotted: what seeds alone would show." if screening["noise"] else ""
        blue = " Blue: taken on to Sobol indices." if any(effect["kept"] for effect in screening["effects"]) else ""
        label = f"mu*: mean absolute effect over the factor's range ({unit})"
        figures["screening"] = effect_bars(screening, rows, label, "Which factors matter", f"{subject} {size}{blue}{dotted}")
        dashed = " Above the dashed line, sigma = mu*, effects interact or change their sign."
        title = "How much factors matter, and how evenly"
        figures["screening_scatter"] = effects_and_spread(screening, names, unit, title, f"{subject}{dashed}{blue}{dotted}")
        ranked = {effect["factor"]: names[effect["factor"]] for effect in screening["effects"]}
        steps, title = screening["convergence"], "Do the effects settle?"
        figures["screening_convergence"] = convergence(steps, {"mu_star": "mu*"}, ranked, f"mu* ({unit})", title, banded)
    if found and found["factors"]:
        counts = f"{found['base_rows']:,} rows, {found['points']:,} points, {found['replicates']:,} seeds each"
        size = f"{counts}; bars: 95 % bootstrap."
        hollow = " Hollow: the interval holds zero."
        dotted = " Dotted: the total that seeds alone would show." if found["noise"] else ""
        figures["indices"] = index_bars(found, rows, "Shares of the variance", f"{subject} {size}{hollow}{dotted}")
        ranked = {row["factor"]: names[row["factor"]] for row in found["factors"]}
        steps, title = found["convergence"], "Do the indices settle?"
        figures["indices_convergence"] = convergence(steps, ORDERS, ranked, "share of the variance", title, banded)
    return figures


def _row_label(factor: dict[str, Any]) -> str:
    """A factor in two lines: its name; what it takes, with its unit."""
    unit = f" {factor['unit']}" if factor["unit"] else ""
    return f"{factor['label']}\n{factor['range']}{unit}"


def _write_page(summary: dict[str, Any], figures: list[str], folder: Path) -> None:
    factors, screening, found = summary["factors"], summary["screening"], summary["indices"]
    page = Page(summary["question"] or "Sensitivity analysis")
    page.paragraph(f"{name_outcome(summary)}; market {summary['market']}.")
    if summary.get("window"):
        page.paragraph(f"Measured: {window_text(summary['window'])}.")
    page.paragraph("Persons exploited are victims, a large part of them minors.")
    for note in summary["notes"]:
        page.paragraph(f"Note: {note}.")
    for name in figures:
        page.figure(folder / f"{name}.svg", name.replace("_", " "))
    page.heading("Screening: elementary effects over the whole range of a factor")
    page.paragraph(_noise(screening["noise"]))
    rows = []
    for effect in screening["effects"]:
        mark = "to Sobol indices" if effect["kept"] else ""
        mark += " (within the seeds' noise)" if effect["above_noise"] is False else ""
        label = factors[effect["factor"]]["label"]
        rows.append([label, *_cells(effect["mu_star"]), *_cells(effect["mu"])[:1], *_cells(effect["sigma"]), mark.strip()])
    unit = summary["unit"]
    page.table(["factor", f"mu* ({unit})", "low", "high", "mu", "sigma", "low", "high", ""], rows)
    if found:
        page.heading("Sobol indices: shares of the variance, the other factors as configured")
        page.paragraph(_noise(found["noise"]))
        rows = [
            [factors[row["factor"]]["label"], order, *_cells(row[order]), row[order]["mark"]]
            for row in found["factors"]
            for order in ("first", "total")
        ]
        rows += [["sum", "first", *_cells(found["first_sum"]), ""]] if found["first_sum"] else []
        for row in found["second"] or []:
            rows.append([" x ".join(factors[path]["label"] for path in row["factors"]), "second", *_cells(row), row["mark"]])
        page.table(["factor", "order", "share", "low", "high", ""], rows)
    page.paragraph(f"Intervals: {summary['interval']}.")
    page.heading("Factors")
    rows = [
        [one["label"], path, one["range"] + (", on the logarithm" if one["log"] else ""), one["unit"], one["source"] or ""]
        for path, one in factors.items()
    ]
    page.table(["factor", "path", "range", "unit", "source of the default"], rows)
    page.again()
    page.paragraph("Both phases are sweeps with rows of their own, and any row can be repeated:")
    page.code("plansim show RESULT/screening\nplansim rerun RESULT/screening ROW")
    page.write(folder / "report.html")


def _noise(noise: dict[str, Any] | None) -> str:
    if not noise:
        return "How much of the spread is owed to seeds is unknown: two replicates or more are needed."
    return (
        f"Seeds make {100 * noise['share']:.1f} % of the variance between points (means over replicates); "
        f"a seed moves all points alike by {100 * noise['seeds']:.1f} % of the variance of single runs, which changes no index."
    )


def _cells(found: dict[str, Any]) -> list[str]:
    return number_cells(found, 3)
