"use strict";
/* The panel of lessons: predict, run, compare, explain, debrief; what was found is shown after the run. */

class PlansimLessonPanel {
  /* onState({lesson, part, prediction}), onRun(run), onShow(run), answerOf(run): a promise of the sentence. */
  constructor({ t, lessons, onState, onRun, onShow, answerOf }) {
    Object.assign(this, { t, lessons, onState, onRun, onShow, answerOf, ran: false });
    const { html } = PlansimDraw;
    this.choice = html("select", { id: "page-lesson", onchange: () => this._choose(this.choice.value) },
      html("option", { value: "", text: t("None: explore by yourself") }),
      lessons.map(({ name, title }) => html("option", { value: name, text: title })));
    this.body = html("div", { class: "page-lesson-body" });
    this.node = html("aside", { class: "page-lesson", "aria-label": t("Lesson") },
      html("div", { class: "page-field" }, html("label", { for: "page-lesson", text: t("Lesson") }), this.choice), this.body);
  }

  /* Show the state that a link or a choice has. */
  show({ lesson, part, prediction }) {
    this.lesson = this.lessons.find(({ name }) => name === lesson) || null;
    this.state = { lesson: this.lesson ? lesson : "", part: this.lesson ? part : 0, prediction };
    this.ran = this.ran || part >= PlansimLessonPanel.COMPARE;
    this.choice.value = this.state.lesson;
    this.body.replaceChildren(...(this.lesson ? this._lessonNodes() : this._introduction()));
  }

  _choose(name) {
    this.ran = false;
    this._change({ lesson: name, part: 0, prediction: null });
    if (this.lesson) this.onShow({ ...this.lesson.setting, start: true });
  }

  _change(change) {
    this.show({ ...this.state, ...change });
    this.onState(this.state);
  }

  _introduction() {
    const { t } = this;
    const { html } = PlansimDraw;
    const open = window.matchMedia("(min-width: 70rem)").matches; // elsewhere it stands above the worlds
    return [html("details", { open }, html("summary", { text: t("What is this?") }),
      html("p", { text: t("Two artificial worlds with the same seed live the same days; from one day on, one of them has a "
        + "policy. Whatever differs afterwards comes from the policy.") }),
      html("ul", {}, [
        t("Choose a policy, its strength, and the assumptions of the model."),
        t("Play, stop, rewind. The maps show where persons are exploited; the counters say how many."),
        t("Change the seed. One run is an anecdote; the band over all seeds is the finding."),
      ].map((text) => html("li", { text }))),
      html("p", { text: t("Persons exploited are victims, many of them minors; an encounter is a count. The model is for "
        + "learning about policies, and is no forecast.") }))];
  }

  _lessonNodes() {
    const { t, lesson, state } = this;
    const { html } = PlansimDraw;
    const part = lesson.parts[state.part];
    const content = html("div", { class: "page-lesson-text" });
    content.innerHTML = part.html;
    content.querySelectorAll("table").forEach((table) => PlansimDraw.set(table, { tabindex: 0 })); // wide ones scroll
    const text = state.part === PlansimLessonPanel.TEACHER
      ? html("details", {}, html("summary", { text: t("Show what is for the teacher") }), content) : content;
    const isRun = state.part === PlansimLessonPanel.RUN;
    return [
      html("h2", { text: lesson.title }),
      html("p", { class: "page-summary", text: `${lesson.summary} ${t("{n} minutes.", { n: lesson.minutes })}` }),
      this._steps(),
      html("h3", { text: part.heading, tabindex: -1 }),
      ...(isRun ? [this._extra(), text] : [text, this._extra()]),
      this._ways(),
    ].filter(Boolean);
  }

  _isLocked(part) {
    return part >= PlansimLessonPanel.COMPARE && part !== PlansimLessonPanel.TEACHER && !this.ran;
  }

  _steps() {
    const { html } = PlansimDraw;
    const button = ({ heading }, part) => html("button", {
      type: "button", class: "page-step", disabled: this._isLocked(part),
      "aria-current": part === this.state.part ? "step" : null,
      text: `${part + 1}. ${heading}`, onclick: () => this._goTo(part),
    });
    return html("ol", { class: "page-steps" }, this.lesson.parts.map((part, i) => html("li", {}, button(part, i))));
  }

  _goTo(part) {
    this._change({ part });
    this.body.querySelector("h3").focus();
  }

  _ways() {
    const { t, state, lesson } = this;
    const { html } = PlansimDraw;
    const way = (text, part) => lesson.parts[part] && html("button", {
      type: "button", class: "twin-button", disabled: this._isLocked(part), text, onclick: () => this._goTo(part),
    });
    const text = t("Run the worlds first; then go on.");
    const hint = this._isLocked(state.part + 1) && html("p", { class: "page-hint", text });
    return html("div", { class: "page-ways" }, way(t("Back"), state.part - 1), way(t("Next"), state.part + 1), hint);
  }

  _extra() {
    const { state } = this;
    if (state.part === PlansimLessonPanel.PREDICT) return this._question();
    if (state.part === PlansimLessonPanel.RUN) return this._runs();
    if (state.part === PlansimLessonPanel.COMPARE) return this._answers();
    return null;
  }

  _question() {
    const { lesson, state } = this;
    const { html } = PlansimDraw;
    return html("fieldset", {}, html("legend", { text: lesson.prediction.question }), lesson.prediction.answers.map((text, i) =>
      html("label", { class: "page-answer" },
        html("input", { type: "radio", name: "page-prediction", checked: i === state.prediction, onchange: () => this._keep(i) }),
        text)));
  }

  /* Keep a prediction without drawing the question again, so that the focus stays. */
  _keep(prediction) {
    this.state = { ...this.state, prediction };
    this.onState(this.state);
  }

  _runs() {
    const { t, lesson } = this;
    return PlansimDraw.html("div", { class: "page-ways" }, this._run(t("Run"), lesson.setting),
      lesson.compare && this._run(t("Run the second pair"), lesson.compare));
  }

  _run(text, run) {
    return PlansimDraw.html("button", { type: "button", class: "twin-button page-main", text, onclick: () => {
      this.ran = true;
      this.show(this.state);
      this.onRun(run);
    } });
  }

  _answers() {
    const { t, lesson, state } = this;
    const { html } = PlansimDraw;
    const said = state.prediction === null ? t("No prediction was made.")
      : t("You predicted: {answer}.", { answer: lesson.prediction.answers[state.prediction] });
    const runs = [[t("First pair"), lesson.setting], [t("Second pair"), lesson.compare]].filter(([, run]) => run);
    return html("div", { class: "page-found" }, html("p", { class: "page-said", text: said }),
      runs.map(([name, run]) => this._answer(name, run)));
  }

  _answer(name, run) {
    const { html } = PlansimDraw;
    const text = html("p", { text: "…" });
    this.answerOf(run).then((sentence) => (text.textContent = `${name}. ${sentence}`));
    const shown = this.t("Show: {name}", { name });
    const onclick = () => this.onShow(run);
    return html("div", {}, text, html("button", { type: "button", class: "twin-button", text: shown, onclick }));
  }
}

Object.assign(PlansimLessonPanel, { PREDICT: 0, RUN: 1, COMPARE: 2, TEACHER: 5 }); // parts of a lesson
