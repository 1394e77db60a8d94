import { busOf } from "./bus.js";
import { button, h } from "./elements.js";
import { ask } from "./kernel.js";
import { bulkPanel, qualityPanel } from "./supervisionpanels.js";
import { addressOf, openNotebook } from "./server.js";
import { followLanguage, Words } from "./words.js";

// A session's sittings: filters, assignment and sign-off over thousands of rows, of which only
// those in sight are drawn.

const ROW_PX = 46;
const BEYOND = 8;
const STATES = ["all", "mine", "undecided", "in_progress", "decided", "unassigned", "disputed", "failed"];

class Supervision {
  constructor(model, el, signal) {
    this.model = model;
    this.bus = busOf(`worklist/${model.get("data").session_id}`);
    this.words = new Words(model.get("words"), model.get("language"));
    this.filter = { search: "", state: "all", label: "", subject: "", incident: "", person: "", risk: 0, unseen: 0 };
    this.order = "risk";
    this.spoken = []; // what else has to be said again in the other language
    // By name, not by row: rows move when the data is read again.
    this.chosen = new Set();
    this.take();
    this.build(el, signal);
    model.on("change:data", () => { this.take(); this.choices(); this.apply(); if (this.supervises) this.told(); this.learnUnusual(); });
  }

  get supervises() { return this.data.me.role === "supervisor"; }

  take() {
    this.data = this.model.get("data");
    this.columns = this.data.columns;
    this.count = this.columns.candidate_id.length;
    this.columns.unusual ??= Array(this.count).fill(null);
    this.text = this.columns.candidate_id.map((id, n) => `${id} ${this.columns.name[n]}`.toLowerCase());
  }

  build(el, signal) {
    const { words } = this;
    this.summary = h("span", { class: "rw-quiet", role: "status" });
    this.language = button(words, "ui.other_language", () => {
      this.bus.state.language = words.language === "en" ? "zh" : "en";
      this.bus.emit("language", this.bus.state.language);
    }, { class: "rw-small" });
    this.again = button(words, "ui.refresh", () => this.act({ kind: "refresh" }), { class: "rw-small", "data-act": "refresh" });
    this.fields = this.controls();
    this.body = h("tbody");
    this.table = h("table", { "aria-rowcount": this.count });
    this.scroll = h("div", { class: "rw-sight", tabindex: 0, on: { scroll: () => this.soon() } }, this.table);
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.acts = this.supervises ? this.actions() : null;
    this.root = h("section", { class: "rw rw-worklist rw-super" },
      h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.worklist"), this.summary, h("span", { class: "rw-space" }), this.again, this.language),
      h("div", { class: "rw-filters" }, ...Object.values(this.fields)),
      this.acts, this.scroll, this.error,
      ...(this.supervises ? [bulkPanel(this), qualityPanel(this)] : []));
    words.bind(this.root, "ui.worklist", "aria-label");
    this.root.setAttribute("data-lm-suppress-shortcuts", "true");
    followLanguage(this.model, this.bus, words, this.root, () => { this.heads(); this.choices(); this.apply(); if (this.supervises) this.told(); this.spoken.forEach((say) => say()); }, signal);
    el.append(this.root);
    this.learnUnusual();
    new ResizeObserver(() => this.soon()).observe(this.scroll);
  }

  // What is unusual takes longer than all the rest: the list is there before it.
  async learnUnusual() {
    const { columns } = this;
    try {
      const { unusual } = await ask(this.model, { kind: "unusual" }, { patience_ms: 120000 });
      if (columns !== this.columns || unusual.length !== this.count) return;
      columns.unusual = unusual;
      if (this.order === "unusual") this.apply();
      else this.draw();
    } catch {
      // The column stays empty; whatever is wrong with the kernel, the next act says.
    }
  }

  // --- filters

  controls() {
    const field = (key, element) => {
      element.setAttribute("aria-label", this.words.say(`ui.filter_${key}`));
      const set = () => { this.filter[key] = element.type === "number" ? Number(element.value) || 0 : element.value.trim(); this.apply(); };
      element.addEventListener("input", set);
      element.dataset.filter = key;
      return element;
    };
    const number = (most) => h("input", { type: "number", min: 0, max: most, step: 1 });
    return {
      search: field("search", h("input", { type: "search" })),
      state: field("state", h("select")),
      label: field("label", h("select")),
      subject: field("subject", h("select")),
      person: field("person", h("select")),
      incident: field("incident", h("select")),
      risk: field("risk", number(100)),
      unseen: field("unseen", number(100)),
    };
  }

  choices() {
    const { words, data, fields, filter } = this;
    const fill = (select, options) => {
      const kept = select.value;
      const several = new Set([...select.selectedOptions].map((option) => option.value));
      select.replaceChildren(...options.map(([value, text]) => h("option", { value, text })));
      if (select.multiple) {
        // Nobody is chosen but by hand.
        for (const option of select.options) option.selected = several.has(option.value);
        return;
      }
      select.value = options.some(([value]) => value === kept) ? kept : options[0][0];
    };
    const bare = (person) => person.replace(/^\w+:/, "");
    fill(fields.state, STATES.map((name) => [name, words.say(`ui.only_${name}`)]));
    fill(fields.label, [["", words.say("ui.all_labels")], ...data.labels.map((label) => [label, words.say(`label.${label}`)])]);
    fill(fields.subject, [["", words.say("ui.all_subjects")], ...Object.entries(data.subjects)]);
    fill(fields.person, [["", words.say("ui.all_people")], ...data.readers.map((one) => [one, bare(one)])]);
    const incidents = [...new Set(this.columns.incidents.flat())].sort();
    fill(fields.incident, [["", words.say("ui.all_incidents")], ...incidents.map((one) => [one, one])]);
    for (const key of ["search", "risk", "unseen"]) fields[key].placeholder = words.say(`ui.filter_${key}`);
    for (const [key, element] of Object.entries(fields)) element.setAttribute("aria-label", words.say(`ui.filter_${key}`));
    for (const key of ["state", "label", "subject", "person", "incident"]) filter[key] = fields[key].value;
    if (this.who) fill(this.who, data.readers.map((one) => [one, bare(one)]).concat(data.readers.length ? [] : [["", "–"]]));
  }

  apply() {
    const { columns: c, filter: f } = this;
    const wanted = f.search.toLowerCase();
    const state = {
      all: () => true,
      mine: (n) => c.mine[n],
      unassigned: (n) => !c.assigned[n].length && c.state[n] !== "decided",
      disputed: (n) => c.disputed[n] > 0,
      failed: (n) => c.analysis[n] === "failed",
    }[f.state] ?? ((n) => c.state[n] === f.state);
    this.shown = [];
    for (let n = 0; n < this.count; n += 1)
      if (state(n) && (!wanted || this.text[n].includes(wanted))
        && (!f.label || c.labels[n].includes(f.label)) && (!f.subject || c.subject_id[n] === f.subject)
        && (!f.person || c.assigned[n].includes(f.person)) && (!f.incident || c.incidents[n].includes(f.incident))
        && (!f.risk || (c.risk[n] ?? -1) >= f.risk) && (!f.unseen || (c.unseen[n] ?? 1) * 100 >= f.unseen))
        this.shown.push(n);
    // The list comes in the order of work: by risk within what is not decided.
    if (this.order !== "risk") {
      const column = c[this.order];
      this.shown.sort((a, b) => (column[b] ?? -1) - (column[a] ?? -1) || a - b);
    }
    const open = c.state.reduce((sum, one) => sum + (one !== "decided"), 0);
    this.summary.textContent = this.words.say("ui.supervision_summary", { shown: this.shown.length, all: this.count, open });
    this.table.setAttribute("aria-rowcount", this.shown.length);
    this.scroll.scrollTop = Math.min(this.scroll.scrollTop, Math.max(0, this.shown.length * ROW_PX - this.scroll.clientHeight));
    this.draw();
  }

  // --- drawing

  heads() {
    const { words } = this;
    const names = ["risk", "candidate", "subject", "progress_head", "unseen", "unusual", "people_head", "why", "open_head"];
    const all = h("input", { type: "checkbox", "aria-label": words.say("ui.choose_all"), on: { change: () => this.chooseAll(all.checked) } });
    const sortable = new Set(["risk", "unseen", "unusual"]);
    const head = (name) => {
      if (!sortable.has(name)) return h("th", { scope: "col", text: words.say(`ui.${name}`) });
      const by = h("button", { type: "button", class: "rw-small", "aria-pressed": String(this.order === name), text: words.say(`ui.${name}`),
        on: { click: () => { this.order = name; this.scroll.scrollTop = 0; this.heads(); this.apply(); } } });
      return h("th", { scope: "col" }, by);
    };
    this.table.replaceChildren(
      h("thead", {}, h("tr", {}, ...(this.supervises ? [h("th", { scope: "col" }, all)] : []), ...names.map(head))), this.body);
  }

  soon() {
    this.due ??= requestAnimationFrame(() => { this.due = null; this.draw(); });
  }

  draw() {
    if (!this.shown) return;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / ROW_PX) - BEYOND);
    const last = Math.min(this.shown.length, Math.ceil((this.scroll.scrollTop + (this.scroll.clientHeight || 600)) / ROW_PX) + BEYOND);
    const gap = (rows) => h("tr", { class: "rw-gap", "aria-hidden": "true" }, h("td", { colspan: 10, style: `height:${rows * ROW_PX}px` }));
    const rows = this.shown.slice(first, last).map((n) => this.row(n));
    this.body.replaceChildren(gap(first), ...rows, gap(this.shown.length - last));
    if (!this.shown.length) this.body.append(h("tr", {}, h("td", { colspan: 10, class: "rw-quiet", text: this.words.say("ui.nothing_here") })));
  }

  row(n) {
    const { words, columns: c } = this;
    const failed = c.analysis[n] === "failed";
    const [candidate, subject] = [c.candidate_id[n], c.subject_id[n]];
    const risk = h("td", { class: "rw-risk" }, h("b", { text: c.risk[n] === null ? "–" : c.risk[n].toFixed(0) }), h("span", { class: "rw-score", "aria-hidden": "true" }, h("i")));
    risk.querySelector("i").style.width = `${c.risk[n] ?? 0}%`;
    const share = (value) => h("td", { class: "rw-mono", text: value === null ? "–" : `${Math.round(value * 100)} %` });
    const box = h("input", { type: "checkbox", "aria-label": words.say("ui.choose_one", { candidate }), on: { change: () => this.choose(n, box.checked) } });
    box.checked = this.chosen.has(this.key(n));
    const why = failed ? c.reason[n] : c.reasons[n].map((text) => this.reason(text)).join(words.language === "zh" ? "、" : ", ");
    const chips = c.incidents[n].map((one) => h("span", { class: "rw-chip rw-incident", text: words.say("ui.incident_chip", { id: one }) }));
    return h("tr", { "data-candidate": candidate, "data-subject": subject, class: failed ? "rw-failed" : "" },
      this.supervises ? h("td", {}, box) : null, risk,
      h("th", { scope: "row" }, h("span", { text: c.name[n], dir: "auto" }), h("small", { class: "rw-mono", text: candidate })),
      h("td", { text: this.data.subjects[subject] ?? subject, dir: "auto" }),
      h("td", {}, this.progress(n, failed)), share(c.unseen[n]), share(c.unusual[n]),
      h("td", { class: "rw-quiet", dir: "auto", text: c.assigned[n].map((one) => one.replace(/^\w+:/, "")).join(", ") }),
      h("td", { class: "rw-why", title: why }, h("span", { text: why }), ...chips),
      h("td", {}, this.link(candidate, subject)));
  }

  // A reason comes as "<label> <points>".
  reason(text) {
    const [label, points] = text.split(" ");
    return `${this.words.say(`label.${label}`)} ${Math.round(Number(points))}`;
  }

  progress(n, failed) {
    const { words, columns: c } = this;
    const count = h("span", { class: "rw-mono", text: failed ? "–" : `${c.flags[n] - c.open[n]}/${c.flags[n]}` });
    const state = c.closed[n] ? "ui.state_closed" : c.blind[n] ? "ui.blind" : c.state[n] === "decided" ? "ui.state_decided" : null;
    return h("span", { class: "rw-progress" }, count,
      state ? h("span", { class: "rw-chip", text: words.say(state) }) : null,
      c.disputed[n] ? h("span", { class: "rw-chip rw-need", text: words.say("ui.need_disputed", { n: c.disputed[n] }) }) : null,
      c.outcome[n] ? h("span", { class: "rw-chip", text: words.say(`outcome.${c.outcome[n]}`) }) : null);
  }

  link(candidate, subject) {
    const { words } = this;
    const address = addressOf("review", "open", this.data.session_id, candidate, subject);
    const link = h("a", { href: address, target: "_blank", rel: "noopener", text: words.say("ui.open") });
    link.setAttribute("aria-label", `${words.say("ui.open")} ${candidate} ${subject}`);
    link.addEventListener("click", async (event) => {
      if (!globalThis.jupyterapp || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      try {
        await openNotebook(address, words);
        this.fail("");
      } catch (error) {
        this.fail(`${words.say("ui.cannot_open")} ${error.message}`);
      }
    });
    return link;
  }

  // --- choosing and acting

  key(n) {
    return `${this.columns.candidate_id[n]}/${this.columns.subject_id[n]}`;
  }

  choose(n, on) {
    if (on) this.chosen.add(this.key(n));
    else this.chosen.delete(this.key(n));
    this.told();
  }

  chooseAll(on) {
    this.chosen = new Set(on ? this.shown.map((n) => this.key(n)) : []);
    this.told();
    this.draw();
  }

  told() {
    this.chosenText.textContent = this.words.say("ui.chosen", { n: this.chosen.size });
    if (this.last) this.done.textContent = this.words.say(...this.last);
  }

  actions() {
    const { words } = this;
    this.who = h("select", { multiple: true, size: 3, class: "rw-who-many" });
    words.bind(this.who, "ui.assign_to", "aria-label");
    const blind = h("input", { type: "checkbox" });
    this.chosenText = h("span", { class: "rw-quiet" });
    this.done = h("span", { class: "rw-quiet", role: "status" });
    // In the order of work, whatever the order in which they were chosen.
    const sittings = () => this.columns.candidate_id.flatMap((id, n) => (this.chosen.has(this.key(n)) ? [[id, this.columns.subject_id[n]]] : []));
    const assign = button(words, "ui.assign", () => this.act({ kind: "assign", sittings: sittings(), people: this.people(), blind: blind.checked, purpose: blind.checked ? "second" : "risk" }, "ui.assigned_n"), { "data-act": "assign" });
    const close = button(words, "ui.sign_off_chosen", () => this.act({ kind: "sign_off", sittings: sittings() }, "ui.signed_off_n"), { "data-act": "sign_off" });
    return h("div", { class: "rw-acts" }, this.chosenText, this.who, h("label", {}, blind, words.bind(h("span"), "ui.blindly")), assign, close, this.done);
  }

  people() {
    return [...this.who.selectedOptions].map((option) => option.value).filter(Boolean);
  }

  async act(message, key) {
    try {
      const answer = await ask(this.model, message, { patience_ms: 120000 });
      if (key) {
        this.chosen.clear();
        this.last = [key, { n: answer.count }];
        this.told();
      }
      this.fail((answer.refused ?? []).join(" "));
      this.apply();
      return answer;
    } catch (error) {
      this.fail(error.message);
      return null;
    }
  }

  fail(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
  }
}

export default {
  render({ model, el, signal }) {
    new Supervision(model, el, signal);
  },
};
