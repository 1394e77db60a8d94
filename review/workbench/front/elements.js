// Small elements. Text only ever goes in as text: nothing here or elsewhere writes markup.

export function h(tag, options = {}, ...children) {
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
  turn: "M12 5a7 7 0 1 0 7 7M12 5l-3-2.5M12 5l-3 2.5",
  bright: "M12 8a4 4 0 1 0 .01 0M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  swap: "M4 8h14l-3.5-3.5M20 16H6l3.5 3.5",
  quiet: "M4 6v12l7-6zM12 6v12l7-6zM20 6v12",
  person: "M12 4a4 4 0 1 0 .01 0M4.5 20a7.5 7.5 0 0 1 15 0",
  keys: "M3.5 7h17v10h-17zM7 10.5h.01M11 10.5h.01M15 10.5h.01M8 14h8",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `rw-icon rw-icon-${name}`);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function button(words, key, act, { icon: name, hint, ...attributes } = {}) {
  const element = h("button", { type: "button", ...attributes, on: { click: act } });
  if (name) {
    element.append(icon(name));
    words.bind(element, key, "aria-label");
  } else words.bind(element.appendChild(h("span")), key);
  words.bind(element, key, "title");
  if (hint) element.append(h("kbd", { text: hint, "aria-hidden": "true" }));
  return element;
}

