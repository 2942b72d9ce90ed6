/* A slider over stops: the browser's own, with the value as a text that is read aloud. */

export default {
  template: `
    <div class="lab-slider">
      <label :for="name">{{ filled }}</label>
      <input type="range" ref="range" :id="name" :aria-label="label" :aria-valuetext="texts[place] + ' ' + unit"
        min="0" :max="texts.length - 1" step="1" :value="place" @input="pull(Number($event.target.value))">
      <p class="lab-note">{{ note }}</p>
    </div>
  `,
  props: { name: String, label: String, shown: String, unit: String, note: String, texts: Array, first: Number },
  emits: ["pull"],
  data() {
    return { place: this.first };
  },
  computed: {
    filled() {
      return this.shown.replace("{label}", this.label).replace("{value}", this.texts[this.place]);
    },
  },
  methods: {
    pull(place) {
      this.place = place;
      this.$emit("pull", place);
    },
    show(place) {
      this.place = place;
      this.$nextTick(() => (this.$refs.range.value = place));
    },
  },
};
