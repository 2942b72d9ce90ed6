"use strict";
/* What a page shows, as the fragment of its address has it: a link restores the screen. */

const PlansimSettings = (() => {
  const names = (rows) => rows.map(({ name }) => name);
  const oneOf = (values, value, usual) => (values.includes(value) ? value : usual);

  /* A whole number from 0 on below `count`, or null. */
  function place(text, count) {
    return /^\d+$/.test(text || "") && Number(text) < count ? Number(text) : null;
  }

  /* Settings of a fragment; what it leaves out, or says wrongly, is as usual. */
  function read(grid, fragment, languages) {
    const given = new URLSearchParams(fragment.replace(/^#/, ""));
    const { scene } = grid;
    const own = languages.map((tag) => tag.slice(0, 2)).find((tag) => grid.languages.includes(tag));
    const lang = oneOf(grid.languages, given.get("lang"), own || grid.languages[0]);
    const lessons = grid.lessons[lang] || [];
    const lesson = lessons.find(({ name }) => name === given.get("lesson")) || null;
    const day = given.has("day") ? Number(given.get("day")) : NaN;
    const last = scene.first_day + grid.days - 1;
    const seed = given.has("seed") ? Number(given.get("seed")) : NaN;
    return {
      policy: oneOf(names(grid.policies), given.get("policy"), grid.policies[0].name),
      intensity: oneOf(grid.intensities, Number(given.get("intensity")), usualIntensity(grid)),
      structure: oneOf(names(grid.structures), given.get("structure"), grid.structures[0].name),
      seed: oneOf(grid.seeds, seed, grid.seeds[0]),
      day: Number.isInteger(day) && day >= scene.first_day && day <= last ? day : last,
      measure: oneOf(scene.measures.map(({ id }) => id), given.get("measure"), scene.measures[0].id),
      lesson: lesson ? lesson.name : "",
      part: lesson ? place(given.get("part"), lesson.parts.length) || 0 : 0,
      prediction: lesson ? place(given.get("prediction"), lesson.prediction.answers.length) : null,
      lang,
    };
  }

  function usualIntensity({ intensities }) {
    return [...intensities].sort((a, b) => Math.abs(a - 1) - Math.abs(b - 1))[0];
  }

  /* The fragment of settings. */
  function write({ policy, intensity, structure, seed, day, measure, lesson, part, prediction, lang }) {
    const said = new URLSearchParams({ policy, intensity, structure, seed, day, measure });
    if (lesson) said.set("lesson", lesson);
    if (lesson && part) said.set("part", part);
    if (lesson && prediction !== null) said.set("prediction", prediction);
    said.set("lang", lang);
    return `#${said}`;
  }

  /* The settings of a run of a lesson. */
  function ofRun(grid, run, seed) {
    return {
      policy: oneOf(names(grid.policies), run.policy, grid.policies[0].name),
      intensity: oneOf(grid.intensities, Number(run.intensity), usualIntensity(grid)),
      structure: oneOf(names(grid.structures), run.structure, grid.structures[0].name),
      seed: oneOf(grid.seeds, Number(run.seed), seed),
      measure: oneOf(grid.scene.measures.map(({ id }) => id), run.measure, grid.scene.measures[0].id),
    };
  }

  return { read, write, ofRun };
})();
