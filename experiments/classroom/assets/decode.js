"use strict";
/* Twin worlds of the grid, from the packed segments of an explorable page (made by experiments/classroom/explorable/packing.py). */

const PlansimDecode = (() => {
  const WEEK = 7;

  /* The numbers of a segment: base64, zlib, all low bytes then all high bytes, zigzag. */
  async function numbersOf(text) {
    const packed = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const half = bytes.length / 2;
    const numbers = new Int32Array(half);
    for (let i = 0; i < half; i += 1) {
      const coded = bytes[i] | (bytes[half + i] << 8);
      numbers[i] = coded & 1 ? -(coded + 1) / 2 : coded / 2;
    }
    return numbers;
  }

  /* The rows of one world out of a segment: `place` is its number among the worlds there. */
  function rowsOf(grid, numbers, place, worlds) {
    const { daily, weekly, days, weeks } = grid;
    const dailyStart = place * daily.length * days;
    const weeklyStart = worlds * daily.length * days + place * weekly.length * weeks;
    return {
      daily: daily.map((_, row) => numbers.subarray(dailyStart + row * days, dailyStart + (row + 1) * days)),
      weekly: weekly.map((_, row) => numbers.subarray(weeklyStart + row * weeks, weeklyStart + (row + 1) * weeks)),
    };
  }

  /* Running sums: untreated worlds are stored as the change from the day or week before. */
  function summed(row) {
    let sum = 0;
    return Array.from(row, (change) => (sum += change));
  }

  function added(row, other) {
    return row.map((value, i) => value + other[i]);
  }

  /* A world as a scene has it: every row by day. */
  function worldOf(grid, rows) {
    const cells = grid.scene.territories.length * grid.scene.kinds.length;
    const world = { series: {}, persons: new Array(cells), plans: [], attention: [] };
    const keep = (kind, name, values) => {
      const scale = (grid.scale || {})[kind] || 1;
      world[kind][name] = scale === 1 ? values : values.map((value) => value / scale);
    };
    grid.daily.forEach(([kind, name], row) => keep(kind, name, rows.daily[row]));
    grid.weekly.forEach(([kind, name], row) => {
      keep(kind, name, rows.weekly[row].flatMap((sum) => new Array(WEEK).fill(sum / WEEK)));
    });
    return world;
  }

  /* Weekly means, or sums, of the difference of each measure, counted from the policy's first day. */
  function weeklyDifferences(grid, untreated, treated) {
    const skipped = (grid.scene.policy_day - grid.scene.first_day) % WEEK;
    const weeks = Math.floor((grid.days - skipped) / WEEK);
    const difference = {};
    for (const { id, shown } of grid.scene.measures) {
      difference[id] = Array.from({ length: weeks }, (_, week) => {
        let sum = 0;
        for (let day = skipped + week * WEEK; day < skipped + (week + 1) * WEEK; day += 1) {
          sum += treated.series[id][day] - untreated.series[id][day];
        }
        return shown === "mean" ? sum / WEEK : sum;
      });
    }
    return difference;
  }

  /* Reads segments once: `textOf(id)` gives the base64 of a segment. */
  class Grid {
    constructor(grid, textOf) {
      this.grid = grid;
      this.textOf = textOf;
      this.kept = new Map();
    }

    numbers(id) {
      if (!this.kept.has(id)) this.kept.set(id, numbersOf(this.textOf(id)));
      return this.kept.get(id);
    }

    /* [untreated, treated] of every seed under a setting {structure, policy, intensity: its number in the grid}. */
    async pairs({ structure, policy, intensity }) {
      const { grid } = this;
      const [bare, changes] = await Promise.all([
        this.numbers(`data-${structure}-untreated`), this.numbers(`data-${structure}-${policy}`)]);
      const seeds = grid.seeds.length;
      return grid.seeds.map((_, seed) => {
        const base = rowsOf(grid, bare, seed, seeds);
        const untreated = { daily: base.daily.map(summed), weekly: base.weekly.map(summed) };
        const change = rowsOf(grid, changes, intensity * seeds + seed, seeds * grid.intensities.length);
        const treated = {
          daily: untreated.daily.map((row, i) => added(row, change.daily[i])),
          weekly: untreated.weekly.map((row, i) => added(row, change.weekly[i])),
        };
        return [worldOf(grid, untreated), worldOf(grid, treated)];
      });
    }

    /* The scene of one seed (its number in the grid), with the differences of all. */
    async scene(setting, seed) {
      const { grid } = this;
      const pairs = await this.pairs(setting);
      const differences = pairs.map(([untreated, treated]) => weeklyDifferences(grid, untreated, treated));
      const skipped = (grid.scene.policy_day - grid.scene.first_day) % WEEK;
      const difference = {};
      for (const { id } of grid.scene.measures) difference[id] = differences.map((one) => one[id]);
      const weeks = difference[grid.scene.measures[0].id][0].map((_, week) => grid.scene.first_day + skipped + WEEK * week);
      return { ...grid.scene, seed: grid.seeds[seed], worlds: pairs[seed], seeds: { weeks, difference } };
    }
  }

  return { Grid };
})();
