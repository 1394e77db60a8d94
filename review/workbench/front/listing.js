import { busOf } from "./bus.js";
import { button, h } from "./elements.js";
import { ask } from "./kernel.js";
import { addressOf, openNotebook, placed } from "./server.js";
import { followLanguage, Words } from "./words.js";

// The sittings of a session by risk: where to begin, who is on what, what is done; for supervisors
// also what waits for them.

const EVERY_MS = 20000;

class Worklist {
  constructor(model, el, signal) {
    this.model = model;
    this.bus = busOf(`worklist/${model.get("data").session_id}`);
    this.words = new Words(model.get("words"), model.get("language"));
    this.search = "";
    this.only = "all";
    this.build(el, signal);
    model.on("change:data", () => this.draw());
    const refresh = () => document.visibilityState === "visible" && model.send({ id: "refresh", kind: "refresh" });
    const timer = setInterval(refresh, EVERY_MS);
    document.addEventListener("visibilitychange", refresh, { signal });
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  get data() { return this.model.get("data"); }
  get supervises() { return this.data.me.role === "supervisor"; }

  build(el, signal) {
    const { words } = this;
    this.summary = h("span", { class: "rw-quiet", role: "status" });
    this.find = h("input", { type: "search", on: { input: () => { this.search = this.find.value.trim().toLowerCase(); this.draw(); } } });
    words.bind(this.find, "ui.find_candidate", "placeholder");
    words.bind(this.find, "ui.find_candidate", "aria-label");
    this.language = button(words, "ui.other_language", () => {
      this.bus.state.language = words.language === "en" ? "zh" : "en";
      this.bus.emit("language", this.bus.state.language);
    }, { class: "rw-small" });
    const choices = ["all", "mine", ...(this.supervises ? ["queue"] : [])];
    this.choices = choices.map((name) => button(words, `ui.only_${name}`, () => { this.only = name; this.draw(); }, { class: "rw-small", "data-only": name }));
    const heads = ["risk", "candidate", "subject", "flags", "progress_head", "unseen", "people_head", "why", "open_head"];
    this.body = h("tbody");
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.root = h("section", { class: "rw rw-worklist rw-sittings" },
      h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.worklist"), this.summary,
        h("span", { class: "rw-space" }), ...this.choices, this.find, this.language),
      h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((key) => words.bind(h("th", { scope: "col" }), `ui.${key}`)))), this.body),
      this.error);
    words.bind(this.root, "ui.worklist", "aria-label");
    this.root.setAttribute("data-lm-suppress-shortcuts", "true");
    followLanguage(this.model, this.bus, words, this.root, () => this.draw(), signal);
    el.append(this.root);
  }

  // `anew`: what was being filled in has been sent.
  draw(anew = false) {
    const { words, data } = this;
    const wanted = { all: () => true, mine: (row) => row.mine, queue: (row) => row.needs.length > 0 }[this.only];
    const shown = data.rows.filter((row) => wanted(row) && `${row.candidate_id} ${row.name}`.toLowerCase().includes(this.search));
    const open = data.rows.filter((row) => row.work !== "decided").length;
    this.summary.textContent = words.say("ui.worklist_summary", { all: data.rows.length, open });
    for (const one of this.choices) one.setAttribute("aria-pressed", String(one.dataset.only === this.only));
    // A form that is being filled in stays.
    if (!anew && this.body.contains(document.activeElement) && document.activeElement.matches("select, input")) return;
    this.body.replaceChildren(...shown.map((row) => this.row(row)));
    if (!shown.length) this.body.append(h("tr", {}, h("td", { colspan: 9, class: "rw-quiet", text: words.say("ui.nothing_here") })));
  }

  row(row) {
    const { words } = this;
    const risk = h("td", { class: "rw-risk" }, h("b", { text: row.risk === null ? "–" : row.risk.toFixed(0) }), h("span", { class: "rw-score", "aria-hidden": "true" }, h("i")));
    risk.querySelector("i").style.width = `${row.risk ?? 0}%`;
    const link = h("a", { href: this.address(row) + placed(), target: "_blank", rel: "noopener",
      on: { click: (event) => this.open(event, row) } });
    link.append(h("span", { text: words.say("ui.open") }));
    link.setAttribute("aria-label", `${words.say("ui.open")} ${row.candidate_id} ${row.subject}`);
    const failed = row.state === "failed";
    return h("tr", { "data-candidate": row.candidate_id, "data-subject": row.subject_id, class: failed ? "rw-failed" : "" },
      risk,
      h("th", { scope: "row" }, h("span", { text: row.name, dir: "auto" }), h("small", { class: "rw-mono", text: row.candidate_id })),
      h("td", { text: row.subject, dir: "auto" }),
      h("td", { class: "rw-mono", text: failed ? "–" : row.flags }),
      h("td", {}, this.progress(row, failed)),
      h("td", { class: "rw-mono", text: row.unseen === null ? "–" : `${Math.round(row.unseen * 100)} %` }),
      h("td", {}, this.people(row)),
      h("td", { class: "rw-why", text: row.why[words.language] }, ...row.needs.map((need) =>
        h("span", { class: "rw-chip rw-need", "data-need": need, text: words.say(`ui.need_${need}`, { n: row.disputed }) }))),
      h("td", {}, link));
  }

  progress(row, failed) {
    const { words } = this;
    const count = h("span", { class: "rw-mono", text: failed ? "–" : `${row.decided}/${row.flags}` });
    const state = row.closed ? "ui.state_closed" : row.blind ? "ui.blind" : row.work === "decided" ? "ui.state_decided" : null;
    const outcome = row.outcome ? h("span", { class: "rw-chip", text: words.say(`outcome.${row.outcome}`) }) : null;
    return h("span", { class: "rw-progress" }, count, state ? h("span", { class: `rw-chip rw-work-${row.work}`, text: words.say(state) }) : null, outcome);
  }

  people(row) {
    const { words } = this;
    const name = (person) => person.replace(/^\w+:/, "");
    const here = row.present.map((person) => h("span", { class: "rw-chip rw-here", dir: "auto", text: words.say("ui.is_here", { who: name(person) }) }));
    const assigned = row.assigned.map((person) => h("span", { class: "rw-quiet", dir: "auto", text: ` ${name(person)}` }));
    return h("div", { class: "rw-people" }, ...here, ...assigned, this.supervises ? this.assignment(row) : null);
  }

  assignment(row) {
    const { words, data } = this;
    const person = h("select", { "aria-label": `${words.say("ui.assign")} ${row.candidate_id}` },
      h("option", { value: "", text: words.say("ui.assign") }), ...data.readers.map((one) => h("option", { value: one, text: one.replace(/^\w+:/, "") })));
    const blind = h("input", { type: "checkbox" });
    const send = async () => {
      if (!person.value) return;
      person.blur();
      try {
        await ask(this.model, { kind: "assign", candidate_id: row.candidate_id, subject_id: row.subject_id, person: person.value, blind: blind.checked });
        this.draw(true);
        this.fail("");
      } catch (error) {
        this.fail(error.message);
      }
    };
    person.addEventListener("change", send);
    return h("span", { class: "rw-assign" }, person, h("label", {}, blind, h("span", { text: words.say("ui.blindly") })));
  }

  address(row) {
    return addressOf("review", "open", this.data.session_id, row.candidate_id, row.subject_id);
  }

  // Within JupyterLab, beside the worklist; elsewhere the link opens a page of its own.
  async open(event, row) {
    if (!globalThis.jupyterapp || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      await openNotebook(this.address(row), this.words);
      this.fail("");
    } catch (error) {
      this.fail(`${this.words.say("ui.cannot_open")} ${error.message}`);
    }
  }

  fail(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
  }
}

export default {
  render({ model, el, signal }) {
    new Worklist(model, el, signal);
  },
};
