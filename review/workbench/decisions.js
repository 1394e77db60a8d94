// The flags of a sitting and what a person says of each. A decision is sent at once and shown as
// saved only when the ledger has it; until then it stands in the page's own storage and is sent
// again, with the same number, so that it is never entered twice.

const VERDICTS = [["confirmed", "confirm", "Y"], ["dismissed", "dismiss", "X"], ["unsure", "unsure", "U"]];

class Decisions {
  constructor(model, el, signal) {
    this.model = model;
    this.data = model.get("data");
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.signal = signal;
    this.filter = { label: "", undecided: false };
    this.store = `review.unsaved/${this.data.key}`;
    this.build(el);
    this.listenTo();
    this.sendAgain();
  }

  build(el) {
    const { words } = this;
    this.progress = h("span", { class: "rw-quiet", "aria-live": "polite" });
    this.label = h("select", { on: { change: () => { this.filter.label = this.label.value; this.draw(); } } });
    words.bind(this.label, "ui.filter_label", "aria-label");
    this.undecided = h("input", { type: "checkbox", on: { change: () => { this.filter.undecided = this.undecided.checked; this.draw(); } } });
    this.list = h("ul", { class: "rw-flags", role: "listbox", tabindex: 0 });
    words.bind(this.list, "ui.flags", "aria-label");
    this.detail = h("div", { class: "rw-detail" });
    this.note = h("textarea", { class: "rw-note", rows: 2, maxlength: 2000 });
    words.bind(this.note, "ui.note", "placeholder");
    words.bind(this.note, "ui.note", "aria-label");
    this.buttons = VERDICTS.map(([verdict, word, key]) =>
      button(words, `ui.${word}`, () => this.decide(verdict), { class: `rw-verdict rw-${verdict}`, hint: key, "data-verdict": verdict }));
    this.undoButton = button(words, "ui.undo", () => this.undo(), { class: "rw-small", hint: "Z" });
    this.status = h("div", { class: "rw-status", role: "status" });
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.root = h("section", { class: "rw rw-decisions" },
      h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.flags"), this.progress,
        h("span", { class: "rw-space" })),
      h("div", { class: "rw-filter" }, this.label,
        h("label", {}, this.undecided, words.bind(h("span"), "ui.undecided_only"))),
      this.list, this.detail, this.note,
      h("div", { class: "rw-verdicts", role: "group" }, ...this.buttons),
      h("div", { class: "rw-foot" }, this.status, h("span", { class: "rw-space" }), this.undoButton),
      this.error);
    words.bind(this.root, "ui.decide", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => { this.fillLabels(); this.draw(); }, this.signal);
    el.append(this.root);
  }

  listenTo() {
    const on = (name, act) => this.bus.on(name, act, this.signal);
    on("select", (id) => this.choose(id));
    on("highlight", (id) => this.choose(id));
    on("decide", (verdict) => this.decide(verdict));
    on("undo", () => this.undo());
    on("note", () => this.note.focus());
    this.model.on("change:decisions", () => this.draw());
    this.model.on("change:data", () => { this.data = this.model.get("data"); this.fillLabels(); this.draw(); });
    this.list.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.code];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(by);
    });
  }

  // --- the list

  fillLabels() {
    const labels = [...new Set(this.data.flags.map((flag) => flag.label))];
    const chosen = this.filter.label;
    this.label.replaceChildren(
      h("option", { value: "", text: this.words.say("ui.all_labels") }),
      ...labels.map((label) => h("option", { value: label, text: this.words.say(`label.${label}`) })));
    this.label.value = chosen;
  }

  get decisions() { return this.model.get("decisions"); }

  shown() {
    const { label, undecided } = this.filter;
    return this.data.flags.filter((flag) => (!label || flag.label === label)
      && (!undecided || !this.decisions[flag.id] || flag.id === this.bus.state.selected));
  }

  draw() {
    const { words, data, bus } = this;
    const decisions = this.decisions;
    bus.state.verdicts = Object.fromEntries(Object.entries(decisions).map(([id, one]) => [id, one.verdict]));
    bus.emit("decided");
    const count = data.flags.filter((flag) => decisions[flag.id]).length;
    this.progress.textContent = words.say("ui.progress", { done: count, all: data.flags.length });
    const shown = this.shown();
    this.list.replaceChildren(...shown.map((flag) => this.row(flag, decisions[flag.id])));
    if (!shown.length) this.list.append(h("li", { class: "rw-empty", text: words.say("ui.no_flags"), role: "presentation" }));
    this.drawDetail();
  }

  row(flag, decision) {
    const { words } = this;
    const selected = flag.id === this.bus.state.selected;
    const bar = h("span", { class: "rw-score", "aria-hidden": "true" }, h("i"));
    bar.firstChild.style.width = `${Math.round(flag.score * 100)}%`;
    const dot = h("span", { class: "rw-dot", "aria-hidden": "true" });
    dot.style.background = bar.firstChild.style.background = colourOf(this.data, flag.label);
    const verdict = decision ? words.say(`verdict.${decision.verdict}`) : "";
    return h("li", { role: "option", id: `rw-${flag.id}`, "aria-selected": String(selected), "data-flag": flag.id,
      class: "rw-flag", on: { click: () => this.bus.emit("select", flag.id) } },
    dot, h("span", { class: "rw-flag-time", text: stamp(flag.start_s, 0) }),
    h("span", { class: "rw-flag-name", text: words.say(`label.${flag.label}`) }), bar,
    h("span", { class: `rw-chip rw-${decision?.verdict ?? "open"}`, text: verdict || "–" }));
  }

  drawDetail() {
    const { words } = this;
    const flag = this.selected();
    const decision = flag && this.decisions[flag.id];
    for (const one of this.buttons) {
      one.disabled = !flag;
      one.setAttribute("aria-pressed", String(decision?.mine === one.dataset.verdict));
    }
    this.note.disabled = !flag;
    this.undoButton.disabled = !decision?.mine;
    if (!flag) {
      this.detail.replaceChildren(h("p", { class: "rw-quiet", text: words.say("ui.choose_flag") }));
      return;
    }
    const names = (streams) => streams.map((stream) => words.say(`stream.${stream}`)).join(words.language === "zh" ? "、" : ", ");
    const fact = (key, streams) => (streams.length ? h("div", {}, h("span", { class: "rw-quiet", text: `${words.say(key)} ` }), names(streams)) : null);
    const length = (flag.end_s - flag.start_s).toFixed(1);
    const parts = [
      h("h3", { text: words.say(`label.${flag.label}`) }),
      h("div", { class: "rw-mono", text: `${stamp(flag.start_s)} – ${stamp(flag.end_s)}  (${length} s)` }),
      h("p", { text: flag.reason[words.language] }),
      fact("ui.seen_in", flag.streams), fact("ui.supported_by", flag.supports), fact("ui.contradicted_by", flag.contradicts),
    ];
    this.detail.replaceChildren(...parts.filter(Boolean));
    if (decision)
      this.detail.append(h("p", { class: "rw-quiet", text: words.say("ui.decided_by", { who: decision.author, when: decision.at }) }));
    this.list.setAttribute("aria-activedescendant", `rw-${flag.id}`);
  }

  selected() { return this.data.flags.find((flag) => flag.id === this.bus.state.selected); }

  choose(id) {
    if (id !== this.chosen) {
      this.bus.state.selected = this.chosen = id;
      this.note.value = this.decisions[id]?.note ?? "";
      this.say("");
    }
    this.draw();
    const item = this.list.querySelector('[aria-selected="true"]');
    if (item) {
      // Scrolled within the list alone: the page stays where the player is.
      const top = item.offsetTop - this.list.offsetTop;
      if (top < this.list.scrollTop) this.list.scrollTop = top;
      const over = top + item.offsetHeight - this.list.clientHeight;
      if (over > this.list.scrollTop) this.list.scrollTop = over;
    }
  }

  move(by) {
    const shown = this.shown();
    const at = shown.findIndex((flag) => flag.id === this.bus.state.selected);
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    if (next) this.bus.emit("select", next.id);
  }

  // --- deciding

  decide(verdict) {
    const flag = this.selected();
    if (!flag) return this.say("ui.choose_flag");
    this.send({ kind: "decide", flag_id: flag.id, verdict, note: this.note.value.trim() });
  }

  undo() {
    const flag = this.selected();
    if (flag && this.decisions[flag.id]?.mine) this.send({ kind: "undo", flag_id: flag.id });
  }

  async send(message) {
    const request = { request_id: `${Date.now()}-${Math.random().toString(36).slice(2)}`, ...message };
    this.keep([...this.kept(), request]);
    this.say("ui.saving");
    await this.deliver(request);
  }

  async deliver(request) {
    try {
      await ask(this.model, request);
      this.keep(this.kept().filter((one) => one.request_id !== request.request_id));
      this.say(this.kept().length ? "ui.unsaved" : "ui.saved");
      this.fail("");
    } catch (error) {
      if (error.message === "no answer") {
        this.say("ui.unsaved");
        this.fail(this.words.say("ui.no_kernel"), true);
        return;
      }
      // Refused: it will be refused again, so it is not kept.
      this.keep(this.kept().filter((one) => one.request_id !== request.request_id));
      this.say("");
      this.fail(error.message);
    }
  }

  async sendAgain() {
    for (const request of this.kept()) await this.deliver(request);
  }

  kept() {
    try {
      return JSON.parse(localStorage.getItem(this.store) ?? "[]");
    } catch {
      return [];
    }
  }

  keep(requests) {
    if (requests.length) localStorage.setItem(this.store, JSON.stringify(requests));
    else localStorage.removeItem(this.store);
  }

  say(key) { this.status.textContent = key ? this.words.say(key) : ""; }

  fail(message, again = false) {
    this.error.hidden = !message;
    this.error.replaceChildren(h("span", { text: message }));
    if (again) this.error.append(button(this.words, "ui.try_again", () => this.sendAgain(), { class: "rw-small" }));
  }
}

export default {
  render({ model, el, signal }) {
    new Decisions(model, el, signal);
  },
};
