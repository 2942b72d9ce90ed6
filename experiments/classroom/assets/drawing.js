"use strict";
/* Elements of a page and of a picture, and the arithmetic of axes. */

const PlansimDraw = (() => {
  const NAMESPACE = "http://www.w3.org/2000/svg";

  /* Attributes, listeners (names that begin with "on") and children of a node; null and false are left out. */
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") node.addEventListener(name.slice(2), value);
      else if (name === "text") node.textContent = value;
      else node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
    return node;
  }

  function html(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function svg(tag, attributes, ...children) {
    return fill(document.createElementNS(NAMESPACE, tag), attributes, children);
  }

  function set(node, attributes) {
    return fill(node, attributes, []);
  }

  /* Round numbers from at or below `low` to at or above `high`, about `count` of them. */
  function ticks(low, high, count) {
    const span = high > low ? high - low : Math.max(1, Math.abs(high));
    const rough = span / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999);
    const first = Math.floor(low / step + 1e-9);
    const last = Math.max(first + 1, Math.ceil(high / step - 1e-9));
    return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  }

  /* A linear map from one interval to another. */
  function scale([from, to], [start, end]) {
    const slope = to === from ? 0 : (end - start) / (to - from);
    return (value) => start + (value - from) * slope;
  }

  /* The `d` of a line through points; a point without a number interrupts it. */
  function line(points) {
    let pen = "M";
    let path = "";
    for (const [x, y] of points) {
      if (!Number.isFinite(y)) {
        pen = "M";
        continue;
      }
      path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
    }
    return path;
  }

  /* The `d` of the area between two lines over the same places. */
  function area(upper, lower) {
    return upper.length ? `${line(upper)}${line([...lower].reverse()).replace("M", "L")}Z` : "";
  }

  /* The `d` of a slice of a circle around the origin; shares of a turn from the top, clockwise. */
  function slice(radius, from, to) {
    if (to - from <= 0 || radius <= 0) return "";
    const r = radius.toFixed(2);
    if (to - from >= 0.9999) return `M0 -${r}A${r} ${r} 0 1 1 0 ${r}A${r} ${r} 0 1 1 0 -${r}Z`;
    const at = (share) => {
      const angle = 2 * Math.PI * share;
      return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
    };
    return `M0 0L${at(from)}A${r} ${r} 0 ${to - from > 0.5 ? 1 : 0} 1 ${at(to)}Z`;
  }

  /* Numbers moved apart so that neighbours are at least `gap` from each other, kept within limits. */
  function spread(places, gap, low, high) {
    const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
    const moved = [...places];
    for (let round = 0; round < 50; round += 1) {
      for (let i = 1; i < order.length; i += 1) {
        const [a, b] = [order[i - 1], order[i]];
        const short = gap - (moved[b] - moved[a]);
        if (short > 0) {
          moved[a] -= short / 2;
          moved[b] += short / 2;
        }
      }
      order.forEach((i) => (moved[i] = Math.min(high, Math.max(low, moved[i]))));
    }
    return moved;
  }

  return { html, svg, set, ticks, scale, line, area, slice, spread };
})();
