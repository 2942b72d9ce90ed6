"use strict";
/* Two charts of a measure: both worlds, and their difference with the band over the seeds; nothing after the day shown. */

class PlansimCharts {
  constructor({ t, formats, onMeasure }) {
    Object.assign(this, { t, formats, onMeasure, chosen: null });
    this.prefix = `twin-chart-${(PlansimCharts.count += 1)}`;
    const { html, svg } = PlansimDraw;
    this.select = html("select", { id: `${this.prefix}-measure`, onchange: () => this.onMeasure(this.select.value) });
    this.pictures = [0, 1].map(() => svg("svg", { class: "twin-chart-picture", role: "img" }));
    this.keys = [0, 1].map(() => html("figcaption"));
    this.finding = html("p", { class: "twin-finding" });
    const figures = this.pictures.map((picture, i) => html("figure", { class: "twin-chart" }, this.keys[i], picture));
    this.node = html("section", { class: "twin-charts", "aria-label": t("Charts") },
      html("p", { class: "twin-choice" }, html("label", { for: this.select.id, text: t("Charts of") }), this.select),
      html("div", { class: "twin-chart-pair" }, figures), this.finding);
  }

  load(twins) {
    const { t } = this;
    this.twins = twins;
    this.select.replaceChildren(...twins.scene.measures.map(({ id, label }) =>
      PlansimDraw.html("option", { value: id, text: t(label) })));
    this.choose(twins.measure(this.chosen).id);
  }

  choose(id) {
    this.chosen = id;
    if (!this.twins) return;
    this.measure = this.twins.measure(id);
    this.select.value = this.measure.id;
    this._writeKeys();
    this.resize();
  }

  /* Draw everything for the width there is now. */
  resize() {
    if (!this.twins) return;
    this.parts = [this._drawLevels(), this._drawDifference()];
  }

  show(day) {
    this.day = day;
    if (!this.parts) return;
    this._showLevels(this.parts[0], day);
    this._showDifference(this.parts[1], day);
    this.finding.textContent = this.findingInWords(day);
  }

  _writeKeys() {
    const { t } = this;
    const seeds = (this._band()[0] || { n: 1 }).n;
    const levels = [["untreated", t("without")], ["treated", t("with")]];
    const own = ["own", t("this seed: an anecdote")];
    const all = ["mean", t("mean of {n} seeds, 95 % interval", { n: seeds })];
    this.keys[0].replaceChildren(this._title(t("Both worlds")), ...levels.map((key) => this._key(...key)));
    const keys = seeds > 1 ? [own, all] : [own];
    this.keys[1].replaceChildren(this._title(t("Difference")), ...keys.map((key) => this._key(...key)));
  }

  _title(text) {
    return PlansimDraw.html("strong", { text });
  }

  _key(kind, text) {
    const { html, svg } = PlansimDraw;
    const band = kind === "mean" && svg("rect", { class: "twin-band", x: 0, y: 2, width: 28, height: 8 });
    const sample = svg("svg", { width: 28, height: 12, "aria-hidden": "true" }, band,
      svg("path", { class: `twin-line twin-line-${kind}`, d: "M0 6H28" }));
    return html("span", { class: "twin-sample" }, sample, text);
  }

  _band() {
    return this.twins.band(this.measure.id);
  }

  _drawLevels() {
    const { twins, measure } = this;
    const rows = twins.levels.get(measure.id);
    const labels = [this.t("without"), this.t("with")];
    const frame = this._frame(0, [0, ...rows.map((row) => Math.max(...row))], labels);
    const path = (row) => PlansimDraw.line(Array.from(row, (value, i) => [frame.x(twins.first + i), frame.y(value)]));
    ["untreated", "treated"].forEach((kind, world) => this._addLine(frame, kind, path(rows[world])));
    return this._addLabels(frame, labels, ["untreated", "treated"]);
  }

  _drawDifference() {
    const { twins, measure } = this;
    const [untreated, treated] = twins.levels.get(measure.id);
    const own = Array.from(treated, (value, i) => value - untreated[i]);
    const weeks = this._band().filter((week) => week.n > 1);
    const limits = weeks.flatMap(({ low, high }) => [low, high]);
    const labels = [this.t("this seed"), this.t("mean")];
    const frame = this._frame(1, [0, Math.min(...own, ...limits), Math.max(...own, ...limits)], labels);
    const at = (key) => weeks.map((week) => [frame.x(week.day), frame.y(week[key])]);
    frame.shown.append(PlansimDraw.svg("path", { class: "twin-band", d: PlansimDraw.area(at("high"), at("low")) }));
    this._addLine(frame, "own", PlansimDraw.line(own.map((value, i) => [frame.x(twins.first + i), frame.y(value)])));
    this._addLine(frame, "mean", PlansimDraw.line(at("mean")));
    return this._addLabels(frame, labels, ["own", "mean"]);
  }

  /* Axes over the given values: {x, y: scales, shown: group that ends at the day, limit, cursor, width, bottom, top}. */
  _frame(which, values, labels) {
    const { svg, ticks, scale } = PlansimDraw;
    const picture = this.pictures[which];
    const width = Math.max(240, Math.floor(picture.parentNode.clientWidth) || 360);
    const { height, top, bottom, letter } = PlansimCharts.SIZE;
    const right = 12 + letter * Math.max(...labels.map((label) => label.length));
    const marks = ticks(Math.min(...values), Math.max(...values), 4);
    const texts = marks.map((mark) => this.formats.plain(mark));
    const left = 10 + 7 * Math.max(...texts.map((text) => text.length));
    const x = scale([this.twins.first, this.twins.last], [left, width - right]);
    const y = scale([marks[0], marks[marks.length - 1]], [height - bottom, top]);
    PlansimDraw.set(picture, { viewBox: `0 0 ${width} ${height}`, width, height });
    const limit = svg("rect", { x: 0, y: 0, width: 0, height });
    const clip = svg("clipPath", { id: `${this.prefix}-${which}` }, limit);
    const shown = svg("g", { "clip-path": `url(#${this.prefix}-${which})` });
    const cursor = svg("path", { class: "twin-cursor" });
    picture.replaceChildren(svg("defs", {}, clip), ...this._grid(marks, texts, x, y, width - right),
      ...this._weeks(x, height - bottom), this._start(x, top, height - bottom), shown, cursor);
    return { picture, x, y, shown, limit, cursor, top, bottom: height - bottom };
  }

  _grid(marks, texts, x, y, right) {
    const { svg } = PlansimDraw;
    const left = x(this.twins.first);
    const unit = svg("text", { class: "twin-axis", x: 2, y: 11, text: this.t(this.measure.unit) });
    return [unit, ...marks.flatMap((mark, i) => [
      svg("path", { class: mark === 0 ? "twin-zero" : "twin-grid", d: `M${left} ${y(mark).toFixed(1)}H${right}` }),
      svg("text", { class: "twin-axis twin-end", x: left - 5, y: (y(mark) + 4).toFixed(1), text: texts[i] }),
    ])];
  }

  /* The marks of the horizontal axis, in weeks since the policy began. */
  _weeks(x, bottom) {
    const { svg, ticks } = PlansimDraw;
    const { first, last, policyDay } = this.twins;
    const weeks = ticks((first - policyDay) / 7, (last - policyDay) / 7, 6).filter(
      (week) => Number.isInteger(week) && policyDay + 7 * week >= first && policyDay + 7 * week <= last);
    const marks = weeks.flatMap((week) => {
      const at = x(policyDay + 7 * week).toFixed(1);
      const text = this.formats.plain(week);
      return [svg("path", { class: "twin-tick", d: `M${at} ${bottom}v4` }),
        svg("text", { class: "twin-axis twin-middle", x: at, y: bottom + 16, text })];
    });
    const title = svg("text", { class: "twin-axis twin-middle", x: (x(first) + x(last)) / 2, y: bottom + 31,
      text: this.t("weeks since the policy began") });
    return [...marks, title];
  }

  _start(x, top, bottom) {
    return PlansimDraw.svg("path", { class: "twin-start", d: `M${x(this.twins.policyDay).toFixed(1)} ${top}V${bottom}` });
  }

  _addLine(frame, kind, path) {
    frame.shown.append(PlansimDraw.svg("path", { class: `twin-line twin-line-${kind}`, d: path }));
  }

  _addLabels(frame, texts, kinds) {
    const labels = texts.map((text, i) => PlansimDraw.svg("text", { class: `twin-label twin-label-${kinds[i]}`, text }));
    frame.picture.append(...labels);
    return { ...frame, labels };
  }

  _showLevels(part, day) {
    const { t, formats, twins, measure } = this;
    const values = twins.values(measure.id, day);
    this._moveTo(part, day, values);
    const words = {
      measure: t(measure.label), unit: t(measure.unit), date: formats.date(twins.scene.start_date, day),
      without: formats.number(values[0]), with: formats.number(values[1]),
    };
    const text = t("Both worlds. {measure}, {unit}, on {date}: {without} without, {with} with the policy.", words);
    part.picture.setAttribute("aria-label", text);
  }

  _showDifference(part, day) {
    const week = this.twins.week(this.measure.id, day);
    const mean = week && week.n > 1 ? week.mean : NaN;
    this._moveTo(part, day, [this.twins.difference(this.measure.id, day), mean]);
    part.picture.setAttribute("aria-label", `${this.t("Difference: with minus without")}. ${this.findingInWords(day)}`);
  }

  /* The cursor, what is seen of the lines, and their labels beside it. */
  _moveTo(part, day, values) {
    const x = part.x(day);
    part.limit.setAttribute("width", (x + 0.5).toFixed(1));
    part.cursor.setAttribute("d", `M${x.toFixed(1)} ${part.top}V${part.bottom}`);
    const places = values.map((value) => (Number.isFinite(value) ? part.y(value) : part.y(0)));
    PlansimDraw.spread(places, 14, part.top + 4, part.bottom - 4).forEach((y, i) => {
      part.labels[i].style.display = Number.isFinite(values[i]) ? "" : "none";
      PlansimDraw.set(part.labels[i], { x: (x + 5).toFixed(1), y: (y + 4).toFixed(1) });
    });
  }

  /* What the seeds say up to a day, beside what this one says. */
  findingInWords(day) {
    const { t, formats, twins, measure } = this;
    const week = twins.week(measure.id, day);
    if (!week || day < twins.policyDay + PlansimTwins.WEEK - 1) return t("The policy has been in force for less than a week.");
    const own = formats.signed(twins.difference(measure.id, week.day));
    const unit = t(measure.unit);
    if (week.n < 2) return t("This seed: {own} {unit}. A single run is an anecdote: no interval.", { own, unit });
    const date = formats.date(twins.scene.start_date, week.day);
    const [mean, low, high] = [week.mean, week.low, week.high].map((value) => formats.signed(value));
    const values = { own, n: week.n, unit, measure: t(measure.label), date, mean, low, high };
    const finding = t("Finding over {n} seeds, week to {date}. {measure}: {mean} {unit} (95 % interval of the mean by Student's "
      + "t: {low} to {high}). This seed: {own}, an anecdote.", values);
    if (week.low > 0 || week.high < 0) return finding;
    return `${finding} ${t("The interval includes zero: that nothing changed is not ruled out.")}`;
  }
}

PlansimCharts.SIZE = { height: 156, top: 20, bottom: 36, letter: 6.2 }; // pixels
PlansimCharts.count = 0; // of views on the page, so that their clips have names of their own
