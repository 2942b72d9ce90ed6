"use strict";
/* Where the circles of a map stand: as the places lie to each other, moved apart where circles or names would overlap. */

const PlansimMapLayout = (() => {
  const NAMED = 12; // with more places there is no room for names
  const GAP = 2;
  const MARK = 14; // room for the mark of a difference, right of a circle
  const PLANS = 33; // half of what the number of Plans takes
  const RING = 6; // largest width of a ring
  const SLIM_RING = 3; // where places have no names
  const LETTER = 6.9; // usual width of a letter of a name
  const NAME_HEIGHT = 31; // of a name with the number of Plans
  const LONGEST_NAME = 18;
  const STRETCHED = 2.5;
  const SMALLER = 0.93; // factor from one try to the next
  const ROUNDS = 500; // of moving apart, before circles become smaller

  const shorten = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);

  /* {places: [{x, y}], radius: of the largest circle, named, moved}. It depends on the places and the room only, so that places
     stay where they are when the worlds change. */
  function arrange(territories, width, height) {
    for (const named of territories.length <= NAMED ? [true, false] : [false]) {
      const fair = Math.sqrt((0.5 * width * height) / territories.length / Math.PI) - SLIM_RING - GAP;
      let radius = Math.max(2, Math.min(Math.min(width, height) * 0.2, fair));
      for (; radius >= 2; radius *= SMALLER) {
        const boxes = territories.map((place) => boxOf(place, radius, named));
        const places = fit(territories, boxes, width, height);
        if (places) return { places, radius, named, moved: far(project(territories, boxes, width, height, 1), places) };
      }
    }
    const boxes = territories.map((place) => boxOf(place, 2, false));
    return { places: project(territories, boxes, width, height, STRETCHED), radius: 2, named: false, moved: true };
  }

  /* Places that do not overlap, as the map is or pulled wide to the room there is; null if there is no room. */
  function fit(territories, boxes, width, height) {
    for (const stretch of [1, STRETCHED]) {
      const places = pushApart(project(territories, boxes, width, height, stretch), boxes, width, height);
      if (places) return places;
    }
    return null;
  }

  /* The room around the middle of a circle: above, below, to each side. */
  function boxOf(place, radius, named) {
    const outer = radius + (named ? RING : SLIM_RING) + GAP;
    const half = named ? Math.max(outer + MARK, PLANS, (shorten(place.name).length * LETTER) / 2 + 2) : outer;
    return { half, up: outer, down: outer + (named ? NAME_HEIGHT : 0) };
  }

  /* Places by their kilometres, north up; one axis may be pulled to at most so many times the other. */
  function project(territories, boxes, width, height, stretch) {
    const side = Math.max(...boxes.map((box) => box.half));
    const [up, down] = [Math.max(...boxes.map((box) => box.up)), Math.max(...boxes.map((box) => box.down))];
    const [x, y] = ["x_km", "y_km"].map((key) => territories.map((place) => place[key]));
    const [wide, high] = [x, y].map((row) => Math.max(...row) - Math.min(...row));
    const room = [Math.max(1, width - 2 * side), Math.max(1, height - up - down)];
    const fits = [room[0] / Math.max(wide, 1e-9), room[1] / Math.max(high, 1e-9)];
    const [kmX, kmY] = fits.map((km) => Math.min(km, Math.min(...fits) * stretch, 1e6));
    const left = side + (room[0] - wide * kmX) / 2 - Math.min(...x) * kmX;
    const top = up + (room[1] - high * kmY) / 2 + Math.max(...y) * kmY;
    return territories.map((place) => ({ x: left + place.x_km * kmX, y: top - place.y_km * kmY }));
  }

  /* Places moved until nothing overlaps; null if there is no room. */
  function pushApart(start, boxes, width, height) {
    const places = start.map((at, i) => ({ x: at.x + 1e-3 * i, y: at.y + 2e-3 * i })); // no two at one point
    const square = (i) => boxes[i].down === boxes[i].up;
    for (let round = 0; round < ROUNDS; round += 1) {
      let moved = false;
      for (let i = 0; i < places.length; i += 1) {
        for (let j = i + 1; j < places.length; j += 1) {
          const push = square(i) && square(j) ? pushCircles : pushBoxes;
          moved = push(places[i], places[j], boxes[i], boxes[j], width, height) || moved;
        }
        moved = keepInside(places[i], boxes[i], width, height) || moved;
      }
      if (!moved) return places;
    }
    return null;
  }

  function pushCircles(a, b, one, other) {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const apart = Math.hypot(dx, dy);
    const short = one.up + other.up - apart;
    if (short <= 0.01) return false;
    const step = short / 2 / Math.max(apart, 1e-6);
    shift(a, -dx * step, -dy * step);
    shift(b, dx * step, dy * step);
    return true;
  }

  /* Along the axis with less to go, as a share of the room there. */
  function pushBoxes(a, b, one, other, width, height) {
    const dx = one.half + other.half - Math.abs(b.x - a.x);
    const dy = b.y >= a.y ? one.down + other.up - (b.y - a.y) : one.up + other.down - (a.y - b.y);
    if (dx <= 0.01 || dy <= 0.01) return false;
    const way = dx / width < dy / height ? [(b.x >= a.x ? dx : -dx) / 2, 0] : [0, (b.y >= a.y ? dy : -dy) / 2];
    shift(a, -way[0], -way[1]);
    shift(b, ...way);
    return true;
  }

  function shift(place, x, y) {
    place.x += x;
    place.y += y;
  }

  function keepInside(place, box, width, height) {
    const x = Math.min(Math.max(place.x, box.half), Math.max(box.half, width - box.half));
    const y = Math.min(Math.max(place.y, box.up), Math.max(box.up, height - box.down));
    const moved = Math.abs(x - place.x) > 0.01 || Math.abs(y - place.y) > 0.01;
    Object.assign(place, { x, y });
    return moved;
  }

  const far = (start, places) => places.some((at, i) => Math.hypot(at.x - start[i].x, at.y - start[i].y) > 8);

  return { arrange, shorten, RING, SLIM_RING, MARK, NAMED };
})();
