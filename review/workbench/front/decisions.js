import { busOf } from "./bus.js";
import { button, h } from "./elements.js";
import { allFlags } from "./flags.js";
import { NoAnswer, Outbox, remember, remembered } from "./kernel.js";
import { bindKeys } from "./keys.js";
import { OwnMark } from "./mark.js";
import { colourOf, stamp } from "./times.js";
import { followLanguage, Words } from "./words.js";

// The flags of a sitting and what a person says of each. A decision is sent at once and shown as
// saved only when the ledger has it; until then the page keeps it (kernel.js).

const VERDICTS = [["confirmed", "confirm", "Y"], ["dismissed", "dismiss", "X"], ["unsure", "unsure", "U"]];

class Decisions {
  constructor(model, el, signal) {
    this.model = model;
    this.data = model.get("data");
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.signal = signal;
    this.filter = { label: "", stream: "", score: 0, undecided: false };
    this.outbox = new Outbox(this.data.key, model, (...told) => this.told(...told));
    this.bus.state.outbox = this.outbox;
    this.mark = new OwnMark(this.data, this.bus, this.words, signal, (flag) => this.send({ kind: "own_flag", ...flag }));
    this.build(el);
    this.listenTo();
    this.outbox.deliver();
  }

  build(el) {
    const { words } = this;
    const choice = (name, key) => {
      const made = h("select", { on: { change: () => { this.filter[name] = name === "score" ? Number(made.value) : made.value; this.draw(); } } });
      return words.bind(made, key, "aria-label");
    };
    this.progress = h("span", { class: "rw-quiet", "aria-live": "polite" });
    this.label = choice("label", "ui.filter_label");
    this.stream = choice("stream", "ui.filter_view");
    this.score = choice("score", "ui.filter_score");
    this.score.hidden = this.data.blind;
    this.undecided = h("input", { type: "checkbox", on: { change: () => { this.filter.undecided = this.undecided.checked; this.draw(); } } });
    this.list = h("ul", { class: "rw-flags", role: "listbox", tabindex: 0 });
    words.bind(this.list, "ui.flags", "aria-label");
    this.detail = h("div", { class: "rw-detail", tabindex: 0, role: "region" });
    words.bind(this.detail, "ui.flag_detail", "aria-label");
    this.note = h("textarea", { class: "rw-note", rows: 2, maxlength: 2000, dir: "auto",
      on: { input: () => this.bus.state.selected && remember(this.draft(this.bus.state.selected), this.note.value) } });
    words.bind(this.note, "ui.note", "placeholder");
    words.bind(this.note, "ui.note", "aria-label");
    this.buttons = VERDICTS.map(([verdict, word, key]) =>
      button(words, `ui.${word}`, () => this.decide(verdict), { class: `rw-verdict rw-${verdict}`, hint: key, "data-verdict": verdict }));
    this.undoButton = button(words, "ui.undo", () => this.undo(), { class: "rw-small", hint: "Z" });
    this.keepButton = button(words, "ui.preserve", () => this.preserve(), { class: "rw-small" });
    this.status = h("div", { class: "rw-status", role: "status" });
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.notice = h("div", { class: "rw-notice", role: "status", hidden: true });
    this.root = h("section", { class: "rw rw-decisions" },
      h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.flags"), this.progress,
        h("span", { class: "rw-space" }),
        h("label", { class: "rw-check" }, this.undecided, words.bind(h("span"), "ui.undecided_only"))),
      h("div", { class: "rw-filter" }, this.label, this.stream, this.score),
      this.notice, this.list, this.detail, this.note, this.mark.element,
      h("div", { class: "rw-verdicts", role: "group" }, ...this.buttons),
      h("div", { class: "rw-foot" }, this.status, h("span", { class: "rw-space" }), this.keepButton, this.undoButton),
      this.error);
    words.bind(this.root, "ui.decide", "aria-label");
    words.bind(this.root.querySelector(".rw-verdicts"), "ui.decide", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => { this.fillFilters(); this.mark.draw(); this.draw(); }, this.signal);
    el.append(this.root);
  }

  listenTo() {
    const on = (name, act) => this.bus.on(name, act, this.signal);
    on("select", (id) => this.choose(id));
    on("highlight", (id) => this.choose(id));
    on("decide", (verdict) => this.decide(verdict));
    on("undo", () => this.undo());
    on("note", () => { this.bus.emit("panel", "flags!"); this.note.focus(); });
    on("head", (head) => head > (this.state.head ?? 0) && this.model.send({ id: "refresh", kind: "refresh" }));
    this.model.on("change:state", () => this.draw());
    this.model.on("change:data", () => { this.data = this.model.get("data"); this.fillFilters(); this.draw(); });
    this.list.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.code];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(by);
    });
  }

  // --- the list

  get state() { return this.model.get("state"); }
  get decisions() { return this.state.decisions ?? {}; }
  get flags() { return allFlags(this.data, this.bus); }

  fillFilters() {
    const { words, filter } = this;
    const fill = (select, name, all, options) => {
      select.replaceChildren(h("option", { value: name === "score" ? 0 : "", text: words.say(all) }),
        ...options.map(([value, text]) => h("option", { value, text })));
      select.value = String(filter[name]);
    };
    const labels = [...new Set(this.flags.map((flag) => flag.label))];
    fill(this.label, "label", "ui.all_labels", labels.map((label) => [label, words.say(`label.${label}`)]));
    const streams = [...new Set(this.flags.flatMap((flag) => flag.streams))];
    fill(this.stream, "stream", "ui.all_views", streams.map((stream) => [stream, words.say(`stream.${stream}`)]));
    fill(this.score, "score", "ui.any_score", [0.5, 0.7, 0.9].map((score) => [score, `≥ ${score}`]));
  }

  shown() {
    const { label, stream, score, undecided } = this.filter;
    return this.flags.filter((flag) => (!label || flag.label === label)
      && (!stream || flag.streams.includes(stream)) && (!score || flag.score === null || flag.score >= score)
      && (!undecided || !this.decisions[flag.id] || flag.id === this.bus.state.selected));
  }

  draw() {
    const { words, bus, state } = this;
    const { decisions } = this;
    bus.state.own = state.own ?? [];
    bus.state.verdicts = Object.fromEntries(Object.entries(decisions).map(([id, one]) => [id, one.verdict]));
    bus.emit("decided");
    const machine = this.data.flags;
    const count = machine.filter((flag) => decisions[flag.id]).length;
    this.progress.textContent = words.say("ui.progress", { done: count, all: machine.length });
    const shown = this.shown();
    this.list.replaceChildren(...shown.map((flag) => this.row(flag, decisions[flag.id])));
    if (!shown.length) this.list.append(h("li", { class: "rw-empty", text: words.say("ui.no_flags"), role: "presentation" }));
    const stopped = state.recused ? "ui.you_recused" : state.closed ? "ui.is_closed" : null;
    this.notice.hidden = !stopped;
    this.notice.textContent = stopped ? words.say(stopped, { who: state.closed?.author, when: state.closed?.at }) : "";
    this.drawDetail();
  }

  row(flag, decision) {
    const { words } = this;
    const selected = flag.id === this.bus.state.selected;
    const colour = colourOf(this.data, flag.label);
    const bar = h("span", { class: "rw-score", "aria-hidden": "true" }, h("i"));
    bar.firstChild.style.width = `${Math.round((flag.score ?? 0) * 100)}%`;
    const dot = h("span", { class: flag.human ? "rw-dot rw-human" : "rw-dot", "aria-hidden": "true" });
    dot.style.setProperty("--dot", colour);
    bar.firstChild.style.background = colour;
    const name = words.say(`label.${flag.label}`);
    const verdict = decision ? words.say(decision.disputed ? "ui.disputed" : `verdict.${decision.verdict}`) : "";
    const score = flag.score === null ? "" : `, ${words.say("ui.score")} ${Math.round(flag.score * 100)} %`;
    const said = `${stamp(flag.start_s, 0)} ${name}${score}${flag.human ? `, ${words.say("ui.marked_by", { who: flag.human })}` : ""}, ${verdict || words.say("ui.undecided")}`;
    return h("li", { role: "option", id: `rw-${flag.id}`, "aria-selected": String(selected), "data-flag": flag.id,
      "aria-label": said, class: "rw-flag", on: { click: () => this.bus.emit("select", flag.id) } },
    dot, h("span", { class: "rw-flag-time", text: stamp(flag.start_s, 0) }),
    h("span", { class: "rw-flag-name", text: name }),
    flag.score === null ? h("span", { class: "rw-quiet rw-by", text: flag.human ?? "", dir: "auto" }) : bar,
    h("span", { class: `rw-chip rw-${decision?.verdict ?? "open"}`, text: verdict || "–" }));
  }

  drawDetail() {
    const { words, state } = this;
    const flag = this.selected();
    const decision = flag && this.decisions[flag.id];
    const stopped = Boolean(state.recused || state.closed);
    for (const one of this.buttons) {
      one.disabled = !flag || stopped;
      one.setAttribute("aria-pressed", String(decision?.mine === one.dataset.verdict));
    }
    this.note.disabled = !flag || stopped;
    this.undoButton.disabled = stopped || !state.acts?.length;
    this.keepButton.disabled = !flag || stopped || (state.evidence ?? []).includes(flag?.id);
    if (!flag) {
      this.detail.replaceChildren(h("p", { class: "rw-quiet", text: words.say("ui.choose_flag") }));
      return;
    }
    this.detail.replaceChildren(...this.facts(flag, decision).filter(Boolean));
    this.list.setAttribute("aria-activedescendant", `rw-${flag.id}`);
  }

  facts(flag, decision) {
    const { words, state } = this;
    const names = (streams) => streams.map((stream) => words.say(`stream.${stream}`)).join(words.language === "zh" ? "、" : ", ");
    const fact = (key, streams) => (streams.length ? h("div", {}, h("span", { class: "rw-quiet", text: `${words.say(key)} ` }), names(streams)) : null);
    const length = (flag.end_s - flag.start_s).toFixed(1);
    const score = flag.score === null ? "" : ` · ${words.say("ui.score")} ${Math.round(flag.score * 100)} %`;
    const quiet = (text) => h("p", { class: "rw-quiet", text, dir: "auto" });
    return [
      h("h3", { text: words.say(`label.${flag.label}`) }),
      h("div", { class: "rw-mono", text: `${stamp(flag.start_s)} – ${stamp(flag.end_s)}  (${length} s)${score}` }),
      flag.human ? quiet(words.say("ui.marked_by", { who: flag.human })) : null,
      flag.reason[words.language] ? h("p", { text: flag.reason[words.language], dir: "auto" }) : null,
      fact("ui.seen_in", flag.streams), fact("ui.supported_by", flag.supports), fact("ui.contradicted_by", flag.contradicts),
      (state.evidence ?? []).includes(flag.id) ? quiet(words.say("ui.is_preserved")) : null,
      decision ? quiet(words.say("ui.decided_by", { who: decision.author, when: decision.at })) : null,
      decision?.note && decision.mine === null ? quiet(decision.note) : null,
      decision?.disputed ? h("p", { class: "rw-warn", text: words.say("ui.disputed_help") }) : null,
    ];
  }

  selected() { return this.flags.find((flag) => flag.id === this.bus.state.selected); }

  draft(id) { return `review.draft/${this.data.key}/${id}`; }

  choose(id) {
    if (id !== this.chosen) {
      this.bus.state.selected = this.chosen = id;
      this.note.value = remembered(this.draft(id)) ?? this.decisions[id]?.my_note ?? "";
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
    return this.send({ kind: "decide", flag_id: flag.id, verdict, note: this.note.value.trim() });
  }

  // Takes back one's own last act on this sitting, whatever it was: also the one that is on its way.
  undo() {
    this.undoing = (this.undoing ?? Promise.resolve()).then(async () => {
      await this.outbox.busy;
      if (this.outbox.kept.length) return this.outbox.takeBack();
      return this.undoLast();
    });
    return this.undoing;
  }

  undoLast() {
    const last = this.state.acts?.at(-1);
    if (!last || this.state.closed) return this.say("ui.nothing_to_undo");
    if (last.flag_id && last.flag_id !== this.bus.state.selected && last.kind !== "own_flag") this.bus.emit("select", last.flag_id);
    return this.send({ kind: "undo", seq: last.seq });
  }

  preserve() {
    const flag = this.selected();
    if (flag) this.send({ kind: "preserve", flag_id: flag.id });
  }

  send(message) {
    this.say("ui.saving");
    return this.outbox.send(message);
  }

  told(kept, error, busy, request, answer) {
    if (busy) return;
    if (request && answer) {
      if (request.kind === "decide") remember(this.draft(request.flag_id), null);
      this.say(kept.length ? "ui.unsaved" : "ui.saved");
      this.fail("");
      this.bus.emit("saved", request);
    } else if (error) {
      this.say("ui.unsaved");
      const lost = error instanceof NoAnswer;
      this.fail(lost ? this.words.say("ui.no_kernel") : this.words.say("ui.not_entered", { why: error.message }), !lost);
    }
    this.bus.emit("outbox", kept.length);
  }

  say(key) { this.status.textContent = key ? this.words.say(key) : ""; }

  fail(message, refused = false) {
    this.error.hidden = !message;
    this.error.replaceChildren(h("span", { text: message, dir: "auto" }));
    if (!message) return;
    this.error.append(button(this.words, "ui.try_again", () => this.outbox.deliver(), { class: "rw-small" }));
    if (refused) this.error.append(button(this.words, "ui.discard", () => { this.fail(""); this.say(""); this.outbox.discard(); }, { class: "rw-small" }));
  }
}

export default {
  render({ model, el, signal }) {
    new Decisions(model, el, signal);
  },
};
