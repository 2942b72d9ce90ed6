"use strict";
/* The clock, and what moves it: play, steps, speed, and the range of days. */

class PlansimPlayback {
  constructor({ t, formats, onDay, onPlaying }) {
    Object.assign(this, { t, formats, onDay, onPlaying, speed: 7, playing: false });
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.clock = PlansimDraw.html("p", { class: "twin-clock" });
    this.toggle = this._button("", "twin-play", () => (this.playing ? this.pause() : this.play()));
    this.range = PlansimDraw.html("input", { type: "range", class: "twin-range", step: 1, "aria-label": t("Day"),
      oninput: () => this._rewind(Number(this.range.value)) });
    this.node = PlansimDraw.html("div", { class: "twin-bar", role: "group", "aria-label": t("Time") },
      this.clock, PlansimDraw.html("div", { class: "twin-buttons" }, this._buttons()), this.range);
    this._onKey = (event) => this._pressed(event);
    document.addEventListener("keydown", this._onKey);
    this._writeToggle();
  }

  _button(text, kind, onclick) {
    return PlansimDraw.html("button", { type: "button", class: `twin-button ${kind}`, text, onclick });
  }

  _buttons() {
    const { t } = this;
    return [
      this.toggle,
      this._button(t("+1 day"), "", () => this.step(1)),
      this._button(t("+7 days: a Plan cycle"), "", () => this.step(PlansimTwins.WEEK)),
      this._button(t("Policy's first day"), "", () => this._rewind(this.twins.policyDay)),
      this._speeds(),
    ];
  }

  _speeds() {
    const { html } = PlansimDraw;
    const options = [2, 7, 14, 28, 56].map((days) =>
      html("option", { value: days, selected: days === this.speed, text: this.t("{n} days a second", { n: days }) }));
    const onchange = () => this.setSpeed(Number(this.choice.value));
    this.choice = html("select", { "aria-label": this.t("Speed"), onchange }, options);
    return this.choice;
  }

  load(twins) {
    this.pause();
    this.twins = twins;
    PlansimDraw.set(this.range, { min: twins.first, max: twins.last });
  }

  show(day) {
    const { t, formats, twins } = this;
    this.day = day;
    this.range.value = day;
    const since = day - twins.policyDay;
    const values = { date: formats.date(twins.scene.start_date, day), day, n: since + 1, left: -since };
    const text = since < 0 ? t("{date}: {left} days before the policy", values) : t("{date}: day {n} of the policy", values);
    this.clock.textContent = text;
    this.range.setAttribute("aria-valuetext", text);
  }

  /* Days pass until the last; from the last day on it begins again on the policy's first. */
  play() {
    if (!this.twins || this.playing) return;
    if (this.day >= this.twins.last) this.onDay(this.twins.policyDay);
    this._setPlaying(true);
    if (this.calm.matches) this.timer = setInterval(() => this._advance(PlansimTwins.WEEK), Math.max(1000, 7000 / this.speed));
    else this._run();
  }

  pause() {
    clearInterval(this.timer);
    cancelAnimationFrame(this.frame);
    if (this.playing) this._setPlaying(false);
  }

  step(days) {
    this.pause();
    this._move(this.day + days);
  }

  setSpeed(daysPerSecond) {
    this.speed = daysPerSecond;
    if (this.choice.querySelector(`[value="${daysPerSecond}"]`)) this.choice.value = daysPerSecond;
    if (this.playing) {
      this.pause();
      this.play();
    }
  }

  destroy() {
    this.pause();
    document.removeEventListener("keydown", this._onKey);
  }

  _rewind(day) {
    this.pause();
    this._move(day);
  }

  _move(day) {
    this.onDay(Math.min(this.twins.last, Math.max(this.twins.first, day)));
  }

  _advance(days) {
    this._move(this.day + days);
    if (this.day >= this.twins.last) this.pause();
  }

  _run() {
    let before = null;
    let owed = 0;
    const tick = (now) => {
      owed += before === null ? 0 : (Math.min(250, now - before) / 1000) * this.speed;
      before = now;
      const days = Math.floor(owed);
      owed -= days;
      if (days) this._advance(days);
      if (this.playing) this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  _setPlaying(playing) {
    this.playing = playing;
    this._writeToggle();
    this.onPlaying(playing);
  }

  _writeToggle() {
    const { t } = this;
    this.toggle.textContent = this.playing ? `❚❚ ${t("Pause")}` : `▶ ${t("Play")}`;
  }

  /* Space plays and pauses, but for where a key has a meaning of its own. */
  _pressed(event) {
    const own = event.target.closest && event.target.closest(PlansimPlayback.KEYS_OF_THEIR_OWN);
    if (event.key !== " " || own || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (this.playing) this.pause();
    else this.play();
  }
}

PlansimPlayback.KEYS_OF_THEIR_OWN = "a, button, input, select, textarea, summary, dialog, [contenteditable]";
