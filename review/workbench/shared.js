// Put before every widget's module: words, small elements, and the bus on which the widgets of one
// sitting talk to each other within the page, without the kernel.

const BUSES = (globalThis[Symbol.for("review.workbench")] ??= new Map());

function busOf(key) {
  if (!BUSES.has(key)) BUSES.set(key, new Bus());
  return BUSES.get(key);
}

class Bus {
  #target = new EventTarget();
  state = { time_s: null, playing: false, rate: 1, selected: null, loop: null, language: null };

  on(name, act, signal) {
    this.#target.addEventListener(name, (event) => act(event.detail), { signal });
  }

  emit(name, detail) {
    this.#target.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// --- elements: text only ever goes in as text

function h(tag, options = {}, ...children) {
  const { class: names, text, on = {}, ...attributes } = options;
  const element = document.createElement(tag);
  if (names) element.className = names;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  for (const [name, act] of Object.entries(on)) element.addEventListener(name, act);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z",
  back: "M16 6v12l-8-6zM6 6h1.6v12H6z",
  forward: "M8 6v12l8-6zM16.4 6H18v12h-1.6z",
  previous: "M12 6v12l-7-6zM19 6v12l-7-6z",
  next: "M12 6v12l7-6zM5 6v12l7-6z",
  loop: "M7 7h9V4.5l4 3.5-4 3.5V9H9v4H7zM17 17H8v2.5L4 16l4-3.5V15h7v-4h2z",
  sound: "M4 9.5h3.5L12 6v12l-4.5-3.5H4zM14.5 8.5a5 5 0 0 1 0 7M16.8 6.2a8 8 0 0 1 0 11.6",
  muted: "M4 9.5h3.5L12 6v12l-4.5-3.5H4zM15 9.5l5 5M20 9.5l-5 5",
  large: "M5 10V5h5M14 5h5v5M19 14v5h-5M10 19H5v-5",
  small: "M10 5v5H5M19 10h-5V5M14 19v-5h5M5 14h5v5",
  keys: "M3.5 7h17v10h-17zM7 10.5h.01M11 10.5h.01M15 10.5h.01M8 14h8",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `rw-icon rw-icon-${name}`);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// --- words: every text that is shown is kept with its key, so that a language switch reaches it

class Words {
  #table;
  #bound = [];
  constructor(table, language) {
    this.#table = table;
    this.language = language;
  }

  say(key, facts = {}) {
    const texts = this.#table[key];
    if (!texts) return key.slice(key.indexOf(".") + 1);
    return texts[this.language].replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  }

  // Bind a text, or with `attribute` an attribute, of an element to a key.
  bind(element, key, attribute) {
    this.#bound.push([element, key, attribute]);
    this.#put(element, key, attribute);
    return element;
  }

  #put(element, key, attribute) {
    if (attribute) element.setAttribute(attribute, this.say(key));
    else element.textContent = this.say(key);
  }

  switch(language) {
    this.language = language;
    for (const bound of this.#bound) this.#put(...bound);
  }
}

function button(words, key, act, { icon: name, hint, ...attributes } = {}) {
  const element = h("button", { type: "button", ...attributes, on: { click: act } });
  if (name) {
    element.append(icon(name));
    words.bind(element, key, "aria-label");
  } else words.bind(element.appendChild(h("span")), key);
  words.bind(element, key, "title");
  if (hint) element.append(h("kbd", { text: hint, "aria-hidden": "true" }));
  return element;
}

// --- time

function stamp(seconds, decimals = 1) {
  const scale = 10 ** decimals;
  const ticks = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(ticks / scale);
  const two = (n) => String(n).padStart(2, "0");
  const rest = decimals ? `.${String(ticks % scale).padStart(decimals, "0")}` : "";
  const sign = seconds < 0 && ticks ? "−" : "";
  return `${sign}${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest}`;
}

const FORMATS = new Map();
function wall(data, seconds, language) {
  const key = `${data.timezone}/${language}`;
  if (!FORMATS.has(key))
    FORMATS.set(
      key,
      new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
        timeZone: data.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit",
        hourCycle: "h23",
      }),
    );
  return FORMATS.get(key).format(data.start_ms + seconds * 1000);
}

const FAMILY_COLOURS = {
  presence: "#93a5ff", person: "#ff9257", face: "#c3adff", screen: "#4fb8ea",
  recording: "#a9b1bc", sound: "#ea86bf", place: "#62cc8e", thing: "#dcae52",
};
const STATE_COLOURS = {
  recorded: "#3d5a70", missing: "#e5604f", frozen: "#4fb8ea", black: "#0b0d10",
  covered: "#dcae52", muted: "#b36b98", silent: "#7d7391",
};
const colourOf = (data, label) => FAMILY_COLOURS[data.families[label] ?? "thing"];

// --- keys: one map for all widgets of a sitting; by place on the keyboard, so that an input
// method or another layout does not change them

const KEYS = {
  Space: ["toggle"], KeyK: ["toggle"], KeyJ: ["slower"], KeyL: ["faster"],
  Comma: ["step", -1], Period: ["step", 1],
  ArrowLeft: ["skip", -5], ArrowRight: ["skip", 5],
  "Shift+ArrowLeft": ["skip", -1], "Shift+ArrowRight": ["skip", 1],
  Home: ["edge", -1], End: ["edge", 1],
  KeyP: ["flag", -1], KeyN: ["flag", 1], KeyR: ["loop"], KeyS: ["sound"],
  Digit1: ["enlarge", 0], Digit2: ["enlarge", 1], Digit3: ["enlarge", 2], Digit4: ["enlarge", 3],
  Digit0: ["enlarge", null], Escape: ["escape"],
  Equal: ["zoom", 2], Minus: ["zoom", 0.5], KeyF: ["fit"],
  KeyY: ["decide", "confirmed"], KeyX: ["decide", "dismissed"], KeyU: ["decide", "unsure"],
  KeyZ: ["undo"], KeyE: ["note"], "Shift+Slash": ["help"],
};
// What the help shows: keys and the word for them.
const KEY_HELP = [
  [["K", "␣"], "toggle"], [["J", "L"], "slower_faster"], [[",", "."], "step"],
  [["←", "→"], "skip"], [["⇧ ←", "⇧ →"], "skip_little"], [["P", "N"], "flags"], [["R"], "loop"],
  [["S"], "sound"], [["1", "…", "4"], "enlarge"], [["0"], "even"], [["+", "−", "F"], "zoom"],
  [["Y"], "confirm"], [["X"], "dismiss"], [["U"], "unsure"], [["E"], "note"], [["Z"], "undo"],
  [["?"], "help"],
];

function bindKeys(root, bus, signal) {
  root.tabIndex = 0;
  // JupyterLab listens before anybody else and would cut cells; this is its own way to say no.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const typing = event.target.closest("input, textarea, select");
      if (typing) {
        if (event.code === "Escape") root.focus();
        event.stopPropagation();
        return;
      }
      const pressed = ["Space", "Enter"].includes(event.code) && event.target.closest("button, a");
      const found = KEYS[(event.shiftKey ? "Shift+" : "") + event.code] ?? KEYS[event.code];
      if (pressed || !found) return;
      event.preventDefault();
      event.stopPropagation();
      bus.emit(found[0], found[1]);
    },
    { signal },
  );
}

// A widget's language is the sitting's: whoever switches, all follow.
function followLanguage(model, bus, words, root, draw, signal) {
  words.language = bus.state.language ??= model.get("language");
  const apply = (language) => {
    words.switch(language);
    root.lang = language === "zh" ? "zh-CN" : "en";
    draw();
  };
  bus.on("language", apply, signal);
  apply(words.language);
}

// Ask the kernel and wait for its answer; an answer that does not come is an error, too.
function ask(model, message, { patience_ms = 10000 } = {}) {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error("no answer"))), patience_ms);
    const listen = (answer) => {
      if (answer?.id !== id) return;
      finish(() => (answer.ok ? resolve(answer) : reject(new Error(answer.error))));
    };
    const finish = (act) => {
      clearTimeout(timer);
      model.off("msg:custom", listen);
      act();
    };
    model.on("msg:custom", listen);
    model.send({ id, ...message });
  });
}

function serverBase() {
  const config = document.getElementById("jupyter-config-data");
  let base = document.body.dataset.baseUrl ?? "/";
  if (config)
    try {
      base = JSON.parse(config.textContent).baseUrl ?? base;
    } catch {
      // A page without readable configuration: the address in the body serves.
    }
  return new URL(base.endsWith("/") ? base : `${base}/`, location.href);
}
