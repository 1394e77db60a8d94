// The sittings of a session by risk: where to begin, what is done, one notebook each.

class Worklist {
  constructor(model, el, signal) {
    this.model = model;
    this.bus = busOf(`worklist/${model.get("data").session_id}`);
    this.words = new Words(model.get("words"), model.get("language"));
    this.base = serverBase();
    this.search = "";
    this.build(el, signal);
    model.on("change:data", () => this.draw());
  }

  build(el, signal) {
    const { words } = this;
    this.summary = h("span", { class: "rw-quiet" });
    this.find = h("input", { type: "search", on: { input: () => { this.search = this.find.value.trim().toLowerCase(); this.draw(); } } });
    words.bind(this.find, "ui.find_candidate", "placeholder");
    words.bind(this.find, "ui.find_candidate", "aria-label");
    this.language = button(words, "ui.other_language", () => {
      this.bus.state.language = words.language === "en" ? "zh" : "en";
      this.bus.emit("language", this.bus.state.language);
    }, { class: "rw-small" });
    const heads = ["risk", "candidate", "subject", "flags", "progress_head", "unseen", "why", "open_head"];
    this.body = h("tbody");
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.root = h("section", { class: "rw rw-worklist" },
      h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.worklist"), this.summary,
        h("span", { class: "rw-space" }), this.find, this.language),
      h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((key) => words.bind(h("th", { scope: "col" }), `ui.${key}`)))), this.body),
      this.error);
    words.bind(this.root, "ui.worklist", "aria-label");
    this.root.setAttribute("data-lm-suppress-shortcuts", "true");
    followLanguage(this.model, this.bus, words, this.root, () => this.draw(), signal);
    el.append(this.root);
  }

  draw() {
    const { words } = this;
    const rows = this.model.get("data").rows;
    const shown = rows.filter((row) => `${row.candidate_id} ${row.name}`.toLowerCase().includes(this.search));
    const open = rows.filter((row) => row.decided < row.flags).length;
    this.summary.textContent = words.say("ui.worklist_summary", { all: rows.length, open });
    this.body.replaceChildren(...shown.map((row) => this.row(row)));
  }

  row(row) {
    const { words } = this;
    const risk = h("td", { class: "rw-risk" }, h("b", { text: row.risk === null ? "–" : row.risk.toFixed(0) }), h("span", { class: "rw-score", "aria-hidden": "true" }, h("i")));
    risk.querySelector("i").style.width = `${row.risk ?? 0}%`;
    const link = h("a", { href: this.address(row), target: "_blank", rel: "noopener",
      on: { click: (event) => this.open(event, row) } });
    link.append(h("span", { text: words.say("ui.open") }));
    link.setAttribute("aria-label", `${words.say("ui.open")} ${row.candidate_id} ${row.subject}`);
    const failed = row.state === "failed";
    return h("tr", { "data-candidate": row.candidate_id, "data-subject": row.subject_id, class: failed ? "rw-failed" : "" },
      risk,
      h("th", { scope: "row" }, h("span", { text: row.name, dir: "auto" }), h("small", { class: "rw-mono", text: row.candidate_id })),
      h("td", { text: row.subject }),
      h("td", { class: "rw-mono", text: failed ? "–" : row.flags }),
      h("td", { class: "rw-mono", text: failed ? "–" : `${row.decided}/${row.flags}` }),
      h("td", { class: "rw-mono", text: row.unseen === null ? "–" : `${Math.round(row.unseen * 100)} %` }),
      h("td", { class: "rw-why", text: row.why[words.language] }),
      h("td", {}, link));
  }

  address(row) {
    const parts = ["review", "open", this.model.get("data").session_id, row.candidate_id, row.subject_id];
    return new URL(parts.map(encodeURIComponent).join("/"), this.base).href;
  }

  // Within JupyterLab, beside the worklist; elsewhere the link opens a page of its own.
  async open(event, row) {
    const lab = globalThis.jupyterapp;
    if (!lab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    try {
      const answer = await fetch(`${this.address(row)}?as=json`, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      const { path } = await answer.json();
      await lab.commands.execute("docmanager:open", { path });
      this.error.hidden = true;
    } catch (error) {
      this.error.textContent = `${this.words.say("ui.cannot_open")} ${error.message}`;
      this.error.hidden = false;
    }
  }
}

export default {
  render({ model, el, signal }) {
    new Worklist(model, el, signal);
  },
};
