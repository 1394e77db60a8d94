import { button, h } from "./elements.js";
import { remember, remembered } from "./kernel.js";
import { stamp } from "./times.js";

// A flag of one's own: mark in, mark out, a label by its digit. The marks stay in the browser until
// they are a flag or are taken away.

export class OwnMark {
  // `save.flag(flag)` makes a flag of the stretch, `save.keep(part, clip)` evidence without a flag.
  constructor(data, bus, words, signal, save) {
    this.data = data;
    this.bus = bus;
    this.words = words;
    this.save = save;
    this.store = `review.marks/${data.key}`;
    bus.state.marks = remembered(this.store) ?? {};
    this.build();
    const on = (name, act) => bus.on(name, act, signal);
    on("mark", (what) => (what === "save" ? this.enter() : this.set(what)));
    on("label", (n) => this.choose(n));
    on("viewed", () => this.draw());
    on("escape", () => this.clear());
    this.draw();
  }

  build() {
    const { words } = this;
    this.times = h("span", { class: "rw-mono" });
    this.label = h("select", { on: { change: () => { this.chosen = this.label.value; } } });
    words.bind(this.label, "ui.mark_label", "aria-label");
    this.note = h("input", { type: "text", maxlength: 500, dir: "auto" });
    words.bind(this.note, "ui.mark_note", "placeholder");
    words.bind(this.note, "ui.mark_note", "aria-label");
    this.where = h("span", { class: "rw-quiet" });
    this.hint = h("p", { class: "rw-quiet" });
    this.saveButton = button(words, "ui.mark_save", () => this.enter(), { class: "rw-small", hint: "M" });
    this.keepButton = button(words, "ui.preserve", () => this.keep(false), { class: "rw-small" });
    this.clipButton = button(words, "ui.preserve_clip", () => this.keep(true), { class: "rw-small" });
    this.form = h("div", { class: "rw-mark-form" }, this.label, this.note, this.saveButton,
      this.keepButton, this.clipButton, button(words, "ui.mark_clear", () => this.clear(), { class: "rw-small" }));
    this.element = h("div", { class: "rw-mark", role: "group" },
      h("div", { class: "rw-mark-head" },
        button(words, "ui.mark_in", () => this.set("in"), { class: "rw-small", hint: "I" }),
        button(words, "ui.mark_out", () => this.set("out"), { class: "rw-small", hint: "O" }),
        this.times, this.where),
      this.form, this.hint);
    words.bind(this.element, "ui.own_flag", "aria-label");
  }

  get marks() { return this.bus.state.marks; }

  set(which) {
    const marks = { ...this.marks, [which]: this.bus.state.time_s ?? 0 };
    // A mark on the wrong side of the other begins anew.
    if (marks.in !== undefined && marks.out !== undefined && marks.in >= marks.out) delete marks[which === "in" ? "out" : "in"];
    this.put(marks);
  }

  put(marks) {
    this.bus.state.marks = marks;
    remember(this.store, Object.keys(marks).length ? marks : null);
    this.bus.emit("marked");
    this.draw();
  }

  clear() {
    if (Object.keys(this.marks).length) this.put({});
  }

  // A digit chooses the label; with both marks set, it saves the flag.
  choose(n) {
    const label = this.data.labels[n];
    if (!label) return;
    this.chosen = label;
    this.label.value = label;
    if (this.marks.in !== undefined) this.enter();
  }

  // From mark in to mark out, or to where the player stands.
  get part() {
    const { marks, bus } = this;
    return { stream: bus.state.view ?? this.data.views[0]?.stream,
      start_s: marks.in, end_s: marks.out ?? bus.state.time_s ?? marks.in };
  }

  keep(clip) {
    if (this.marks.in === undefined) return;
    this.save.keep(this.part, clip);
    this.put({});
  }

  enter() {
    const { marks } = this;
    if (marks.in === undefined) return;
    this.save.flag({
      ...this.part,
      flag_id: `own-${crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`}`,
      label: this.chosen ?? this.data.labels[0], note: this.note.value.trim(),
    });
    this.note.value = "";
    this.put({});
  }

  draw() {
    const { words, marks, data } = this;
    const open = marks.in !== undefined || marks.out !== undefined;
    this.element.classList.toggle("rw-open", open);
    this.form.hidden = !open;
    this.hint.hidden = !open;
    this.times.textContent = open ? `${marks.in === undefined ? "…" : stamp(marks.in)} – ${marks.out === undefined ? "…" : stamp(marks.out)}` : "";
    this.where.textContent = open ? words.say(`stream.${this.bus.state.view ?? data.views[0]?.stream}`) : words.say("ui.own_flag");
    for (const one of [this.saveButton, this.keepButton, this.clipButton]) one.disabled = marks.in === undefined;
    const digits = data.labels.slice(0, 10).map((label, n) => `${(n + 1) % 10} ${words.say(`label.${label}`)}`);
    this.hint.textContent = digits.join(" · ");
    this.label.replaceChildren(...data.labels.map((label, n) =>
      h("option", { value: label, text: `${n < 10 ? `${(n + 1) % 10} ` : ""}${words.say(`label.${label}`)}` })));
    this.label.value = this.chosen ?? data.labels[0];
  }
}
