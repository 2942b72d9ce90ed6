"use strict";
/* Twin worlds side by side: clock, two maps, counters, charts. One scene at a time; see PlansimTwins for what it holds.

   new PlansimTwinView(root, {t, language, onDay, onPick, onMeasure}); load(scene, day), show(day), play(), pause(), step(days),
   setSpeed(daysPerSecond), choose(measure), day, measure, svg(), csv(), destroy().
   onPick gets {territory}: its number, or null. */

class PlansimTwinView {
  constructor(root, options) {
    const nothing = () => {};
    Object.assign(this, { root, t: PlansimTwinView.filled, onDay: nothing, onPick: nothing, onMeasure: nothing }, options);
    const t = this.t;
    const formats = (this.formats = new PlansimNumbers.Formats(this.language || "en"));
    const parts = { t, formats, onPick: (territory) => this._pick(territory) };
    const onPlaying = (playing) => this._setPlaying(playing);
    this.playback = new PlansimPlayback({ ...parts, onDay: (day) => this.show(day), onPlaying });
    this.maps = new PlansimMaps(parts);
    this.places = new PlansimPlaces({ ...parts, maps: this.maps });
    this.counters = new PlansimCounters(parts);
    this.charts = new PlansimCharts({ ...parts, onMeasure: (id) => this._measureChosen(id) });
    this.parting = PlansimDraw.html("p", { class: "twin-parting" });
    this._build();
  }

  /* A message with the values in braces filled in, and no line broken before a percent sign. */
  static filled(message, values = {}) {
    const text = message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
    return text.replace(/ %/g, "\u00a0%");
  }

  _build() {
    const { html } = PlansimDraw;
    const left = html("div", { class: "twin-left" }, this.maps.node, this.parting, this.maps.legend);
    this.root.classList.add("twin");
    this.root.replaceChildren(this.playback.node, html("div", { class: "twin-body" }, left, this.counters.node, this.charts.node),
      this.places.node);
    this.observer = new ResizeObserver(() => this._resized());
    this.observer.observe(this.root);
  }

  get day() {
    return this.playback.day;
  }

  get measure() {
    return this.charts.measure.id;
  }

  /* Show a scene on a day; without one, on the day shown before, or the policy's first. */
  load(scene, day = this.day) {
    this.twins = new PlansimTwins(scene);
    [this.playback, this.maps, this.places, this.counters, this.charts].forEach((part) => part.load(this.twins));
    this.show(day === undefined ? this.twins.policyDay : day);
  }

  show(day) {
    if (!this.twins) return;
    const shown = Math.round(Math.min(this.twins.last, Math.max(this.twins.first, day)));
    [this.playback, this.maps, this.places, this.counters, this.charts].forEach((part) => part.show(shown));
    this.parting.textContent = this._partingInWords(shown);
    this.onDay(shown);
  }

  play() {
    this.playback.play();
  }

  pause() {
    this.playback.pause();
  }

  step(days) {
    this.playback.step(days);
  }

  setSpeed(daysPerSecond) {
    this.playback.setSpeed(daysPerSecond);
  }

  /* Draw the charts of another measure. */
  choose(id) {
    this.charts.choose(id);
    if (this.twins) this.charts.show(this.day);
  }

  destroy() {
    this.observer.disconnect();
    this.playback.destroy();
    this.root.replaceChildren();
    this.root.classList.remove("twin", "twin-playing");
  }

  /* The whole view on the day shown as the text of an SVG file. */
  svg() {
    const { t, twins, maps, charts } = this;
    const { label } = charts.measure;
    return PlansimPicture.compose({
      root: this.root, title: this._title(), lines: [this.playback.clock.textContent, this.parting.textContent],
      maps: { titles: maps.titles.map((title) => title.textContent), pictures: maps.pictures, kinds: maps.kinds(),
        legend: this._legendInWords() },
      rows: this._rows(),
      charts: { titles: [t("Both worlds"), t("Difference: with minus without")].map((text) => `${t(label)}. ${text}`),
        pictures: charts.pictures },
      finding: charts.findingInWords(twins.first > this.day ? twins.first : this.day),
    });
  }

  /* What the counters show on every day: day, date, measure, untreated, treated, difference. */
  csv() {
    const { twins } = this;
    const lines = ["day,date,measure,untreated,treated,difference"];
    const exact = (value) => String(Number(value.toFixed(4)));
    for (let day = twins.first; day <= twins.last; day += 1) {
      const date = PlansimNumbers.isoDate(twins.scene.start_date, day);
      for (const { id } of twins.scene.measures) {
        const [untreated, treated] = twins.values(id, day);
        lines.push([day, date, id, exact(untreated), exact(treated), exact(treated - untreated)].join(","));
      }
    }
    return `${lines.join("\n")}\n`;
  }

  _title() {
    const { t, twins } = this;
    const { market, seed, policy_label: policy, assumptions_label: assumptions } = twins.scene;
    const parts = [policy && t(policy), assumptions && t(assumptions), t("market {market}, seed {seed}", { market, seed })];
    return parts.filter(Boolean).join(" · ");
  }

  _legendInWords() {
    return this.t("Circle: persons exploited by venue kind, mean of 7 days. Ring: police visits. Triangle: fewer (down) or more "
      + "(up) persons than in the twin. Artificial worlds, made with plansim; one run is an anecdote.");
  }

  _rows() {
    const heads = [...this.counters.node.querySelectorAll("thead th")].map((cell) => cell.textContent);
    const bodies = this.counters.rows.map(({ measure, cells }) =>
      [`${this.t(measure.label)} (${this.t(measure.unit)})`, ...cells.map((cell) => cell.textContent)]);
    return [heads, ...bodies];
  }

  _partingInWords(day) {
    const { t, twins } = this;
    const parting = twins.parting;
    if (!parting || day < parting.day) return t("Up to this day nothing differs but the policy itself.");
    const values = { date: this.formats.date(twins.scene.start_date, parting.day), n: parting.day - twins.policyDay + 1 };
    return parting.exact ? t("The worlds part on {date}, day {n} of the policy.", values)
      : t("The worlds part in the week from {date}, day {n} of the policy.", values);
  }

  _pick(territory) {
    const picked = this.maps.picked === territory ? null : territory;
    this.maps.pick(picked);
    this.places.pick(picked);
    this.places.show(this.day);
    this.onPick({ territory: picked });
  }

  _measureChosen(id) {
    this.choose(id);
    this.onMeasure(id);
  }

  _setPlaying(playing) {
    this.root.classList.toggle("twin-playing", playing);
    this.counters.setQuiet(playing);
    if (!playing && this.twins && this.day !== undefined) this.onDay(this.day);
  }

  _resized() {
    if (!this.twins || this.root.clientWidth === this.width) return;
    this.width = this.root.clientWidth;
    this.maps.resize();
    this.charts.resize();
    this.maps.show(this.day);
    this.charts.show(this.day);
  }
}
