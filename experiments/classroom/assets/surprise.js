"use strict";
/* A setting by chance: the page asks for a prediction before it shows what happened. */

class PlansimSurprise {
  constructor({ t, formats, grid, answers, onShow }) {
    Object.assign(this, { t, formats, grid, answers, onShow, asked: 0, right: 0 });
    this.node = PlansimDraw.html("dialog", { class: "page-dialog", "aria-labelledby": "page-surprise" });
  }

  /* Pick a setting and ask. */
  async open() {
    const setting = this._byChance();
    const answer = await this.answers.of(setting);
    this.node.replaceChildren(...this._question(setting, answer));
    this.node.showModal();
  }

  _byChance() {
    const one = (rows) => rows[Math.floor(Math.random() * rows.length)];
    const { policies, structures, intensities, seeds, scene } = this.grid;
    return { policy: one(policies).name, structure: one(structures).name, intensity: one(intensities), seed: one(seeds),
      measure: one(scene.measures.filter(({ id }) => id !== "cost")).id };
  }

  _labels() {
    const { t } = this;
    const percent = this.formats.plain(100 * PlansimSurprise.MARGIN);
    return [t("fewer, by more than {n} %", { n: percent }), t("about the same: within {n} %", { n: percent }),
      t("more, by more than {n} %", { n: percent })];
  }

  _question(setting, answer) {
    const { t } = this;
    const { html } = PlansimDraw;
    const show = html("button", { type: "button", class: "twin-button page-main", disabled: true, text: t("Show what happened"),
      onclick: () => this._reveal(setting, answer, this._chosen()) });
    const choices = this._labels().map((text, i) => html("label", { class: "page-answer" },
      html("input", { type: "radio", name: "page-guess", value: i, onchange: () => (show.disabled = false) }), text));
    const measure = t(answer.measure.label);
    const question = answer.total
      ? t("{measure}, until the last day: what has the policy done, on average over the seeds?", { measure })
      : t("{measure}, in the last half year: what has the policy done, on average over the seeds?", { measure });
    return [this._heading(t("Predict first")), html("p", { text: this._inWords(setting) }),
      html("fieldset", {}, html("legend", { text: question }), choices),
      html("div", { class: "page-ways" }, show, this._close(t("Not now")))];
  }

  _heading(text) {
    return PlansimDraw.html("h2", { id: "page-surprise", text, tabindex: -1 });
  }

  _close(text) {
    return PlansimDraw.html("button", { type: "button", class: "twin-button", text, onclick: () => this.node.close() });
  }

  _chosen() {
    return Number(this.node.querySelector("input:checked").value);
  }

  _inWords({ policy, structure, intensity }) {
    const { t, grid } = this;
    const label = (rows, name) => t(rows.find((row) => row.name === name).label);
    return t("{policy}, {n} times the usual. Assumptions: {structure}.", { policy: label(grid.policies, policy),
      structure: label(grid.structures, structure), n: this.formats.plain(intensity) });
  }

  /* Which of the three answers a difference is. */
  static verdict(value, level) {
    const margin = PlansimSurprise.MARGIN * level;
    if (value < -margin) return 0;
    return value > margin ? 2 : 1;
  }

  _reveal(setting, answer, chosen) {
    const { t, formats } = this;
    const { html } = PlansimDraw;
    const found = PlansimSurprise.verdict(answer.mean, answer.level);
    this.asked += 1;
    this.right += chosen === found ? 1 : 0;
    this.onShow(setting);
    const labels = this._labels();
    const verdict = chosen === found ? t("As you predicted: {answer}.", { answer: labels[found] })
      : t("You predicted: {guess}. It was: {answer}.", { guess: labels[chosen], answer: labels[found] });
    const open = [answer.low, answer.high].some((limit) => PlansimSurprise.verdict(limit, answer.level) !== found);
    const heading = this._heading(verdict);
    const onclick = () => this._another();
    const another = html("button", { type: "button", class: "twin-button", text: t("Another one"), onclick });
    this.node.replaceChildren(...[heading, html("p", { text: this._inWords(setting) }),
      html("p", { text: PlansimAnswers.inWords(answer, t, formats) }),
      open && html("p", { text: t("The interval reaches beyond that answer: these seeds do not settle it.") }),
      this._strip(answer), html("p", { class: "page-hint", text: this._score() }),
      html("div", { class: "page-ways" }, this._close(t("Look at the worlds")), another)].filter(Boolean));
    heading.focus();
  }

  _score() {
    return this.t("Right so far: {right} of {asked}.", { right: this.right, asked: this.asked });
  }

  _another() {
    this.node.close();
    this.open();
  }

  /* A point for each seed, the mean with its interval, and the zone that counts as about the same. */
  _strip(answer) {
    const { t } = this;
    const { svg } = PlansimDraw;
    const margin = PlansimSurprise.MARGIN * answer.level;
    const marks = PlansimDraw.ticks(Math.min(-margin, ...answer.values), Math.max(margin, ...answer.values), 5);
    const x = PlansimDraw.scale([marks[0], marks[marks.length - 1]], [24, 416]);
    const axis = marks.flatMap((mark) => [svg("path", { class: "twin-tick", d: `M${x(mark)} 62v5` }),
      svg("text", { class: "twin-axis twin-middle", x: x(mark), y: 80, text: this.formats.plain(mark) })]);
    const unit = t("difference, {unit}; points: seeds", { unit: t(answer.measure.unit) });
    return svg("svg", { class: "page-strip", viewBox: "0 0 440 100", role: "img", "aria-label": t("Differences of all seeds") },
      svg("rect", { class: "twin-band", x: x(-margin), y: 6, width: x(margin) - x(-margin), height: 56 }),
      svg("path", { class: "twin-zero", d: `M${x(0)} 6V62M24 62H416` }), axis,
      answer.values.map((value, i) => svg("circle", { class: "page-seed-dot", cx: x(value), cy: 14 + (i % 4) * 6, r: 3.5 })),
      svg("path", { class: "twin-line twin-line-mean", d: `M${x(answer.low)} 50H${x(answer.high)}` }),
      svg("circle", { class: "page-mean-dot", cx: x(answer.mean), cy: 50, r: 5 }),
      svg("text", { class: "twin-axis twin-middle", x: 220, y: 96, text: unit }));
  }
}

PlansimSurprise.MARGIN = 0.05; // of the level without the policy: what counts as about the same
