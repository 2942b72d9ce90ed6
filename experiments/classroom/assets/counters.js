"use strict";
/* The table of counts of both worlds on a day. */

class PlansimCounters {
  constructor({ t, formats }) {
    Object.assign(this, { t, formats });
    const { html } = PlansimDraw;
    this.caption = html("caption");
    this.body = html("tbody");
    const heads = [t("Measure"), t("without"), t("with the policy"), t("difference")];
    this.node = html("div", { class: "twin-counters", "aria-live": "polite" },
      html("table", { class: "twin-table" }, this.caption,
        html("thead", {}, html("tr", {}, heads.map((text) => html("th", { scope: "col", text })))), this.body));
  }

  load(twins) {
    const { html } = PlansimDraw;
    const { t } = this;
    this.twins = twins;
    this.rows = twins.scene.measures.map((measure) => {
      const cells = [0, 1, 2].map(() => html("td"));
      const head = html("th", { scope: "row" }, t(measure.label), html("small", { text: t(measure.unit) }));
      return { measure, cells, row: html("tr", { "data-measure": measure.id }, head, cells) };
    });
    this.body.replaceChildren(...this.rows.map(({ row }) => row));
    this.caption.textContent = t("Counts of this seed: one run, an anecdote");
  }

  /* While days pass, the table is not read aloud. */
  setQuiet(quiet) {
    this.node.setAttribute("aria-live", quiet ? "off" : "polite");
  }

  show(day) {
    this.rows.forEach(({ measure, cells }) => this._write(measure, cells, day));
  }

  _write(measure, cells, day) {
    const { formats, twins } = this;
    const [untreated, treated] = twins.values(measure.id, day);
    const digits = PlansimCounters.digits(measure, untreated, treated);
    const texts = [untreated, treated].map((value) => formats.number(value, { digits }));
    [...texts, this._difference(treated - untreated, digits)].forEach((text, i) => {
      if (cells[i].textContent !== text) cells[i].textContent = text;
    });
    const way = Math.abs(treated - untreated) < 1e-9 ? "same" : treated < untreated ? "fewer" : "more";
    cells[2].className = `twin-${way}`;
  }

  /* As many decimals in all cells of a row as its largest number needs; sums are whole. */
  static digits(measure, untreated, treated) {
    if (measure.shown === "total") return 0;
    return Math.max(untreated, treated) >= 99.95 ? 0 : 1;
  }

  _difference(value, digits) {
    const text = this.formats.number(value, { digits, signed: true });
    if (text === "0") return "0";
    return `${value < 0 ? "▼" : "▲"} ${text}`;
  }
}
