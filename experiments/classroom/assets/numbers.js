"use strict";
/* Numbers and dates as a language writes them, and the mean over seeds with its interval. */

const PlansimNumbers = (() => {
  const LOCALES = { en: "en-GB", fr: "fr-FR" };

  // 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom.
  const T975 = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101,
    2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
  ];
  const NORMAL975 = 1.96; // for more degrees of freedom

  const MILLION = 1e6; // from which on numbers are shortened

  const quantile = (freedom) => T975[freedom - 1] || NORMAL975;

  /* Mean over seeds with the 95 % interval of the mean by Student's t; of fewer than two seeds there is no interval. */
  function interval(values) {
    const n = values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / n;
    if (n < 2) return { mean, low: NaN, high: NaN, n };
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const half = quantile(n - 1) * Math.sqrt(squares / (n - 1) / n);
    return { mean, low: mean - half, high: mean + half, n };
  }

  /* A number with three figures or so, as in the reports. */
  function decimals(value) {
    const size = Math.abs(value);
    if (size >= 99.95 || size === 0) return 0;
    return size >= 0.995 ? 1 : 2;
  }

  class Formats {
    constructor(language) {
      this.locale = LOCALES[language] || language;
      this.writers = new Map();
      const short = this.locale === LOCALES.en ? "en" : this.locale; // British English has "m" for a million, as for a metre
      this.large = new Intl.NumberFormat(short, { notation: "compact", maximumSignificantDigits: 3 });
      this.dates = new Intl.DateTimeFormat(this.locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
    }

    _writer(least, most) {
      const key = 10 * least + most;
      const make = () => new Intl.NumberFormat(this.locale, { minimumFractionDigits: least, maximumFractionDigits: most });
      if (!this.writers.has(key)) this.writers.set(key, make());
      return this.writers.get(key);
    }

    /* Text of a number with a true minus sign; `signed` writes the plus as well. */
    number(value, { signed = false, digits = decimals(value) } = {}) {
      if (!Number.isFinite(value)) return "–";
      const size = Math.abs(value);
      const text = size >= MILLION ? this.large.format(size) : this._writer(digits, digits).format(size);
      if (!/[1-9]/.test(text)) return "0";
      return (value < 0 ? "−" : signed ? "+" : "") + text;
    }

    signed(value) {
      return this.number(value, { signed: true });
    }

    /* A number as short as it is exact: a multiple such as 0.25 or 1. */
    plain(value) {
      return (Math.abs(value) >= MILLION ? this.large : this._writer(0, 4)).format(value).replace("-", "−");
    }

    /* The date of a day, counted from an ISO date that is day 0. */
    date(start, day) {
      return this.dates.format(new Date(dateOf(start, day)));
    }
  }

  function dateOf(start, day) {
    const [year, month, first] = start.split("-").map(Number);
    return Date.UTC(year, month - 1, first + day);
  }

  const isoDate = (start, day) => new Date(dateOf(start, day)).toISOString().slice(0, 10);

  return { interval, quantile, Formats, isoDate };
})();
