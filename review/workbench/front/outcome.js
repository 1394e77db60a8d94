import { busOf } from "./bus.js";
import { Delivery } from "./delivery.js";
import { button, h } from "./elements.js";
import { ask, remember, remembered } from "./kernel.js";
import { bindKeys } from "./keys.js";
import { Procedure } from "./procedure.js";
import { showing } from "./record.js";
import { stamp, wall } from "./times.js";
import { Warnings } from "./warnings.js";
import { followLanguage, Words } from "./words.js";

// The outcome of a sitting: a person chooses clauses and signs; the rulebook's engine says what is
// still lacking, before the signature and after it. What is typed stays until it is entered.

const ORDER = ["cleared", "violation", "cheating", "serious_cheating"];
const WEIGH_MS = 250;

class Conclusion {
  constructor(model, data, el, signal) {
    this.model = model;
    this.data = data;
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.signal = signal;
    this.store = `review.outcome/${this.data.key}`;
    this.delivery = new Delivery(`${this.data.key}/outcome`, model, this.words, signal, (request) => this.entered(request));
    const draft = remembered(this.store) ?? {};
    this.chosen = new Set(draft.clauses ?? []);
    this.warnings = new Warnings(this.data, this.bus, this.words, model.get("clauses"), (said) => this.send({ kind: "warn", ...said }));
    this.procedure = new Procedure(this.words, (said) => this.send({ kind: "state", ...said }));
    this.procedure.result.addEventListener("change", () => this.drawClauses());
    this.build(el, draft);
    this.bus.on("saved", () => this.weigh(), signal);
    this.bus.on("time", (time_s) => this.warnings.at(time_s), signal);
    model.on("change:state", () => this.draw());
    this.delivery.outbox.deliver();
  }

  build(el, draft) {
    const { words } = this;
    this.proposal = h("div", { class: "rw-proposal", role: "status" });
    this.search = h("input", { type: "search", on: { input: () => this.drawClauses() } });
    words.bind(this.search, "ui.find_clause", "placeholder");
    words.bind(this.search, "ui.find_clause", "aria-label");
    this.list = h("div", { class: "rw-clauses", role: "group", tabindex: -1 });
    words.bind(this.list, "ui.clauses", "aria-label");
    this.note = h("textarea", { class: "rw-note", rows: 2, maxlength: 4000, dir: "auto", on: { input: () => this.changed() } });
    this.note.value = draft.note ?? "";
    words.bind(this.note, "ui.outcome_note", "placeholder");
    words.bind(this.note, "ui.outcome_note", "aria-label");
    this.enterButton = button(words, "ui.enter_outcome", () => this.enter(), { class: "rw-primary" });
    this.clearButton = button(words, "ui.enter_cleared", () => this.enter("cleared"));
    this.preview = h("div", { class: "rw-preview", role: "status" });
    this.said = h("div", { class: "rw-said" });
    this.closing = h("div", { class: "rw-closing" });
    this.reason = h("input", { type: "text", maxlength: 1000, dir: "auto" });
    words.bind(this.reason, "ui.reason_field", "placeholder");
    words.bind(this.reason, "ui.reason_field", "aria-label");
    this.signButton = button(words, "ui.sign_off", () => this.send({ kind: "sign_off", note: this.reason.value.trim() }), { class: "rw-small" });
    this.reopenButton = button(words, "ui.reopen", () => this.send({ kind: "reopen", reason: this.reason.value.trim() }), { class: "rw-small" });
    this.recuseButton = button(words, "ui.recuse", () => this.send({ kind: "recuse", reason: this.reason.value.trim() }), { class: "rw-small" });
    this.root = h("section", { class: "rw rw-outcome" },
      h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.outcome"), h("span", { class: "rw-space" }), this.delivery.status),
      h("div", { class: "rw-scroll", tabindex: 0, role: "region" }, this.proposal, this.said,
        words.bind(h("h4"), "ui.your_outcome"), this.search, this.list, this.preview, this.note, this.procedure.decides,
        h("div", { class: "rw-row" }, this.enterButton, this.clearButton),
        this.warnings.element, this.procedure.element,
        words.bind(h("h4"), "ui.close_case"), this.closing, this.reason,
        h("div", { class: "rw-row" }, this.signButton, this.reopenButton, this.recuseButton)),
      this.delivery.error);
    words.bind(this.root, "ui.outcome", "aria-label");
    words.bind(this.root.querySelector(".rw-scroll"), "ui.outcome", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => this.draw(), this.signal);
    el.append(this.root);
  }

  get state() { return this.model.get("state"); }
  get clauses() { return this.model.get("clauses"); }
  name(id) {
    const clause = this.clauses.find((one) => one.id === id);
    return clause ? `${clause.number[this.words.language]} ${clause.summary[this.words.language]}` : id;
  }

  // --- what stands

  draw() {
    const { words, state } = this;
    this.proposal.replaceChildren(...this.standing(state.assessment ?? {}));
    if (this.model.get("problem")) this.proposal.append(h("p", { class: "rw-warn", text: this.model.get("problem") }));
    const said = state.outcomes ?? [];
    this.said.replaceChildren(...said.map((one) => h("p", { class: one.mine ? "rw-mine" : "", dir: "auto" },
      h("b", { text: words.say(`outcome.${one.outcome}`) }), one.appeal ? ` (${words.say(`entry.${one.appeal}`)})` : "",
      ` ${one.clauses.map((id) => this.clauses.find((c) => c.id === id)?.number[words.language] ?? id).join("、")} — ${one.author} (${words.say(`role.${one.role}`)}), ${one.at}`,
      one.note ? h("span", { class: "rw-quiet", text: ` “${one.note}”` }) : null)));
    this.procedure.draw(state);
    this.drawClauses();
    this.warnings.draw(state);
    const stopped = Boolean(state.recused || state.closed);
    const supervisor = state.me?.role === "supervisor";
    for (const one of [this.enterButton, this.clearButton, this.note]) one.disabled = stopped;
    this.signButton.hidden = !supervisor || Boolean(state.closed);
    this.reopenButton.hidden = !supervisor || !state.closed;
    this.recuseButton.disabled = state.recused;
    const { closed } = state;
    this.closing.textContent = closed ? words.say("ui.is_closed", { who: closed.author, when: closed.at })
      : state.recused ? words.say("ui.you_recused") : words.say("ui.is_open");
  }

  standing(found) {
    const { words } = this;
    if (found.error) return [h("p", { class: "rw-warn", text: found.error })];
    const parts = [h("p", {}, h("b", { text: words.say("ui.rulebook_says") }), " ",
      found.outcome ? h("span", { class: `rw-outcome-${found.outcome}`, text: words.say(`outcome.${found.outcome}`) }) : words.say("ui.no_outcome_yet"),
      found.lacking?.length ? h("span", { class: "rw-quiet", text: ` — ${this.lacks(found.lacking)}` }) : null)];
    // What somebody cited and what lacks nothing is opened out; the rest says itself in a line.
    const cited = new Set((this.state.outcomes ?? []).flatMap((one) => one.clauses));
    for (const one of found.standings ?? []) parts.push(this.clauseStanding(one, cited.has(one.clause) || !one.lacking.length));
    for (const id of found.recorded ?? []) parts.push(h("p", { class: "rw-quiet", text: `${this.name(id)} — ${words.say("ui.only_recorded")}` }));
    return parts;
  }

  clauseStanding(one, open = true) {
    const { words } = this;
    const lacks = one.lacking.length ? h("div", { class: "rw-lacks", text: `${words.say("ui.lacking")} ${this.lacks(one.lacking)}` })
      : h("div", { class: "rw-full", text: words.say("ui.complete") });
    const penalty = one.penalty ? h("li", { class: "rw-quiet",
      text: `${words.say(`penalty.${one.penalty}`)}${one.penalty_lacking.length ? `: ${words.say("ui.lacking")} ${this.lacks(one.penalty_lacking)}` : ""}` }) : null;
    return h("details", { class: "rw-standing", "data-clause": one.clause, open },
      h("summary", {}, this.name(one.clause), lacks), penalty ? h("ul", {}, penalty) : null);
  }

  lacks(codes) {
    return codes.map((code) => this.words.say(`lack.${code}`)).join(this.words.language === "zh" ? "；" : "; ");
  }

  // --- choosing

  drawClauses() {
    const { words } = this;
    const wanted = this.search.value.trim().toLowerCase();
    const found = new Set((this.state.assessment?.standings ?? []).map((one) => one.clause));
    const rank = (one) => (this.chosen.has(one.id) ? 0 : found.has(one.id) ? 1 : 2);
    const shown = this.clauses.filter((one) => this.chosen.has(one.id) || `${one.number.en} ${one.number.zh} ${one.summary.en} ${one.summary.zh}`.toLowerCase().includes(wanted))
      .sort((a, b) => rank(a) - rank(b));
    this.list.replaceChildren(...shown.map((one) => {
      const box = h("input", { type: "checkbox", value: one.id, checked: this.chosen.has(one.id), on: { change: () => this.toggle(one.id, box.checked) } });
      return h("label", { class: found.has(one.id) ? "rw-clause rw-found" : "rw-clause" }, box,
        h("span", {}, h("b", { text: `${one.number[words.language]} ` }), one.summary[words.language],
          h("small", { text: ` · ${one.outcome === "note" ? words.say("ui.only_recorded") : words.say(`outcome.${one.outcome}`)}` })));
    }));
    // Upheld is what was concluded before, lifted is cleared: no clauses are chosen for either.
    const { appeal } = this.procedure;
    const given = appeal === "upheld" || appeal === "lifted";
    this.list.hidden = this.search.hidden = given;
    this.enterButton.hidden = !this.chosen.size && !given;
    this.clearButton.hidden = this.chosen.size > 0 || appeal !== null;
  }

  toggle(id, chosen) {
    if (chosen) this.chosen.add(id);
    else this.chosen.delete(id);
    this.changed();
    this.drawClauses();
    this.list.querySelector(`input[value="${CSS.escape(id)}"]`)?.focus();
  }

  // The gravest of the chosen clauses.
  get outcome() {
    const classes = this.clauses.filter((one) => this.chosen.has(one.id)).map((one) => Math.max(1, ORDER.indexOf(one.outcome)));
    return ORDER[Math.max(0, ...classes)];
  }

  get draft() { return { clauses: [...this.chosen], note: this.note.value }; }

  changed() {
    remember(this.store, this.draft);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.weigh(), WEIGH_MS);
  }

  // What would be lacking still if this were signed now.
  async weigh() {
    if (!this.chosen.size) return this.preview.replaceChildren();
    try {
      const { assessment } = await ask(this.model, { kind: "weigh", outcome: this.outcome, clauses: [...this.chosen], note: this.note.value.trim() });
      const mine = assessment.standings.filter((one) => this.chosen.has(one.clause));
      this.preview.replaceChildren(h("p", { class: "rw-quiet", text: this.words.say("ui.with_your_word") }), ...mine.map((one) => this.clauseStanding(one)));
    } catch (error) {
      this.preview.replaceChildren(h("p", { class: "rw-warn", text: error.message }));
    }
    return null;
  }

  enter(outcome = this.outcome) {
    const clauses = outcome === "cleared" ? [] : [...this.chosen];
    return this.send({ kind: "conclude", outcome, clauses, note: this.note.value.trim(), appeal: this.procedure.appeal });
  }

  send(message) { return this.delivery.send(message); }

  entered(request) {
    if (request.kind === "conclude") {
      this.chosen.clear();
      this.note.value = this.procedure.result.value = "";
      remember(this.store, null);
      this.preview.replaceChildren();
      this.drawClauses();
    } else if (request.kind === "warn") this.warnings.clear();
    else if (request.kind === "state") this.procedure.clear();
    else this.reason.value = "";
  }
}

export default showing(Conclusion);
