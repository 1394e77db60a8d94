import { busOf } from "./bus.js";
import { Delivery } from "./delivery.js";
import { button, h } from "./elements.js";
import { Evidence } from "./evidence.js";
import { flagFacts } from "./flagfacts.js";
import { FlagList } from "./flaglist.js";
import { remember, remembered } from "./kernel.js";
import { bindKeys } from "./keys.js";
import { OwnMark } from "./mark.js";
import { showing } from "./record.js";
import { followLanguage, Words } from "./words.js";

// The flags of a sitting and what a person says of each. A decision is sent at once and shown as
// saved only when the ledger has it; until then the page keeps it (delivery.js).

const VERDICTS = [["confirmed", "confirm", "Y"], ["dismissed", "dismiss", "X"], ["unsure", "unsure", "U"]];

class Decisions {
  constructor(model, data, el, signal) {
    this.model = model;
    this.data = data;
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.signal = signal;
    this.list = new FlagList(data, this.bus, this.words, () => this.decisions);
    this.evidence = new Evidence(model, this.words);
    this.delivery = new Delivery(data.key, model, this.words, signal, (request) => this.entered(request),
      (kept) => this.bus.emit("outbox", kept));
    this.bus.state.outbox = this.delivery.outbox;
    this.mark = new OwnMark(this.data, this.bus, this.words, signal, {
      flag: (flag) => this.send({ kind: "own_flag", ...flag }),
      keep: (part, clip) => this.preserve(part, clip),
    });
    this.build(el);
    this.listenTo();
    this.delivery.outbox.deliver();
  }

  build(el) {
    const { words, list } = this;
    this.detail = h("div", { class: "rw-detail", tabindex: 0, role: "region" });
    words.bind(this.detail, "ui.flag_detail", "aria-label");
    this.note = h("textarea", { class: "rw-note", rows: 2, maxlength: 2000, dir: "auto",
      on: { input: () => this.bus.state.selected && remember(this.draft(this.bus.state.selected), this.note.value) } });
    words.bind(this.note, "ui.note", "placeholder");
    words.bind(this.note, "ui.note", "aria-label");
    this.buttons = VERDICTS.map(([verdict, word, key]) =>
      button(words, `ui.${word}`, () => this.decide(verdict), { class: `rw-verdict rw-${verdict}`, hint: key, "data-verdict": verdict }));
    this.undoButton = button(words, "ui.undo", () => this.undo(), { class: "rw-small", hint: "Z" });
    this.keepButton = button(words, "ui.preserve", () => this.preserveFlag(false), { class: "rw-small" });
    this.clipButton = button(words, "ui.preserve_clip", () => this.preserveFlag(true), { class: "rw-small" });
    this.notice = h("div", { class: "rw-notice", role: "status", hidden: true });
    const verdicts = h("div", { class: "rw-verdicts", role: "group" }, ...this.buttons);
    words.bind(verdicts, "ui.decide", "aria-label");
    this.root = h("section", { class: "rw rw-decisions" },
      list.head, list.filters, this.notice, list.list, this.detail, this.note, this.mark.element, verdicts,
      h("div", { class: "rw-foot" }, this.delivery.status, h("span", { class: "rw-space" }), this.keepButton, this.clipButton, this.undoButton),
      this.evidence.element, this.delivery.error);
    words.bind(this.root, "ui.decide", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => { list.fill(); this.mark.draw(); this.draw(); }, this.signal);
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
  }

  get state() { return this.model.get("state"); }
  get decisions() { return this.state.decisions ?? {}; }

  // --- what is shown

  draw() {
    const { words, bus, state } = this;
    bus.state.own = state.own ?? [];
    bus.state.verdicts = Object.fromEntries(Object.entries(this.decisions).map(([id, one]) => [id, one.verdict]));
    bus.emit("decided");
    this.list.draw();
    const stopped = state.recused ? "ui.you_recused" : state.closed ? "ui.is_closed" : null;
    this.notice.hidden = !stopped;
    this.notice.textContent = stopped ? words.say(stopped, { who: state.closed?.author, when: state.closed?.at }) : "";
    this.drawDetail();
  }

  drawDetail() {
    const { words, state } = this;
    const flag = this.list.selected;
    const decision = flag && this.decisions[flag.id];
    const stopped = Boolean(state.recused || state.closed);
    const kept = Boolean(flag) && (state.evidence ?? []).includes(flag.id);
    for (const one of this.buttons) {
      one.disabled = !flag || stopped;
      one.setAttribute("aria-pressed", String(decision?.mine === one.dataset.verdict));
    }
    this.note.disabled = !flag || stopped;
    this.undoButton.disabled = stopped || !state.acts?.length;
    this.keepButton.disabled = !flag || stopped || kept;
    this.clipButton.disabled = !flag || (stopped && !kept);
    this.detail.replaceChildren(...(flag ? flagFacts(words, flag, decision, kept)
      : [h("p", { class: "rw-quiet", text: words.say("ui.choose_flag") })]));
  }

  draft(id) { return `review.draft/${this.data.key}/${id}`; }

  choose(id) {
    if (id !== this.chosen) {
      this.bus.state.selected = this.chosen = id;
      this.note.value = remembered(this.draft(id)) ?? this.decisions[id]?.my_note ?? "";
      this.delivery.say("");
    }
    this.list.draw();
    this.drawDetail();
    this.list.reveal();
  }

  // --- deciding

  decide(verdict) {
    const flag = this.list.selected;
    if (!flag) return this.delivery.say("ui.choose_flag");
    return this.send({ kind: "decide", flag_id: flag.id, verdict, note: this.note.value.trim() });
  }

  // Takes back one's own last act on this sitting, whatever it was: also the one that is on its way.
  undo() {
    const { outbox } = this.delivery;
    this.undoing = (this.undoing ?? Promise.resolve()).then(async () => {
      await outbox.busy;
      if (outbox.kept.length) return outbox.takeBack();
      return this.undoLast();
    });
    return this.undoing;
  }

  undoLast() {
    const last = this.state.acts?.at(-1);
    if (!last || this.state.closed) return this.delivery.say("ui.nothing_to_undo");
    if (last.flag_id && last.flag_id !== this.bus.state.selected && last.kind !== "own_flag") this.bus.emit("select", last.flag_id);
    return this.send({ kind: "undo", seq: last.seq });
  }

  preserveFlag(clip) {
    const flag = this.list.selected;
    if (!flag) return;
    const { id: flag_id, label, start_s, end_s } = flag;
    this.preserve({ flag_id, label, start_s, end_s, stream: flag.streams[0] }, clip);
  }

  // Evidence is on record at once; its clip, if one is wanted, follows in its own time.
  preserve({ flag_id, label, start_s, end_s, stream }, clip) {
    const kept = flag_id && (this.state.evidence ?? []).includes(flag_id);
    if (!kept) this.send(flag_id ? { kind: "preserve", flag_id } : { kind: "preserve", stream, start_s, end_s });
    if (clip) this.evidence.clip({ flag_id, label, start_s, end_s });
  }

  send(message) { return this.delivery.send(message); }

  entered(request) {
    if (request.kind === "decide") remember(this.draft(request.flag_id), null);
    this.bus.emit("saved", request);
  }
}

export default showing(Decisions);
