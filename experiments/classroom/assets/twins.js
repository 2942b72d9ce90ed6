"use strict";
/* What a scene says on each day, as it is shown: means of a week, sums since the policy, differences, the band over seeds. */

class PlansimTwins {
  constructor(scene) {
    this.scene = scene;
    this.first = scene.first_day;
    this.policyDay = scene.policy_day;
    this.length = scene.worlds[0].series[scene.measures[0].id].length;
    this.last = this.first + this.length - 1;
    this.kinds = scene.kinds.length;
    this.byWeek = new Set(scene.by_week || []); // measures known by week only
    this.levels = new Map(scene.measures.map((measure) => [measure.id, this._levels(measure)]));
    this.bands = new Map();
    this.cells = scene.worlds.map((world) => world.persons.map((row) => this._means(row)));
    this.running = scene.worlds.map((world) => world.plans.map((row) => this._means(row)));
    this.parting = this._parting();
  }

  index(day) {
    return Math.min(this.length - 1, Math.max(0, day - this.first));
  }

  measure(id) {
    return this.scene.measures.find((measure) => measure.id === id) || this.scene.measures[0];
  }

  /* [without, with the policy] of a measure on a day, as shown. */
  values(id, day) {
    return this.levels.get(id).map((row) => row[this.index(day)]);
  }

  difference(id, day) {
    const [untreated, treated] = this.values(id, day);
    return treated - untreated;
  }

  /* Persons exploited in a place by venue kind, mean of the last week. */
  persons(world, territory, day) {
    const at = this.index(day);
    return Array.from({ length: this.kinds }, (_, kind) => this.cells[world][territory * this.kinds + kind][at]);
  }

  allPersons(world, territory, day) {
    return this.persons(world, territory, day).reduce((sum, value) => sum + value, 0);
  }

  plans(world, territory, day) {
    return this.running[world][territory][this.index(day)];
  }

  visits(world, territory, day) {
    return this.scene.worlds[world].attention[territory][this.index(day)];
  }

  /* Whether persons or Plans of a place are not the same in both worlds on a day. */
  differs(territory, day) {
    if (!this.parting || day < this.parting.day) return false;
    const at = this.index(day);
    const [untreated, treated] = this.scene.worlds;
    const cells = Array.from({ length: this.kinds }, (_, kind) => territory * this.kinds + kind);
    return untreated.plans[territory][at] !== treated.plans[territory][at]
      || cells.some((cell) => untreated.persons[cell][at] !== treated.persons[cell][at]);
  }

  /* By week: {day: its last, mean, low, high, n, own: difference of this seed} of the difference over the seeds. */
  band(id) {
    if (!this.bands.has(id)) this.bands.set(id, this._band(id));
    return this.bands.get(id);
  }

  /* The last week that is over on a day, or null. */
  week(id, day) {
    return this.band(id).filter((week) => week.day <= day).pop() || null;
  }

  _levels({ id, shown }) {
    return this.scene.worlds.map(({ series }) => (shown === "total" ? this._sums(series[id]) : this._means(series[id])));
  }

  /* Means of the last week; sums are taken afresh each day, so that equal worlds have equal means. */
  _means(row) {
    return Float64Array.from(row, (_, i) => {
      const from = Math.max(0, i + 1 - PlansimTwins.WEEK);
      let sum = 0;
      for (let day = from; day <= i; day += 1) sum += row[day];
      return sum / (i + 1 - from);
    });
  }

  _sums(row) {
    let sum = 0;
    return Float64Array.from(row, (value, i) => (sum += this.first + i >= this.policyDay ? value : 0));
  }

  _band(id) {
    const { seeds } = this.scene;
    const rows = (seeds && seeds.difference && seeds.difference[id]) || [];
    if (!rows.length) return [];
    const total = this.measure(id).shown === "total";
    const sums = rows.map(() => 0);
    const weeks = [];
    seeds.weeks.forEach((start, week) => {
      if (total && start < this.policyDay) return;
      rows.forEach((row, seed) => (sums[seed] = total ? sums[seed] + row[week] : row[week]));
      weeks.push({ day: start + PlansimTwins.WEEK - 1, ...PlansimNumbers.interval(sums) });
    });
    return weeks;
  }

  /* The first day on which the worlds part, but for what the policy costs; `exact` is false where only the week is known. */
  _parting() {
    const ids = this.scene.measures.map(({ id }) => id).filter((id) => id !== "cost");
    const daily = this._firstDifference(ids.filter((id) => !this.byWeek.has(id)));
    const weekly = this._firstDifference(ids.filter((id) => this.byWeek.has(id)));
    if (daily === null && weekly === null) return null;
    if (daily === null || (weekly !== null && weekly + PlansimTwins.WEEK <= daily)) return { day: weekly, exact: false };
    return { day: daily, exact: true };
  }

  _firstDifference(ids) {
    const [untreated, treated] = this.scene.worlds;
    for (let i = this.index(this.policyDay); i < this.length; i += 1) {
      if (ids.some((id) => untreated.series[id][i] !== treated.series[id][i])) return this.first + i;
    }
    return null;
  }
}

PlansimTwins.WEEK = 7;
