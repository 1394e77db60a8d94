import { button, h } from "./elements.js";
import { stamp } from "./times.js";

// Warnings on record: those that the logs hold can be taken over, others are written down.

export class Warnings {
  constructor(data, bus, words, clauses, enter) {
    this.data = data;
    this.words = words;
    this.clauses = clauses;
    this.enter = enter;
    this.time_s = bus.state.time_s ?? 0;
    this.build();
  }

  build() {
    const { words } = this;
    this.record = h("div");
    this.logged = h("div");
    this.reason = h("input", { type: "text", maxlength: 500, dir: "auto" });
    words.bind(this.reason, "ui.warning_reason", "placeholder");
    words.bind(this.reason, "ui.warning_reason", "aria-label");
    this.clause = h("select");
    words.bind(this.clause, "ui.warning_clause", "aria-label");
    this.heeded = h("select");
    words.bind(this.heeded, "ui.warning_heeded", "aria-label");
    this.when = h("span", { class: "rw-mono" });
    const add = () => this.enter({ reason: this.reason.value.trim(), clause: this.clause.value || null,
      given_s: this.time_s, answered: null, corrected: { yes: true, no: false }[this.heeded.value] ?? null });
    this.element = h("div", { class: "rw-warnings" }, words.bind(h("h4"), "ui.warnings"),
      this.record, this.logged, this.reason,
      h("div", { class: "rw-row" }, this.clause, this.heeded),
      h("div", { class: "rw-row" }, this.when, button(words, "ui.add_warning", add, { class: "rw-small" })));
  }

  at(time_s) {
    this.time_s = time_s;
    this.when.textContent = stamp(time_s, 0);
  }

  clear() { this.reason.value = ""; }

  draw(state) {
    const { words } = this;
    const heeded = (value) => words.say(value === true ? "ui.heeded" : value === false ? "ui.not_heeded" : "ui.heeded_unknown");
    const kept = (select, options) => {
      const { value } = select;
      select.replaceChildren(...options.map(([name, text]) => h("option", { value: name, text })));
      select.value = options.some(([name]) => name === value) ? value : options[0][0];
    };
    kept(this.clause, [["", words.say("ui.any_clause")], ...this.clauses.map((one) => [one.id, one.number[words.language]])]);
    kept(this.heeded, [["", words.say("ui.heeded_unknown")], ["yes", words.say("ui.heeded")], ["no", words.say("ui.not_heeded")]]);
    this.at(this.time_s);
    const known = state.warnings ?? [];
    this.record.replaceChildren(...known.map((one) => h("p", { dir: "auto",
      text: `${(one.given_at ?? one.at).replace("T", " ").slice(0, 19)} ${one.reason} · ${heeded(one.corrected)} — ${one.author}` })));
    if (!known.length) this.record.append(h("p", { class: "rw-quiet", text: words.say("ui.no_warnings") }));
    const open = this.data.warnings.filter((one) => !known.some((other) => other.note === this.mark(one)));
    this.logged.replaceChildren(...open.map((one) => h("p", { dir: "auto" },
      h("span", { class: "rw-mono", text: `${stamp(one.time_s, 0)} ` }), `${one.reason ?? ""} `,
      button(words, "ui.take_over", () => this.take(one), { class: "rw-small" }))));
  }

  // How a warning of the log is known again once it is on record.
  mark(one) { return `log ${one.time_s.toFixed(2)} s`; }

  take(one) {
    const reason = this.words.say(`label.${one.reason}`) ?? one.reason;
    this.enter({ reason: one.reason ? reason : this.words.say("ui.warnings"), clause: one.clause ?? null, given_s: one.time_s,
      answered: one.answered ?? null, corrected: one.corrected ?? null, note: this.mark(one) });
  }
}
