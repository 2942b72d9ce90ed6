"use strict";
/* The places of both maps as a table, to be read aloud and by keyboard, and the line about the place that was picked. */

class PlansimPlaces {
  constructor({ t, formats, maps, onPick }) {
    Object.assign(this, { t, formats, maps, onPick });
    const { html } = PlansimDraw;
    this.line = html("p", { class: "twin-picked-line", hidden: true });
    this.body = html("tbody");
    this.fold = html("details", { class: "twin-places", ontoggle: () => this.show(this.day) },
      html("summary", { text: t("All places as a table") }), html("div", { class: "twin-scroll" }, this._table()));
    this.node = html("div", {}, this.line, this.fold);
  }

  _table() {
    const { t } = this;
    const { html } = PlansimDraw;
    const heads = [t("Persons exploited a day"), t("Plans running"), t("Police visits a day")];
    const pairs = heads.flatMap(() => [t("without"), t("with the policy")]);
    return html("table", { class: "twin-table" },
      html("caption", { text: t("Places, mean of 7 days") }),
      html("thead", {},
        html("tr", {}, html("th", { scope: "col", rowspan: 2, text: t("Place") }),
          heads.map((text) => html("th", { scope: "colgroup", colspan: 2, text }))),
        html("tr", {}, pairs.map((text) => html("th", { scope: "col", text })))),
      this.body);
  }

  load(twins) {
    const { html } = PlansimDraw;
    this.twins = twins;
    this.picked = null;
    this.rows = twins.scene.territories.map(({ name }, territory) => {
      const button = html("button", { type: "button", class: "twin-link", "aria-pressed": "false", text: name,
        onclick: () => this.onPick(territory) });
      const cells = Array.from({ length: 6 }, () => html("td"));
      return { button, cells, row: html("tr", {}, html("th", { scope: "row" }, button), cells) };
    });
    this.body.replaceChildren(...this.rows.map(({ row }) => row));
    this.pick(null);
  }

  pick(territory) {
    this.picked = territory;
    this.rows.forEach(({ button }, i) => button.setAttribute("aria-pressed", String(i === territory)));
    this.line.hidden = territory === null;
  }

  show(day) {
    this.day = day;
    if (!this.twins) return;
    if (this.fold.open) this.rows.forEach(({ cells }, territory) => this._write(cells, territory));
    if (this.picked !== null) this._writeLine();
  }

  _write(cells, territory) {
    const { twins, formats, day } = this;
    const values = ["allPersons", "plans", "visits"].flatMap((what) => [0, 1].map((world) => twins[what](world, territory, day)));
    values.forEach((value, i) => (cells[i].textContent = formats.number(value)));
  }

  _writeLine() {
    const { t, maps, picked } = this;
    const words = { without: maps.placeInWords(0, picked), with: maps.placeInWords(1, picked) };
    this.line.textContent = t("Without the policy, {without}. With it, {with}.", words);
  }
}
