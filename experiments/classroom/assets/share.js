"use strict";
/* What a page gives away: a picture, a table, a link. */

class PlansimShare {
  constructor({ t, name, view }) {
    Object.assign(this, { t, name, view });
    const { html } = PlansimDraw;
    const button = (text, onclick) => html("button", { type: "button", class: "twin-button", text, onclick });
    this.said = html("span", { class: "page-said", role: "status" });
    this.link = html("input", { type: "text", readonly: true, hidden: true, "aria-label": t("Link to this screen") });
    this.node = html("section", { class: "page-share", "aria-label": t("Save or share") },
      html("span", { text: t("Save or share:") }),
      button(t("Picture (PNG)"), () => this._png()), button(t("Picture (SVG)"), () => this._svg()),
      button(t("Table (CSV)"), () => this._csv()), button(t("Copy link"), () => this._copy()), this.link, this.said);
  }

  async _png() {
    this._save("png", await PlansimPicture.png(this.view().svg()));
  }

  _svg() {
    this._save("svg", new Blob([this.view().svg()], { type: "image/svg+xml" }));
  }

  _csv() {
    this._save("csv", new Blob([this.view().csv()], { type: "text/csv" }));
  }

  _save(kind, bytes) {
    const file = `${this.name()}.${kind}`;
    PlansimPicture.keep(bytes, file);
    this.said.textContent = this.t("Saved: {file}", { file });
  }

  /* To the clipboard; where a browser forbids it, the link is shown to be copied by hand. */
  async _copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      this.said.textContent = this.t("The link is copied.");
    } catch {
      this.link.hidden = false;
      this.link.value = location.href;
      this.link.select();
      this.said.textContent = this.t("Copy the link from the field.");
    }
  }
}
