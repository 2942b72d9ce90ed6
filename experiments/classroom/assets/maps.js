"use strict";
/* Two maps side by side: circles of persons exploited by venue kind, rings of police visits, Plans, marks of differences. */

class PlansimMaps {
  constructor({ t, formats, onPick }) {
    Object.assign(this, { t, formats, onPick, picked: null });
    this.prefix = `twin-${(PlansimMaps.count += 1)}`;
    this.titles = [0, 1].map(() => PlansimDraw.html("figcaption", {}));
    this.pictures = [0, 1].map(() => PlansimDraw.svg("svg", { class: "twin-map-picture", role: "img" }));
    const figures = this.pictures.map((picture, world) =>
      PlansimDraw.html("figure", { class: "twin-map" }, this.titles[world], picture));
    this.node = PlansimDraw.html("div", { class: "twin-maps" }, figures);
    this.legend = PlansimDraw.html("div", { class: "twin-legend" });
  }

  load(twins) {
    const { t } = this;
    this.twins = twins;
    this.picked = null;
    this.titles[0].textContent = t("Without the policy");
    const label = twins.scene.policy_label;
    this.titles[1].textContent = label ? t("With: {policy}", { policy: t(label) }) : t("With the policy");
    this.most = twins.scene.territories.map((_, territory) => this._most(territory));
    this.largest = Math.max(1e-9, ...this.most);
    const rows = twins.scene.worlds.flatMap((world) => world.attention);
    this.mostVisits = Math.max(1e-9, ...rows.map((row) => Math.max(...row)));
    this.resize();
  }

  /* Draw all nodes for the width there is now. */
  resize() {
    if (!this.twins) return;
    const { low, share, high } = this.twins.scene.territories.length > 4 ? PlansimMaps.HIGH : PlansimMaps.LOW;
    const width = Math.max(160, Math.floor(this.pictures[0].parentNode.clientWidth) || 320);
    const height = Math.round(Math.min(high, Math.max(low, width * share)));
    this.layout = this._arranged(width, height);
    this.unit = this.layout.radius / Math.sqrt(this.largest);
    this.nodes = this.pictures.map((picture, world) => this._draw(picture, world, width, height));
    this._writeLegend();
    this.pick(this.picked);
  }

  /* The layout of the last time, if nothing is different. */
  _arranged(width, height) {
    const { territories } = this.twins.scene;
    const key = JSON.stringify([width, height, territories]);
    if (this.key !== key) this.kept = PlansimMapLayout.arrange(territories, width, height);
    this.key = key;
    return this.kept;
  }

  show(day) {
    this.day = day;
    if (!this.nodes) return;
    this.nodes.forEach((places, world) => places.forEach((nodes, territory) => this._showPlace(nodes, world, territory)));
    this.pictures.forEach((picture, world) => picture.setAttribute("aria-label", this._inWords(world)));
  }

  pick(territory) {
    this.picked = territory;
    this.nodes.forEach((places) => places.forEach(({ group }, i) => group.classList.toggle("twin-picked", i === territory)));
  }

  /* Persons exploited in a place on the day with most of them. */
  _most(territory) {
    const { twins } = this;
    let most = 0;
    for (let day = twins.first; day <= twins.last; day += 1) {
      most = Math.max(most, twins.allPersons(0, territory, day), twins.allPersons(1, territory, day));
    }
    return most;
  }

  _draw(picture, world, width, height) {
    PlansimDraw.set(picture, { viewBox: `0 0 ${width} ${height}`, width, height });
    picture.replaceChildren(this._patterns(world));
    return this.twins.scene.territories.map((place, territory) => this._drawPlace(picture, world, place, territory));
  }

  /* A colour and a texture for each venue kind, so that colour is not the only sign. */
  _patterns(world) {
    const { svg } = PlansimDraw;
    const textures = ["", "M-1 1L1 -1M0 6L6 0M5 7L7 5", "M1.5 1.5h1.4v1.4h-1.4zM4.5 4.5h1.4v1.4h-1.4z", "M0 1.5H6M0 4.5H6"];
    return svg("defs", {}, this.twins.scene.kinds.map((kind, i) =>
      svg("pattern", { id: this._patternId(world, i), width: 6, height: 6, patternUnits: "userSpaceOnUse" },
        svg("rect", { class: `twin-kind-${i % 4}`, width: 6, height: 6 }),
        svg("path", { class: "twin-texture", d: textures[i % 4] }))));
  }

  _patternId(world, kind) {
    return `${this.prefix}-${world}-${kind}`;
  }

  _drawPlace(picture, world, place, territory) {
    const { svg } = PlansimDraw;
    const { named, places } = this.layout;
    const { x, y } = places[territory];
    const ring = svg("circle", { class: "twin-ring" });
    const rim = svg("circle", { class: "twin-rim" });
    const slices = this.twins.scene.kinds.map((_, kind) => svg("path", { fill: `url(#${this._patternId(world, kind)})` }));
    const mark = svg("path", { class: "twin-mark" });
    const down = this._reach(territory);
    const name = named && svg("text", { class: "twin-name", y: down + 13, text: PlansimMapLayout.shorten(place.name) });
    const plans = svg("text", named ? { class: "twin-plans", y: down + 27 } : { class: "twin-plans twin-inside", y: 4 });
    const hint = svg("title");
    const group = svg("g", { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, class: "twin-place" },
      hint, ring, slices, rim, mark, name, plans);
    group.addEventListener("click", () => this.onPick(territory));
    group.addEventListener("pointerenter", () => (hint.textContent = this.placeInWords(world, territory)));
    picture.append(group);
    return { group, ring, rim, slices, mark, plans };
  }

  _showPlace(nodes, world, territory) {
    const { twins, day } = this;
    const persons = twins.persons(world, territory, day);
    const all = twins.allPersons(world, territory, day);
    const radius = this.unit * Math.sqrt(all);
    let turn = 0;
    persons.forEach((value, kind) => {
      const next = all > 0 ? turn + value / all : turn;
      nodes.slices[kind].setAttribute("d", PlansimDraw.slice(radius, turn, next));
      turn = next;
    });
    nodes.rim.setAttribute("r", Math.max(1.5, radius).toFixed(2));
    this._showRing(nodes.ring, Math.max(1.5, radius), twins.visits(world, territory, day));
    this._showMark(nodes.mark, world, territory);
    nodes.plans.textContent = this._plansText(world, territory, radius);
  }

  _showRing(ring, radius, visits) {
    const width = this.ringWidth(visits);
    PlansimDraw.set(ring, { r: (radius + 1 + width / 2).toFixed(2), "stroke-width": width.toFixed(2) });
  }

  /* In pixels; narrower where places have no names, as there is less room. */
  ringWidth(visits) {
    const most = this.layout.named ? PlansimMapLayout.RING - 1 : PlansimMapLayout.SLIM_RING;
    return (most * visits) / this.mostVisits;
  }

  _showMark(mark, world, territory) {
    const { twins, day } = this;
    const apart = world === 1 && twins.differs(territory, day);
    mark.style.display = apart ? "" : "none";
    if (!apart) return;
    const [before, after] = [0, 1].map((each) => twins.allPersons(each, territory, day));
    const way = Math.abs(after - before) < 1e-9 ? "same" : after < before ? "fewer" : "more";
    mark.setAttribute("class", `twin-mark twin-mark-${way}`);
    mark.setAttribute("d", PlansimMaps.markPath(way));
    mark.setAttribute("transform", this._markPlace(territory));
  }

  /* As far from its middle a circle with its ring comes on any day. */
  _reach(territory) {
    return this.unit * Math.sqrt(this.most[territory]) + PlansimMapLayout.RING;
  }

  /* Right of a circle; where there is no room, on its upper edge. */
  _markPlace(territory) {
    const { named, radius } = this.layout;
    if (named) return `translate(${(this._reach(territory) + 8).toFixed(1)} 0)`;
    return `translate(${(radius * 0.8).toFixed(1)} ${(-radius * 0.8).toFixed(1)}) scale(0.7)`;
  }

  static kindLabels(t) {
    return { street: t("street"), hotel: t("hotel"), flat: t("flat"), client_home: t("client's home") };
  }

  static markPath(way) {
    return { fewer: "M-6 -5H6L0 6Z", more: "M-6 5H6L0 -6Z", same: "M0 -6L6 0L0 6L-6 0Z" }[way];
  }

  _plansText(world, territory, radius) {
    const text = this.formats.number(this.twins.plans(world, territory, this.day), { digits: 1 });
    if (this.layout.named) return this.t("Plans: {n}", { n: text });
    return radius >= 11 ? text : "";
  }

  /* A place in a sentence, for a tip and for the line below the maps. */
  placeInWords(world, territory) {
    const { t, formats, twins, day } = this;
    const labels = PlansimMaps.kindLabels(t);
    const persons = twins.persons(world, territory, day);
    const kinds = twins.scene.kinds.map((kind, i) => `${labels[kind] || kind} ${formats.number(persons[i])}`);
    return t("{place}: {persons} persons exploited a day ({kinds}), {plans} Plans, {visits} police visits a day", {
      place: twins.scene.territories[territory].name, kinds: kinds.join(", "),
      persons: formats.number(twins.allPersons(world, territory, day)),
      plans: formats.number(twins.plans(world, territory, day)), visits: formats.number(twins.visits(world, territory, day)),
    });
  }

  _inWords(world) {
    const { t, formats, twins, day } = this;
    const all = twins.scene.territories.map(({ name }, i) => ({ name, n: twins.allPersons(world, i, day) }));
    const most = all.sort((a, b) => b.n - a.n).slice(0, PlansimMapLayout.NAMED);
    const shown = most.map(({ name, n }) => `${name} ${formats.number(n)}`);
    return t("Map: {title}. Persons exploited a day by place, most first: {places}", {
      title: this.titles[world].textContent, places: shown.join(", "),
    });
  }

  _writeLegend() {
    const { t } = this;
    const { svg } = PlansimDraw;
    const kinds = this.kinds().map(({ label, fill }) =>
      this._sample(label, svg("rect", { x: 1, y: 1, width: 14, height: 14, class: "twin-kind", fill })));
    const ways = [["fewer", t("fewer persons than without")], ["more", t("more")], ["same", t("other Plans or venues")]];
    const marks = ways.map(([way, text]) => this._sample(text,
      svg("path", { class: `twin-mark twin-mark-${way}`, transform: "translate(8 8)", d: PlansimMaps.markPath(way) })));
    const n = this.formats.number(this.largest);
    const size = t("Circles: persons exploited, mean of 7 days, at most {n}; by venue:", { n });
    const moved = this.layout.moved && t("Places are moved apart to be seen.");
    const nodes = [PlansimDraw.html("span", {}, size), ...kinds, this._ringSample(), ...marks, moved];
    this.legend.replaceChildren(...nodes.filter(Boolean));
  }

  /* Name and filling of each venue kind. */
  kinds() {
    const labels = PlansimMaps.kindLabels(this.t);
    return this.twins.scene.kinds.map((kind, i) => ({ label: labels[kind] || kind, fill: `url(#${this._patternId(0, i)})` }));
  }

  _ringSample() {
    const text = this.t("ring: police visits, at most {n} a day", { n: this.formats.number(this.mostVisits) });
    return this._sample(text, PlansimDraw.svg("circle", { class: "twin-ring", cx: 8, cy: 8, r: 5, "stroke-width": 4 }));
  }

  _sample(text, shape) {
    const { html, svg } = PlansimDraw;
    return html("span", { class: "twin-sample" }, svg("svg", { width: 16, height: 16, "aria-hidden": "true" }, shape), text);
  }
}

PlansimMaps.LOW = { low: 180, share: 0.64, high: 340 }; // height in pixels, and as a share of the width, for a few places
PlansimMaps.HIGH = { low: 240, share: 0.9, high: 460 }; // for more
PlansimMaps.count = 0; // of maps on the page, so that their patterns have names of their own
