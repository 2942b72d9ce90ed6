"use strict";
/* The page of `plansim explorable`: choices, lessons, the view, and the address that keeps them. */

class PlansimExplorable {
  constructor(root, grid, textOf) {
    Object.assign(this, { root, grid, name: document.title });
    this.reader = new PlansimDecode.Grid(grid, textOf);
    this.answers = new PlansimAnswers(grid, this.reader);
    this.settings = this._fromAddress();
    window.addEventListener("hashchange", () => this._addressChanged());
    this._build();
  }

  _fromAddress() {
    return PlansimSettings.read(this.grid, location.hash, navigator.languages || [navigator.language || "en"]);
  }

  /* English text -> text of the language, with the values in braces filled in. */
  _translator() {
    const known = (this.grid.messages || {})[this.settings.lang] || {};
    return (message, values) => PlansimTwinView.filled(known[message] || message, values);
  }

  _build() {
    const { grid, settings } = this;
    const t = this._translator();
    const formats = new PlansimNumbers.Formats(settings.lang);
    Object.assign(this, { t, formats });
    document.documentElement.lang = settings.lang;
    document.title = `${t("Twin worlds")} · ${this.name}`;
    if (this.view) this.view.destroy();
    const last = grid.scene.first_day + grid.days - 1;
    const onShow = (change) => this._change(change, last);
    this.surprise = new PlansimSurprise({ t, formats, grid, answers: this.answers, onShow });
    const [onChange, onSurprise] = [(change) => this._change(change), () => this.surprise.open()];
    this.controls = new PlansimControls({ t, formats, grid, settings, onChange, onSurprise });
    this.lesson = this._lessonPanel();
    this.share = new PlansimShare({ t, view: () => this.view, name: () => this._fileName() });
    this._place();
    this.lesson.show(settings);
    this._refresh();
  }

  _lessonPanel() {
    const { grid, t, formats, settings } = this;
    return new PlansimLessonPanel({
      t, lessons: (grid.lessons || {})[settings.lang] || [],
      onState: (state) => this._keep(state),
      onShow: (run) => this._showRun(run, run.start ? grid.scene.policy_day : null),
      onRun: (run) => this._showRun(run, grid.scene.policy_day).then(() => this.view.play()),
      answerOf: async (run) => PlansimAnswers.inWords(await this.answers.of(this._ofRun(run)), t, formats),
    });
  }

  /* The worlds of a run of a lesson, brought into sight where they stand below the lesson. */
  async _showRun(run, day) {
    await this._change(this._ofRun(run), day);
    const { root } = this.view;
    if (!run.start && root.getBoundingClientRect().top > window.innerHeight / 2) root.scrollIntoView({ block: "start" });
  }

  _ofRun(run) {
    return PlansimSettings.ofRun(this.grid, run, this.settings.seed);
  }

  _place() {
    const { t } = this;
    const { html } = PlansimDraw;
    const stage = html("div", { class: "page-view" });
    this.alert = html("p", { role: "alert", class: "page-alert", hidden: true });
    const [onDay, onMeasure] = [() => this._dayShown(), (measure) => this._keep({ measure })];
    this.view = new PlansimTwinView(stage, { t, language: this.settings.lang, onDay, onMeasure });
    const work = html("div", { class: "page-work" }, this.controls.node, this.alert, stage);
    this.root.replaceChildren(this._header(), html("main", { class: "page-main-grid" }, work, this.lesson.node),
      this._footer(), this.surprise.node);
  }

  _header() {
    const { t, grid, settings } = this;
    const { html } = PlansimDraw;
    const option = (tag) => html("option", { value: tag, lang: tag, selected: tag === settings.lang,
      text: grid.language_names[tag] });
    const language = html("select", { "aria-label": t("Language"), onchange: () => this._speak(language.value) },
      grid.languages.map(option));
    const theme = html("button", { type: "button", class: "twin-button", onclick: () => this._turn(theme) });
    this._nameTheme(theme);
    return html("header", { class: "page-header" }, html("h1", { text: t("Twin worlds") }),
      html("p", { text: t("One seed, one policy apart. A model to learn with, no forecast.") }),
      html("div", { class: "page-tools" }, language, theme));
  }

  _footer() {
    const { t } = this;
    const { html } = PlansimDraw;
    const { version, code, made } = this.grid.provenance || {};
    const text = version && t("plansim {version}, code {code}. Made by: {made}", { version, code, made });
    return html("footer", { class: "page-footer" }, this.share.node, text && html("p", { text }));
  }

  _speak(lang) {
    this.view.pause();
    this.settings = { ...this.settings, lang };
    this._write();
    this._build();
    this.root.querySelector(".page-tools select").focus();
  }

  _isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : window.matchMedia("(prefers-color-scheme: dark)").matches;
  }

  _turn(button) {
    document.documentElement.dataset.theme = this._isDark() ? "light" : "dark";
    this._nameTheme(button);
  }

  _nameTheme(button) {
    button.textContent = this._isDark() ? this.t("Light colours") : this.t("Dark colours");
  }

  /* Other settings, and the worlds they have. */
  _change(change, day = null) {
    this.view.pause();
    this.settings = { ...this.settings, ...change };
    if (day !== null) this.settings.day = day;
    this.controls.show(this.settings);
    this._write();
    return this._refresh();
  }

  /* Settings that need no other worlds. */
  _keep(change) {
    this.settings = { ...this.settings, ...change };
    this._write();
  }

  async _refresh() {
    const { grid, settings, view } = this;
    const turn = (this.turn = (this.turn || 0) + 1);
    this.root.setAttribute("aria-busy", "true");
    try {
      const intensity = grid.intensities.indexOf(settings.intensity);
      const scene = await this.reader.scene({ ...settings, intensity }, grid.seeds.indexOf(settings.seed));
      if (turn !== this.turn) return;
      view.load({ ...scene, ...this._labels() }, settings.day);
      view.choose(settings.measure);
    } catch (error) {
      this._fail(error);
    }
    this.root.removeAttribute("aria-busy");
  }

  _fail(error) {
    this.alert.hidden = false;
    this.alert.textContent = this.t("The worlds cannot be read: a browser of 2023 or later is needed, and a file that is whole. "
      + "({reason})", { reason: error.message });
  }

  _labels() {
    const { t, formats, grid, settings } = this;
    const label = (rows, name) => t(rows.find((row) => row.name === name).label);
    return {
      policy_label: `${label(grid.policies, settings.policy)} × ${formats.plain(settings.intensity)}`,
      assumptions_label: label(grid.structures, settings.structure),
      by_week: grid.weekly.filter(([kind]) => kind === "series").map(([, name]) => name),
    };
  }

  _dayShown() {
    if (this.view.playback.playing) return;
    this._keep({ day: this.view.day });
  }

  _write() {
    const fragment = PlansimSettings.write(this.settings);
    if (fragment !== location.hash) history.replaceState(null, "", fragment);
  }

  _addressChanged() {
    const settings = this._fromAddress();
    if (PlansimSettings.write(settings) === PlansimSettings.write(this.settings)) return;
    this.settings = settings;
    this._build();
  }

  _fileName() {
    const { policy, intensity, structure, seed, day } = this.settings;
    return `plansim-${policy}-${intensity}-${structure}-seed${seed}-day${day}`;
  }
}


document.addEventListener("DOMContentLoaded", () => {
  const grid = document.getElementById("grid");
  if (!grid) return;
  const textOf = (id) => document.getElementById(id).textContent;
  window.plansim = new PlansimExplorable(document.getElementById("page"), JSON.parse(grid.textContent), textOf);
});
