import { h, button } from "./elements.js";

// One map of keys for all widgets of a sitting; by place on the keyboard, so that an input method or
// another layout does not change them.

const KEYS = {
  Space: ["toggle"], KeyK: ["toggle"], KeyJ: ["slower"], KeyL: ["faster"],
  Comma: ["step", -1], Period: ["step", 1],
  ArrowLeft: ["skip", -5], ArrowRight: ["skip", 5],
  "Shift+ArrowLeft": ["skip", -1], "Shift+ArrowRight": ["skip", 1],
  Home: ["edge", -1], End: ["edge", 1],
  KeyP: ["flag", -1], KeyN: ["flag", 1],
  "Shift+KeyP": ["event", -1], "Shift+KeyN": ["event", 1],
  BracketLeft: ["minute", -1], BracketRight: ["minute", 1],
  KeyR: ["loop"], KeyS: ["sound"], KeyQ: ["quiet"],
  KeyV: ["view", 1], "Shift+KeyV": ["view", -1], Digit0: ["label", 9],
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`Digit${n}`, ["label", n - 1]])),
  "Shift+Digit1": ["enlarge", 0], "Shift+Digit2": ["enlarge", 1],
  "Shift+Digit3": ["enlarge", 2], "Shift+Digit4": ["enlarge", 3],
  "Shift+Digit0": ["enlarge", null], Escape: ["escape"],
  KeyT: ["turn"], KeyB: ["brighten"], KeyW: ["swap"],
  Equal: ["zoom", 2], Minus: ["zoom", 0.5], KeyF: ["fit"],
  KeyY: ["decide", "confirmed"], KeyX: ["decide", "dismissed"], KeyU: ["decide", "unsure"],
  KeyI: ["mark", "in"], KeyO: ["mark", "out"], KeyM: ["mark", "save"],
  KeyZ: ["undo"], KeyE: ["note"], KeyG: ["next"], KeyD: ["panel", "outcome"],
  "Shift+Slash": ["help"],
};
// What the help shows, group by group: keys and the word for them.
export const KEY_HELP = {
  playing: [
    [["K", "␣"], "toggle"], [["J", "L"], "slower_faster"], [[",", "."], "step"],
    [["←", "→"], "skip"], [["⇧ ←", "⇧ →"], "skip_little"], [["[", "]"], "minute"],
    [["R"], "loop"], [["Q"], "quiet"], [["S"], "sound"],
  ],
  looking: [
    [["N", "P"], "flags"], [["⇧ N", "⇧ P"], "events"], [["⇧ 1", "…", "⇧ 4"], "enlarge"],
    [["⇧ 0"], "even"], [["V"], "view"], [["T", "B", "W"], "adjust"], [["+", "−", "F"], "zoom"],
  ],
  deciding: [
    [["Y"], "confirm"], [["X"], "dismiss"], [["U"], "unsure"], [["E"], "note"], [["Z"], "undo"],
    [["I", "O"], "mark"], [["1", "…", "0"], "label"], [["M"], "save_mark"],
    [["D"], "outcome"], [["G"], "next"], [["?"], "help"],
  ],
};

export function bindKeys(root, bus, signal) {
  root.tabIndex = 0;
  // JupyterLab listens before anybody else and would cut cells; this is its own way to say no.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
      if (typing) {
        if (event.code === "Escape") root.focus();
        event.stopPropagation();
        return;
      }
      const control = event.target.closest("button, a, input, summary, [role=tab]");
      const pressed = control && ["Space", "Enter"].includes(event.code);
      const moving = event.target.closest("[role=tab]") && event.code.startsWith("Arrow");
      const found = event.shiftKey ? KEYS[`Shift+${event.code}`] : KEYS[event.code];
      if (pressed || moving || !found) return;
      event.preventDefault();
      event.stopPropagation();
      bus.emit(found[0], found[1]);
    },
    { signal },
  );
}

// The keys, over the player; it takes the focus, and gives it back.
export class Help {
  constructor(words, back) {
    this.back = back;
    const groups = Object.entries(KEY_HELP).map(([name, rows]) =>
      h("section", {}, words.bind(h("h4"), `ui.keys_${name}`), ...rows.map(([keys, word]) =>
        h("div", { class: "rw-key" }, h("span", {}, ...keys.map((key) => h("kbd", { text: key }))),
          words.bind(h("span"), `ui.key_${word}`)))));
    const close = button(words, "ui.close", () => this.show(false), { class: "rw-small" });
    this.element = h("div", { class: "rw-help", role: "dialog", hidden: true, tabindex: -1 },
      h("header", {}, words.bind(h("h3"), "ui.help"), close), h("div", { class: "rw-keys" }, ...groups));
    words.bind(this.element, "ui.help", "aria-label");
  }

  get shown() { return !this.element.hidden; }

  show(shown = !this.shown) {
    this.element.hidden = !shown;
    (shown ? this.element : this.back()).focus();
  }
}
