"use strict";
/* The whole view as one picture that stands by itself: SVG, and PNG made of it. */

const PlansimPicture = (() => {
  const WIDTH = 800;
  const MARGIN = 20;
  const HALF = (WIDTH - 3 * MARGIN) / 2;
  const KEPT = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family",
    "font-size", "font-weight", "text-anchor", "display", "paint-order",
  ];

  /* A copy of a drawing with the look it has now, at a place and a width. */
  function copyOf(picture, x, y, width) {
    const copy = picture.cloneNode(true);
    const [from, to] = [picture, copy].map((root) => [root, ...root.querySelectorAll("*")]);
    from.forEach((node, i) => {
      const look = getComputedStyle(node);
      to[i].setAttribute("style", KEPT.map((name) => `${name}:${look.getPropertyValue(name).replace(/"/g, "'")}`).join(";"));
      to[i].removeAttribute("class");
    });
    const [, , wide, high] = picture.getAttribute("viewBox").split(" ").map(Number);
    PlansimDraw.set(copy, { x, y, width, height: (width * high) / wide });
    return copy;
  }

  const heightOf = (picture, width) => {
    const [, , wide, high] = picture.getAttribute("viewBox").split(" ").map(Number);
    return (width * high) / wide;
  };

  /* Words broken into lines of at most `most` letters. */
  function wrap(text, most) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines.length - 1;
      if (lines[last] && lines[last].length + word.length + 1 > most) lines.push(word);
      else lines[last] = `${lines[last]} ${word}`.trim();
    }
    return lines;
  }

  /* Writes one below the other, and knows how far down it is. */
  class Sheet {
    constructor(root) {
      const look = getComputedStyle(root);
      this.ink = look.color;
      this.ground = look.getPropertyValue("--twin-ground").trim() || "#ffffff";
      this.font = look.fontFamily.replace(/"/g, "'");
      this.node = PlansimDraw.svg("svg", { width: WIDTH, "font-family": this.font, fill: this.ink });
      this.y = MARGIN;
    }

    text(text, { x = MARGIN, y = this.y, size = 14, weight = 400, anchor = "start" } = {}) {
      this.node.append(PlansimDraw.svg("text", { x, y, "font-size": size, "font-weight": weight, "text-anchor": anchor, text }));
    }

    lines(text, options = {}) {
      for (const line of wrap(text, options.most || 112)) {
        this.y += (options.size || 14) * 1.4;
        this.text(line, options);
      }
    }

    pair(titles, pictures, framed = false) {
      this.y += 26;
      const heights = pictures.map((picture, i) => {
        const x = MARGIN + i * (HALF + MARGIN);
        this.text(titles[i], { x, size: 14, weight: 600 });
        const frame = { x, y: this.y + 8, width: HALF, height: heightOf(picture, HALF), fill: "none", stroke: this.ink };
        if (framed) this.node.append(PlansimDraw.svg("rect", { ...frame, "stroke-opacity": 0.3 }));
        this.node.append(copyOf(picture, x, this.y + 8, HALF));
        return heightOf(picture, HALF);
      });
      this.y += 8 + Math.max(...heights);
    }

    /* What the colours and textures of the circles are: [{label, fill}]. */
    kinds(kinds) {
      this.y += 22;
      let x = MARGIN;
      for (const { label, fill } of kinds) {
        this.node.append(PlansimDraw.svg("rect", { x, y: this.y - 11, width: 14, height: 14, fill, stroke: this.ink }));
        this.text(label, { x: x + 20, size: 12 });
        x += 44 + 7 * label.length;
      }
    }

    /* A table by its rows of text; all columns but the first are numbers. */
    table(rows) {
      const ends = [0, 520, 640, WIDTH - MARGIN];
      rows.forEach((row, i) => {
        this.y += 21;
        row.forEach((text, column) => this.text(text, column
          ? { x: ends[column], anchor: "end", size: 13, weight: i ? 400 : 600 } : { size: 13, weight: i ? 400 : 600 }));
      });
    }

    end() {
      const height = Math.ceil(this.y + MARGIN);
      PlansimDraw.set(this.node, { height, viewBox: `0 0 ${WIDTH} ${height}` });
      this.node.prepend(PlansimDraw.svg("rect", { width: WIDTH, height, fill: this.ground }));
      return new XMLSerializer().serializeToString(this.node);
    }
  }

  /* The text of an SVG with a title, lines, maps: {titles, pictures, kinds, legend}, rows, charts: {titles, pictures},
     and a finding; `root` has the look. */
  function compose({ root, title, lines, maps, rows, charts, finding }) {
    const sheet = new Sheet(root);
    sheet.lines(title, { size: 18, weight: 600, most: 76 });
    lines.forEach((line) => sheet.lines(line));
    sheet.pair(maps.titles, maps.pictures, true);
    sheet.kinds(maps.kinds);
    sheet.lines(maps.legend, { size: 12, most: 130 });
    sheet.y += 6;
    sheet.table(rows);
    sheet.y += 8;
    sheet.pair(charts.titles, charts.pictures);
    sheet.y += 6;
    sheet.lines(finding);
    return sheet.end();
  }

  /* An SVG as the bytes of a PNG, twice as fine. */
  async function png(text) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * 2, image.height * 2];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  /* Bytes as a file among the reader's downloads. */
  function keep(bytes, file) {
    const address = URL.createObjectURL(bytes);
    PlansimDraw.html("a", { href: address, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  return { compose, png, keep };
})();
