import { busOf } from "./bus.js";
import { button, h } from "./elements.js";
import { ask } from "./kernel.js";
import { bindKeys } from "./keys.js";
import { showing } from "./record.js";
import { followLanguage, Words } from "./words.js";

// The bar over the panels beside the player. A panel that needs the kernel is filled when it is
// opened for the first time.

const PANELS = ["flags", "outcome", "identity", "place", "signals", "log", "clocks"];
const READY = new Set(["flags", "outcome"]);
const PLOTS = new Set(["signals", "clocks"]);
const WIDE = new Set(["identity", "place", "signals", "clocks"]);

function secondsOf(x) {
  return typeof x === "number" ? x : Date.parse(`${String(x).replace(" ", "T")}Z`) / 1000;
}

class Panels {
  constructor(model, data, el, signal) {
    this.model = model;
    this.bus = busOf(data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.filled = new Set(READY);
    this.el = el;
    this.shown = "flags";
    this.build(el, signal);
    this.bus.on("panel", (name) => this.go(name), signal);
    this.bus.on("time", (time_s) => this.moveCursor(time_s), signal);
    // The panels are laid out beside this bar in their own time.
    this.watch = new MutationObserver(() => this.apply());
    requestAnimationFrame(() => {
      const side = this.side;
      if (side) this.watch.observe(side, { childList: true });
      this.apply();
    });
    // Figures are drawn some time after they arrive, and anew when they are zoomed.
    const timer = setInterval(() => PLOTS.has(this.shown) && this.moveCursor(this.bus.state.time_s ?? 0), 1000);
    signal.addEventListener("abort", () => { this.watch.disconnect(); clearInterval(timer); });
  }

  build(el, signal) {
    const { words } = this;
    this.tabs = PANELS.map((name) => words.bind(h("button", { type: "button", role: "tab", "data-panel": name, tabindex: -1,
      on: { click: () => this.open(name) } }), `ui.panel_${name}`));
    this.list = h("div", { class: "rw-tabs", role: "tablist" }, ...this.tabs);
    words.bind(this.list, "ui.panels", "aria-label");
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.root = h("section", { class: "rw rw-panels" }, this.list, this.error);
    words.bind(this.root, "ui.panels", "aria-label");
    this.list.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.code];
      if (!by) return;
      event.preventDefault();
      const at = PANELS.indexOf(this.shown);
      const next = PANELS[(at + by + PANELS.length) % PANELS.length];
      this.open(next);
      this.tabs[PANELS.indexOf(next)].focus();
    });
    bindKeys(this.root, this.bus, signal);
    this.root.removeAttribute("tabindex");
    followLanguage(this.model, this.bus, words, this.root, () => this.again(), signal);
    el.append(this.root);
  }

  get side() { return this.el.closest(".rw-side"); }

  // "flags!" opens; a bare name opens, and pressed again goes back to the flags.
  go(name) {
    if (name.endsWith("!")) this.open(name.slice(0, -1));
    else this.open(name === this.shown ? "flags" : name);
  }

  async open(name) {
    this.shown = name;
    this.apply();
    if (this.filled.has(name)) return;
    this.filled.add(name);
    this.fail("");
    try {
      await ask(this.model, { kind: "open", panel: name, language: this.words.language }, { patience_ms: 120000 });
    } catch (error) {
      this.filled.delete(name);
      this.fail(error.message);
    }
  }

  // Figures are drawn by the kernel in one language: in another they are asked for again.
  again() {
    for (const name of ["signals", "clocks"]) this.filled.delete(name);
    if (!this.filled.has(this.shown)) this.open(this.shown);
  }

  apply() {
    const side = this.side;
    for (const tab of this.tabs) {
      const chosen = tab.dataset.panel === this.shown;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      const panel = side?.querySelector(`.rw-panel-${tab.dataset.panel}`);
      if (!panel) continue;
      panel.classList.toggle("rw-away", !chosen);
      panel.id ||= `rw-panel-${Math.random().toString(36).slice(2)}`;
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-label", tab.textContent);
    }
    side?.closest(".rw-desk")?.classList.toggle("rw-wide", WIDE.has(this.shown));
  }

  // A line in the plots at the moment that the player shows; a click on a curve goes there.
  moveCursor(time_s) {
    const panel = this.side?.querySelector(`.rw-panel-${this.shown}`);
    for (const plot of panel?.querySelectorAll(".js-plotly-plot") ?? []) {
      const axis = plot._fullLayout?.xaxis;
      if (!axis?.d2p || !Number.isFinite(axis._offset)) continue;
      let line = plot.querySelector(".rw-cursor");
      if (!line) {
        line = plot.appendChild(h("div", { class: "rw-cursor", "aria-hidden": "true" }));
        plot.on?.("plotly_click", ({ points }) => this.bus.emit("seek", secondsOf(points?.[0]?.x)));
      }
      // Session time is drawn as time of day from midnight, or in seconds.
      const x = axis.d2p(axis.type === "date" ? time_s * 1000 : time_s);
      line.hidden = !(x >= 0 && x <= axis._length);
      line.style.left = `${axis._offset + x}px`;
    }
  }

  fail(message) {
    this.error.hidden = !message;
    this.error.replaceChildren(h("span", { text: message }));
    if (message) this.error.append(button(this.words, "ui.try_again", () => this.open(this.shown), { class: "rw-small" }));
  }
}

export default showing(Panels);
