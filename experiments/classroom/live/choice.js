/* A choice among texts: the browser's own, which telephones, keyboards and screen readers know. */

export default {
  template: `
    <div class="lab-choice">
      <label v-if="!bare" :for="name">{{ label }}</label>
      <select ref="select" :id="name" :aria-label="bare ? label : null" :value="value" @change="$emit('choice', Number($event.target.value))">
        <option v-if="value < 0" value="-1">–</option>
        <option v-for="(text, place) in choices" :key="place" :value="place">{{ text }}</option>
      </select>
    </div>
  `,
  props: { name: String, label: String, bare: Boolean, choices: Array, value: Number },
  emits: ["choice"],
  methods: {
    /* Also where nothing has changed for Vue: the server may have refused what was chosen here. */
    show(place) {
      this.$nextTick(() => (this.$refs.select.value = place));
    },
  },
};
