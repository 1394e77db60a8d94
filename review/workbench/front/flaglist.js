import { h } from "./elements.js";
import { allFlags } from "./flags.js";
import { colourOf, stamp } from "./times.js";

// The list of flags with its filters. Of five hundred rows only those that changed are made anew.

export class FlagList {
  // `decided()` gives what stands: flag id -> decision.
  constructor(data, bus, words, decided) {
    this.data = data;
    this.bus = bus;
    this.words = words;
    this.decided = decided;
    this.filter = { label: "", stream: "", score: 0, undecided: false };
    this.rows = new Map(); // flag id -> { mark, element }
    this.build();
  }

  build() {
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
    const box = h("input", { type: "checkbox", on: { change: () => { this.filter.undecided = box.checked; this.draw(); } } });
    this.head = h("header", { class: "rw-head" }, words.bind(h("strong"), "ui.flags"), this.progress,
      h("span", { class: "rw-space" }), h("label", { class: "rw-check" }, box, words.bind(h("span"), "ui.undecided_only")));
    this.filters = h("div", { class: "rw-filter" }, this.label, this.stream, this.score);
    this.list = h("ul", { class: "rw-flags", role: "listbox", tabindex: 0 });
    words.bind(this.list, "ui.flags", "aria-label");
    this.list.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.code];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(by);
    });
  }

  get flags() { return allFlags(this.data, this.bus); }
  get selected() { return this.flags.find((flag) => flag.id === this.bus.state.selected); }

  fill() {
    const { words, filter } = this;
    const put = (select, name, all, options) => {
      select.replaceChildren(h("option", { value: name === "score" ? 0 : "", text: words.say(all) }),
        ...options.map(([value, text]) => h("option", { value, text })));
      select.value = String(filter[name]);
    };
    const labels = [...new Set(this.flags.map((flag) => flag.label))];
    put(this.label, "label", "ui.all_labels", labels.map((label) => [label, words.say(`label.${label}`)]));
    const streams = [...new Set(this.flags.flatMap((flag) => flag.streams))];
    put(this.stream, "stream", "ui.all_views", streams.map((stream) => [stream, words.say(`stream.${stream}`)]));
    put(this.score, "score", "ui.any_score", [0.5, 0.7, 0.9].map((score) => [score, `≥ ${score}`]));
  }

  shown() {
    const { label, stream, score, undecided } = this.filter;
    const decisions = this.decided();
    return this.flags.filter((flag) => (!label || flag.label === label)
      && (!stream || flag.streams.includes(stream)) && (!score || flag.score === null || flag.score >= score)
      && (!undecided || !decisions[flag.id] || flag.id === this.bus.state.selected));
  }

  draw() {
    const { words } = this;
    const decisions = this.decided(), machine = this.data.flags;
    const done = machine.filter((flag) => decisions[flag.id]).length;
    this.progress.textContent = words.say("ui.progress", { done, all: machine.length });
    const rows = this.shown().map((flag) => this.row(flag, decisions[flag.id]));
    if (!rows.length) rows.push(h("li", { class: "rw-empty", text: words.say("ui.no_flags"), role: "presentation" }));
    const { children } = this.list;
    // Whatever stands where it stood is left alone: the place in the list is kept.
    if (rows.length !== children.length) this.list.replaceChildren(...rows);
    else rows.forEach((row, n) => row !== children[n] && children[n].replaceWith(row));
    if (this.selected) this.list.setAttribute("aria-activedescendant", `rw-${this.selected.id}`);
  }

  row(flag, decision) {
    const selected = flag.id === this.bus.state.selected;
    const mark = `${this.words.language} ${selected} ${decision?.verdict} ${decision?.disputed} ${flag.human} ${flag.start_s}`;
    const known = this.rows.get(flag.id);
    if (known?.mark === mark) return known.element;
    const element = this.made(flag, decision, selected);
    this.rows.set(flag.id, { mark, element });
    return element;
  }

  made(flag, decision, selected) {
    const { words } = this;
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

  // Scrolled within the list alone: the page stays where the player is.
  reveal() {
    const { list } = this;
    const item = list.querySelector('[aria-selected="true"]');
    if (!item) return;
    const top = item.offsetTop - list.offsetTop;
    if (top < list.scrollTop) list.scrollTop = top;
    const over = top + item.offsetHeight - list.clientHeight;
    if (over > list.scrollTop) list.scrollTop = over;
  }

  move(by) {
    const shown = this.shown();
    const at = shown.findIndex((flag) => flag.id === this.bus.state.selected);
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + by))];
    if (next) this.bus.emit("select", next.id);
  }
}
