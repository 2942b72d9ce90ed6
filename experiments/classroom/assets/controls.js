"use strict";
/* The choices of a page: policy, strength, assumptions, seed. */

class PlansimControls {
  constructor({ t, formats, grid, settings, onChange, onSurprise }) {
    Object.assign(this, { t, formats, grid, settings, onChange });
    const { html } = PlansimDraw;
    this.fields = { policy: this._select("policy", grid.policies), structure: this._select("structure", grid.structures) };
    this.slider = html("input", { type: "range", id: "page-intensity", min: 0, max: grid.intensities.length - 1, step: 1,
      oninput: () => onChange({ intensity: grid.intensities[Number(this.slider.value)] }) });
    this.times = html("output", { for: "page-intensity" });
    this.seed = html("select", { id: "page-seed", onchange: () => onChange({ seed: grid.seeds[this.seed.selectedIndex] }) },
      grid.seeds.map((seed) => html("option", { text: String(seed) })));
    this.meaning = html("span");
    this.detail = html("p");
    this.node = html("section", { class: "page-controls", "aria-label": t("Setting") }, this._fields(onSurprise),
      html("details", { class: "page-meaning" },
        html("summary", {}, this.meaning, html("u", { text: t("In detail") })), this.detail));
    this.show(settings);
  }

  _select(key, rows) {
    const { html } = PlansimDraw;
    const select = html("select", { id: `page-${key}`, onchange: () => this.onChange({ [key]: select.value }) },
      rows.map(({ name, label }) => html("option", { value: name, text: this.t(label) })));
    return select;
  }

  _fields(onSurprise) {
    const { t } = this;
    const { html } = PlansimDraw;
    const field = (kind, label, input) =>
      html("div", { class: `page-field page-field-${kind}` }, html("label", { for: input.id, text: label }), input);
    const button = (text, onclick) => html("button", { type: "button", class: "twin-button", text, onclick });
    const chance = button(t("A seed by chance"), () => this._bySomeChance());
    const surprise = button(t("Surprise me"), onSurprise);
    const strength = html("div", { class: "page-field page-field-strength" },
      html("span", { class: "page-strength" }, html("label", { for: this.slider.id, text: t("Strength") }), this.times),
      this.slider);
    return html("div", { class: "page-fields" }, field("policy", t("Policy"), this.fields.policy), strength,
      field("structure", t("Assumptions"), this.fields.structure),
      html("div", { class: "page-chances" }, field("seed", t("Seed"), this.seed), chance, surprise));
  }

  _bySomeChance() {
    const others = this.grid.seeds.filter((seed) => seed !== this.settings.seed);
    if (others.length) this.onChange({ seed: others[Math.floor(Math.random() * others.length)] });
  }

  show(settings) {
    const { t, formats, grid } = this;
    this.settings = settings;
    const policy = grid.policies.find(({ name }) => name === settings.policy);
    const structure = grid.structures.find(({ name }) => name === settings.structure);
    this.fields.policy.value = policy.name;
    this.fields.structure.value = structure.name;
    this.seed.selectedIndex = grid.seeds.indexOf(settings.seed);
    this.slider.value = grid.intensities.indexOf(settings.intensity);
    const times = t("{n} × the usual", { n: formats.plain(settings.intensity) });
    this.times.textContent = times;
    this.slider.setAttribute("aria-valuetext", times);
    this.meaning.textContent = [policy, structure].map(({ meaning }) => meaning && t(meaning)).filter(Boolean).join(" ") + " ";
    this.detail.textContent = this._inDetail(policy, structure, settings.intensity);
  }

  _inDetail(policy, structure, times) {
    const { t, formats } = this;
    const levers = (policy.levers || []).map(({ lever, intensity, unit }) =>
      `${t(lever)}: ${formats.plain(Number((intensity * times).toPrecision(6)))} (${t(unit)})`);
    const parts = [levers.length && t("Levers: {levers}.", { levers: levers.join("; ") }),
      structure.source && t("Source of the assumptions: {source}.", { source: t(structure.source) })];
    return parts.filter(Boolean).join(" ");
  }
}
