import { button, h } from "./elements.js";

// The candidate's side: invited by a day, statement received or waived, hearing, appeal. What is said
// is written down as it was said; what follows from it says the rulebook's engine.

const FORMS = ["invited", "received", "waived", "hearing", "appeal"];
const RESULTS = ["upheld", "lowered", "lifted"];

export class Procedure {
  constructor(words, enter) {
    this.words = words;
    this.enter = enter;
    this.build();
  }

  build() {
    const { words } = this;
    this.record = h("div");
    this.form = h("select", { class: "rw-form", on: { change: () => this.ask() } });
    words.bind(this.form, "ui.statement_form", "aria-label");
    this.day = h("input", { type: "date" });
    words.bind(this.day, "ui.statement_deadline", "aria-label");
    this.at = h("input", { type: "datetime-local" });
    words.bind(this.at, "ui.statement_held_at", "aria-label");
    this.dayLabel = h("label", {}, words.bind(h("span", { class: "rw-quiet" }), "ui.statement_deadline"), " ", this.day);
    this.atLabel = h("label", {}, words.bind(h("span", { class: "rw-quiet" }), "ui.statement_held_at"), " ", this.at);
    this.text = h("textarea", { class: "rw-note", rows: 2, maxlength: 8000, dir: "auto" });
    words.bind(this.text, "ui.statement_text", "placeholder");
    words.bind(this.text, "ui.statement_text", "aria-label");
    this.button = button(words, "ui.enter_statement", () => this.say(), { class: "rw-small" });
    this.element = h("div", { class: "rw-procedure" }, words.bind(h("h4"), "ui.statements"), this.record,
      h("div", { class: "rw-row" }, this.form, this.dayLabel, this.atLabel), this.text, h("div", { class: "rw-row" }, this.button));
    // How an appeal is decided stands where an outcome is recorded.
    this.result = h("select", { class: "rw-appeal" });
    words.bind(this.result, "ui.appeal_result", "aria-label");
    this.decides = h("label", { class: "rw-decides", hidden: true }, words.bind(h("span"), "ui.appeal_result"), " ", this.result);
  }

  get appeal() { return this.decides.hidden ? null : this.result.value || null; }

  say() {
    const form = this.form.value;
    this.enter({ form, text: this.text.value.trim(), deadline: form === "invited" ? this.day.value : null,
      held_at: form === "invited" ? null : this.at.value || null });
  }

  clear() {
    this.text.value = this.at.value = "";
  }

  // An invitation has a last day, everything else a moment.
  ask() {
    const invited = this.form.value === "invited";
    this.dayLabel.hidden = !invited;
    this.atLabel.hidden = invited;
  }

  draw(state) {
    const { words } = this;
    const { side = {}, statements = [] } = state;
    this.options(this.form, FORMS.map((form) => [form, words.say(`entry.${form}`)]));
    this.options(this.result, [["", words.say("ui.appeal_open")], ...RESULTS.map((one) => [one, words.say(`entry.${one}`)])]);
    this.day.value ||= side.propose ?? "";
    this.ask();
    this.button.disabled = Boolean(state.closed);
    this.record.replaceChildren(...statements.map((one) => this.line(one)));
    if (!statements.length) this.record.append(h("p", { class: "rw-quiet", text: words.say("ui.no_statements") }));
    if (side.appeal_until) this.record.append(h("p", { class: "rw-quiet", text: words.say("ui.appeal_until", { day: side.appeal_until }) }));
    const { appeal } = side;
    if (appeal?.late) this.record.append(h("p", { class: "rw-warn", text: words.say("ui.appeal_late") }));
    if (appeal && !appeal.mine) this.record.append(h("p", { class: "rw-quiet", text: words.say("ui.appeal_not_yours") }));
    this.decides.hidden = !appeal?.mine;
  }

  line({ form, text, deadline, held_at, author, at }) {
    const when = deadline ? this.words.say("ui.until_day", { day: deadline }) : (held_at ?? "").replace("T", " ").slice(0, 16);
    return h("p", { dir: "auto" }, h("b", { text: this.words.say(`entry.${form}`) }), ` ${when} — ${author}, ${at}`,
      text ? h("span", { class: "rw-quiet", text: ` “${text}”` }) : null);
  }

  options(select, options) {
    const { value } = select;
    select.replaceChildren(...options.map(([name, text]) => h("option", { value: name, text })));
    select.value = options.some(([name]) => name === value) ? value : options[0][0];
  }
}
