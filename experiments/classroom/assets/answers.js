"use strict";
/* What a policy does to a measure over all seeds of the page. */

class PlansimAnswers {
  constructor(grid, reader) {
    Object.assign(this, { grid, reader });
  }

  /* {mean, low, high, n, values by seed, fell, level: without the policy, total: whether since the policy, measure}: of a mean
     over the last 26 weeks, of a total since the policy began. */
  async of({ policy, intensity, structure, measure: id }) {
    const { grid } = this;
    const measure = grid.scene.measures.find((one) => one.id === id);
    const pairs = await this.reader.pairs({ policy, structure, intensity: grid.intensities.indexOf(intensity) });
    const total = measure.shown === "total";
    const sums = pairs.map((pair) => pair.map((world) => this._over(world.series[id], total)));
    const values = sums.map(([untreated, treated]) => treated - untreated);
    const level = sums.reduce((sum, [untreated]) => sum + untreated, 0) / sums.length;
    const fell = values.filter((value) => value < 0).length;
    return { ...PlansimNumbers.interval(values), values, fell, level, total, measure };
  }

  _over(row, total) {
    const { policy_day: begin, first_day: first } = this.grid.scene;
    const since = row.slice(total ? begin - first : Math.max(begin - first, row.length - 7 * PlansimAnswers.LAST_WEEKS));
    const sum = since.reduce((so_far, value) => so_far + value, 0);
    return total ? sum : sum / since.length;
  }

  /* An answer in a sentence. */
  static inWords(answer, t, formats) {
    const { mean, low, high, n, fell, total, measure } = answer;
    const values = { measure: t(measure.label), unit: t(measure.unit), n, fell, weeks: PlansimAnswers.LAST_WEEKS,
      mean: formats.signed(mean), low: formats.signed(low), high: formats.signed(high) };
    const text = total
      ? t("{measure}, until the last day: {mean} {unit} on average over {n} seeds (95 % interval of the mean: {low} to {high}); "
        + "fewer in {fell} of {n} seeds.", values)
      : t("{measure}, in the last {weeks} weeks: {mean} {unit} on average over {n} seeds (95 % interval of the mean: {low} to "
        + "{high}); fewer in {fell} of {n} seeds.", values);
    return low <= 0 && high >= 0 ? `${text} ${t("The interval includes zero: that nothing changed is not ruled out.")}` : text;
  }
}

PlansimAnswers.LAST_WEEKS = 26;
