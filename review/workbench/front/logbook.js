import { busOf } from "./bus.js";
import { h } from "./elements.js";
import { bindKeys } from "./keys.js";
import { stamp, wall } from "./times.js";
import { followLanguage, Words } from "./words.js";

// The log of all devices: what is near the moment that the player shows, or what is searched for. Of
// ten thousand entries a few hundred are in the page at once.

const SHOWN = 300;
const TRANSCRIPT = "transcript";

class Logbook {
  constructor(model, el, signal) {
    this.data = model.get("data");
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.rows = this.data.rows;
    const { words } = this;
    this.find = h("input", { type: "search", on: { input: () => { this.from = null; this.draw(); } } });
    words.bind(this.find, "ui.find_event", "placeholder");
    words.bind(this.find, "ui.find_event", "aria-label");
    this.count = h("span", { class: "rw-quiet", role: "status" });
    this.body = h("ol", { class: "rw-log-rows", tabindex: 0, role: "list" });
    words.bind(this.body, "ui.panel_log", "aria-label");
    const root = h("section", { class: "rw rw-log" }, h("header", { class: "rw-head" }, this.find, this.count), this.body);
    // What a machine wrote down is no entry of a log: whoever reads it is told so.
    if (this.rows.some(([, , kind]) => kind === TRANSCRIPT)) {
      const note = h("p", { class: "rw-foot" });
      words.bind(note, "ui.transcript_note");
      this.body.before(note);
    }
    words.bind(root, "ui.panel_log", "aria-label");
    bindKeys(root, this.bus, signal);
    followLanguage(model, this.bus, words, root, () => this.draw(), signal);
    this.bus.on("time", (time_s) => this.follow(time_s), signal);
    el.append(root);
    this.follow(this.bus.state.time_s ?? 0);
  }

  get wanted() { return this.find.value.trim().toLowerCase(); }

  draw() {
    const { words, wanted } = this;
    const named = (kind) => (kind === TRANSCRIPT ? words.say("ui.transcript") : kind);
    const text = ([, stream, kind, detail]) => `${words.say(`stream.${stream}`)} ${named(kind)} ${detail}`.toLowerCase();
    const found = wanted ? this.rows.filter((row) => text(row).includes(wanted)) : this.rows;
    const from = wanted ? 0 : Math.max(0, Math.min(this.near ?? 0, found.length - SHOWN / 2) - SHOWN / 2);
    this.shown = found.slice(from, from + SHOWN);
    this.from = from;
    this.count.textContent = words.say("ui.log_count", { shown: this.shown.length, all: found.length });
    this.items = this.shown.map(([at, stream, kind, detail]) => h("li", {}, h("button", { type: "button", class: "rw-log-row",
      on: { click: () => at !== null && this.bus.emit("seek", at) } },
    h("span", { class: "rw-mono", text: at === null ? "–" : stamp(at, 1) }),
    h("span", { class: "rw-mono rw-quiet", text: at === null ? "" : wall(this.data, at, words.language) }),
    h("span", { class: "rw-quiet", text: words.say(`stream.${stream}`) }),
    h("b", { text: named(kind) }), h("span", { text: detail, dir: "auto" }))));
    this.body.replaceChildren(...this.items);
    this.light();
  }

  follow(time_s) {
    let low = 0, high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = this.rows[middle][0];
      if (at !== null && at <= time_s) low = middle + 1;
      else high = middle;
    }
    if (low - 1 === this.near && this.items) return;
    this.near = low - 1;
    const inside = this.items && (this.wanted || (this.near >= this.from && this.near < this.from + this.shown.length));
    if (!inside) this.draw();
    else this.light();
  }

  light() {
    this.body.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const at = this.shown.indexOf(this.rows[this.near]);
    const item = this.items[at];
    if (!item) return;
    item.setAttribute("aria-current", "true");
    const top = item.offsetTop - this.body.offsetTop;
    if (top < this.body.scrollTop || top > this.body.scrollTop + this.body.clientHeight - 40)
      this.body.scrollTop = top - this.body.clientHeight / 2;
  }
}

export default {
  render({ model, el, signal }) {
    new Logbook(model, el, signal);
  },
};
