/* The view of twin worlds (../assets) as an element of the live classroom: the server sends scenes, and hears of days and places. */

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

export default {
  template: '<div class="twin-host"></div>',
  props: { language: String, messages: Object },
  mounted() {
    const t = (message, values = {}) => fill(this.messages[message] || message, values);
    this.view = new PlansimTwinView(this.$el, {
      t,
      language: this.language,
      onDay: (day) => this.said(day),
      onPick: (place) => this.$emit("place", place),
      onMeasure: (measure) => this.$emit("measure", measure),
    });
    this.$emit("ready");
  },
  beforeUnmount() {
    this.view.destroy();
  },
  methods: {
    /* While days pass the server is left alone. */
    said(day) {
      if (!this.$el.classList.contains("twin-playing")) this.$emit("day", day);
    },
    load(scene, day) {
      this.scene = scene;
      this.view.load(scene, day === null ? this.view.day : day);
    },
    /* The differences of other seeds, which come later than the scene they belong to. */
    seeds(key, given) {
      if (!this.scene || this.scene.key !== key) return;
      const playing = this.$el.classList.contains("twin-playing");
      this.scene.seeds = given;
      this.view.load(this.scene, this.view.day);
      if (playing) this.view.play();
    },
    show(day) {
      this.view.show(day);
    },
    play() {
      this.view.play();
    },
    choose(measure) {
      this.view.choose(measure);
    },
    save(kind, name) {
      const keep = (bytes) => PlansimPicture.keep(bytes, `${name}.${kind}`);
      if (kind === "png") PlansimPicture.png(this.view.svg()).then(keep);
      else if (kind === "svg") keep(new Blob([this.view.svg()], { type: "image/svg+xml" }));
      else keep(new Blob([this.view.csv()], { type: "text/csv" }));
    },
  },
};
