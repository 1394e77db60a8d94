// The whole sitting under the player: flags by label, coverage by stream, log events; a canvas, so
// that ten thousand events pan and zoom at the screen's own rate.

const GUTTER = 136, RULER = 34, ROW = 16, GAP = 2, MAP = 16, LEAST_S = 1;

class Timeline {
  constructor(model, el, signal) {
    this.model = model;
    this.data = model.get("data");
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.signal = signal;
    this.from_s = this.data.extent[0];
    this.to_s = this.data.extent[1];
    this.build(el);
    this.layOut();
    this.listenTo();
    this.request();
  }

  build(el) {
    const { words } = this;
    this.canvas = h("canvas", { class: "rw-canvas", tabindex: 0, role: "slider",
      "aria-orientation": "horizontal" });
    words.bind(this.canvas, "ui.timeline", "aria-label");
    this.tip = h("div", { class: "rw-tip", hidden: true, role: "tooltip" });
    const zoom = (by) => () => this.zoom(by, this.now());
    this.root = h("section", { class: "rw rw-timeline" },
      h("div", { class: "rw-zoom" },
        button(words, "ui.zoom_out", zoom(0.5), { class: "rw-small" }),
        button(words, "ui.zoom_in", zoom(2), { class: "rw-small" }),
        button(words, "ui.fit", () => this.fit(), { class: "rw-small" })),
      this.canvas, this.tip);
    words.bind(this.root, "ui.timeline", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => this.request(), this.signal);
    el.append(this.root);
  }

  // --- rows

  layOut() {
    const { data } = this;
    const rows = [];
    const labels = [...new Set(data.flags.map((flag) => flag.label))];
    for (const label of labels)
      rows.push({ kind: "flags", name: `label.${label}`, label, items: data.flags.filter((flag) => flag.label === label) });
    for (const stream of data.streams) {
      const states = data.coverage[stream];
      const [first, last] = data.extent;
      const events = data.events[stream]?.filter(([at]) => at >= first && at <= last);
      if (states?.length || events?.length)
        rows.push({ kind: events ? "events" : "coverage", name: `stream.${stream}`, stream, states: states ?? [], events: events ?? [] });
    }
    let y = RULER;
    let previous = null;
    for (const row of rows) {
      if (previous && previous !== row.kind) y += 5;
      row.y = y;
      y += ROW + GAP;
      previous = row.kind;
    }
    this.rows = rows;
    this.height = y + 6 + MAP;
    this.canvas.style.height = `${this.height}px`;
  }

  listenTo() {
    const { canvas, bus, signal } = this;
    const again = () => this.request();
    bus.on("time", (time_s) => { this.keepInSight(time_s); this.request(); }, signal);
    for (const name of ["looped", "decided"]) bus.on(name, again, signal);
    bus.on("select", (id) => this.reveal(id), signal);
    bus.on("zoom", (by) => this.zoom(by, this.now()), signal);
    bus.on("fit", () => this.fit(), signal);
    this.model.on("change:data", () => { this.data = this.model.get("data"); this.layOut(); this.request(); });
    canvas.addEventListener("pointerdown", (event) => this.press(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", () => { this.dragging = null; }, { signal });
    canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; }, { signal });
    canvas.addEventListener("dblclick", (event) => this.open(event), { signal });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    const observer = new ResizeObserver(again);
    observer.observe(canvas);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  // --- where things are

  get width() { return this.canvas.clientWidth - GUTTER; }
  x(time_s) { return GUTTER + ((time_s - this.from_s) / (this.to_s - this.from_s)) * this.width; }
  time(x) { return this.from_s + ((x - GUTTER) / this.width) * (this.to_s - this.from_s); }
  now() { return this.bus.state.time_s ?? 0; }

  show(from_s, to_s) {
    const [first, last] = this.data.extent;
    const length = Math.min(last - first, Math.max(LEAST_S, to_s - from_s));
    this.from_s = Math.max(first, Math.min(last - length, from_s));
    this.to_s = this.from_s + length;
    this.request();
  }

  zoom(by, around_s) {
    const share = (around_s - this.from_s) / (this.to_s - this.from_s);
    const inside = share >= 0 && share <= 1 ? share : 0.5;
    const length = (this.to_s - this.from_s) / by;
    this.show(around_s - inside * length, around_s + (1 - inside) * length);
  }

  fit() { this.show(...this.data.extent); }

  keepInSight(time_s) {
    if (this.dragging || (time_s >= this.from_s && time_s < this.to_s)) return;
    const length = this.to_s - this.from_s;
    this.show(time_s - 0.1 * length, time_s + 0.9 * length);
  }

  reveal(id) {
    const flag = this.data.flags.find((one) => one.id === id);
    if (flag && (flag.end_s < this.from_s || flag.start_s > this.to_s)) this.keepInSight(flag.start_s);
    this.request();
  }

  // --- the pointer

  press(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    const { offsetX: x, offsetY: y } = event;
    this.dragging = y > this.height - MAP ? "map" : "time";
    this.dragTo(x, y);
    const flag = this.dragging === "time" && this.thing(x, y)?.flag;
    if (flag) {
      this.bus.state.selected = flag.id;
      this.bus.emit("highlight", flag.id);
    }
  }

  move(event) {
    if (this.dragging) return this.dragTo(event.offsetX, event.offsetY);
    this.hover(event.offsetX, event.offsetY);
  }

  dragTo(x) {
    if (x < GUTTER && this.dragging === "time") return;
    if (this.dragging === "map") {
      const [first, last] = this.data.extent;
      const middle = first + ((x - GUTTER) / this.width) * (last - first);
      const half = (this.to_s - this.from_s) / 2;
      this.show(middle - half, middle + half);
    } else this.bus.emit("seek", this.time(x));
  }

  wheel(event) {
    event.preventDefault();
    const length = this.to_s - this.from_s;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) / this.width) * length;
      this.show(this.from_s + by, this.to_s + by);
    } else this.zoom(Math.exp(-event.deltaY / 400), this.time(Math.max(GUTTER, event.offsetX)));
  }

  open(event) {
    const flag = this.thing(event.offsetX, event.offsetY)?.flag;
    if (flag) this.bus.emit("select", flag.id);
  }

  thing(x, y) {
    const row = this.rows.find((one) => y >= one.y && y < one.y + ROW);
    if (!row || x < GUTTER) return null;
    const time_s = this.time(x), near_s = Math.max(this.time(x + 4) - time_s, 0.001);
    if (row.kind === "flags") {
      const flag = row.items.find((one) => one.start_s - near_s <= time_s && time_s <= one.end_s + near_s);
      return { row, flag };
    }
    const event = row.events.filter(([at]) => Math.abs(at - time_s) <= near_s)
      .sort((a, b) => Math.abs(a[0] - time_s) - Math.abs(b[0] - time_s))[0];
    const states = row.states.filter(([from_s, to_s]) => from_s <= time_s && time_s < to_s);
    return { row, event, states };
  }

  hover(x, y) {
    const found = this.thing(x, y);
    const { words, data } = this;
    if (!found) { this.tip.hidden = true; return; }
    const lines = [];
    if (found.flag) {
      const { flag } = found;
      lines.push(`${words.say(`label.${flag.label}`)} · ${stamp(flag.start_s)} – ${stamp(flag.end_s)}`, flag.reason[words.language]);
    } else if (found.event) lines.push(`${stamp(found.event[0])} · ${found.event[1]}`, found.event[2]);
    else for (const [from_s, to_s, state] of found.states ?? [])
      lines.push(`${words.say(`state.${state}`)} · ${stamp(from_s)} – ${stamp(to_s)}`);
    lines.push(`${stamp(this.time(x))} · ${wall(data, this.time(x), words.language)}`);
    this.tip.replaceChildren(...lines.filter(Boolean).map((line) => h("div", { text: line })));
    this.tip.hidden = false;
    this.tip.style.left = `${Math.min(x + 12, this.canvas.clientWidth - 240)}px`;
    this.tip.style.top = `${y + 44}px`;
  }

  // --- drawing

  request() {
    this.wanted ??= requestAnimationFrame(() => { this.wanted = null; this.draw(); });
  }

  draw() {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1, wide = canvas.clientWidth;
    if (!wide) return;
    if (canvas.width !== Math.round(wide * ratio) || canvas.height !== Math.round(this.height * ratio)) {
      canvas.width = Math.round(wide * ratio);
      canvas.height = Math.round(this.height * ratio);
    }
    const c = (this.c = canvas.getContext("2d"));
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, wide, this.height);
    c.textBaseline = "middle";
    this.drawNames();
    c.save();
    c.beginPath();
    c.rect(GUTTER, 0, this.width, this.height);
    c.clip();
    this.drawGrid();
    for (const row of this.rows) row.kind === "flags" ? this.drawFlags(row) : this.drawStream(row);
    this.drawMarks();
    this.drawMap();
    c.restore();
    const now = this.now();
    canvas.setAttribute("aria-valuemin", this.data.extent[0].toFixed(1));
    canvas.setAttribute("aria-valuemax", this.data.extent[1].toFixed(1));
    canvas.setAttribute("aria-valuenow", now.toFixed(1));
    canvas.setAttribute("aria-valuetext", `${stamp(now)}, ${wall(this.data, now, this.words.language)}`);
  }

  drawNames() {
    const { c } = this;
    c.textAlign = "right";
    for (const row of this.rows) {
      c.fillStyle = row.kind === "flags" ? colourOf(this.data, row.label) : "#a7b0bd";
      c.font = `12px ${FONT}`;
      c.fillText(clip(c, this.words.say(row.name), GUTTER - 18), GUTTER - 10, row.y + ROW / 2 + 0.5);
    }
  }

  drawGrid() {
    const { c, data } = this;
    const length = this.to_s - this.from_s;
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]
      .find((one) => (one / length) * this.width > 92) ?? 14400;
    // Outside the window nothing is judged: it is dimmed.
    const bottom = this.height - MAP - 6;
    c.fillStyle = "#ffffff08";
    for (const row of this.rows) c.fillRect(GUTTER, row.y, this.width, ROW);
    c.textAlign = "left";
    c.font = `11px ${MONO}`;
    for (let n = Math.ceil(this.from_s / step); n * step <= this.to_s; n += 1) {
      const x = Math.round(this.x(n * step)) + 0.5;
      c.strokeStyle = "#2b323c";
      c.beginPath(); c.moveTo(x, 4); c.lineTo(x, bottom); c.stroke();
      c.fillStyle = "#c3cad4";
      c.fillText(stamp(n * step, step < 1 ? 1 : 0), x + 4, 10);
      c.fillStyle = "#8d98a7";
      c.fillText(wall(data, n * step, this.words.language), x + 4, 24);
    }
    c.fillStyle = "#00000066";
    const [start, end] = data.window;
    if (end > start) {
      c.fillRect(GUTTER, RULER, Math.max(0, this.x(start) - GUTTER), bottom - RULER);
      c.fillRect(this.x(end), RULER, Math.max(0, GUTTER + this.width - this.x(end)), bottom - RULER);
    }
  }

  drawFlags(row) {
    const { c, bus } = this;
    const colour = colourOf(this.data, row.label);
    for (const flag of row.items) {
      if (flag.end_s < this.from_s || flag.start_s > this.to_s) continue;
      const x = this.x(flag.start_s), wide = Math.max(3, this.x(flag.end_s) - x);
      const verdict = bus.state.verdicts?.[flag.id];
      c.globalAlpha = verdict === "dismissed" ? 0.35 : 0.55 + 0.45 * flag.score;
      c.fillStyle = colour;
      c.beginPath(); c.roundRect(x, row.y + 1, wide, ROW - 2, 3); c.fill();
      c.globalAlpha = 1;
      if (verdict && wide > 12) {
        c.fillStyle = "#101317";
        c.textAlign = "center";
        c.font = `bold 12px ${FONT}`;
        c.fillText({ confirmed: "✓", dismissed: "✕", unsure: "?" }[verdict], x + wide / 2, row.y + ROW / 2 + 1);
      }
      if (flag.id === bus.state.selected) {
        c.strokeStyle = "#ffffff"; c.lineWidth = 2;
        c.beginPath(); c.roundRect(x - 1, row.y, wide + 2, ROW, 4); c.stroke();
        c.lineWidth = 1;
      }
    }
  }

  drawStream(row) {
    const { c } = this;
    for (const [from_s, to_s, state] of row.states) {
      if (to_s < this.from_s || from_s > this.to_s) continue;
      const x = this.x(from_s), wide = Math.max(1, this.x(to_s) - x);
      const over = state !== "recorded" && state !== "missing";
      c.fillStyle = STATE_COLOURS[state] ?? "#888";
      // What is wrong with a recorded stretch lies in its lower half; what is missing is hatched.
      if (over) c.fillRect(x, row.y + ROW - 8, wide, 6);
      else if (state === "missing") hatch(c, x, row.y + 2, wide, ROW - 4, STATE_COLOURS.missing);
      else c.fillRect(x, row.y + 2, wide, ROW - 4);
    }
    let last = -10;
    for (const [at, kind] of row.events) {
      const x = Math.round(this.x(at));
      if (x < GUTTER - 2 || x > GUTTER + this.width || x - last < 2) continue;
      last = x;
      c.fillStyle = kind === "focus_lost" || kind === "warning" ? "#ffb35c" : "#c3cad4";
      c.fillRect(x - 1, row.y + 2, 2, ROW - 4);
    }
  }

  drawMarks() {
    const { c, bus } = this;
    const bottom = this.height - MAP - 6;
    const loop = bus.state.loop;
    if (loop) {
      c.fillStyle = "#f2b84b26";
      c.fillRect(this.x(loop[0]), RULER - 4, this.x(loop[1]) - this.x(loop[0]), bottom - RULER + 4);
    }
    const x = Math.round(this.x(this.now())) + 0.5;
    c.strokeStyle = c.fillStyle = "#ffc95e";
    c.beginPath(); c.moveTo(x, 2); c.lineTo(x, bottom); c.stroke();
    c.beginPath(); c.moveTo(x - 5, 0); c.lineTo(x + 5, 0); c.lineTo(x, 7); c.fill();
  }

  // The strip below: the whole sitting, and what of it is shown.
  drawMap() {
    const { c, data, width } = this;
    const [first, last] = data.extent, y = this.height - MAP + 2, high = MAP - 5;
    const at = (time_s) => GUTTER + ((time_s - first) / (last - first)) * width;
    c.fillStyle = "#20262e";
    c.fillRect(GUTTER, y, width, high);
    for (const flag of data.flags) {
      c.fillStyle = colourOf(data, flag.label);
      c.fillRect(at(flag.start_s), y + 3, Math.max(2, at(flag.end_s) - at(flag.start_s)), high - 6);
    }
    c.strokeStyle = "#d5dbe4";
    c.strokeRect(at(this.from_s) + 0.5, y + 0.5, at(this.to_s) - at(this.from_s) - 1, high - 1);
    c.fillStyle = "#ffc95e";
    c.fillRect(at(this.now()) - 0.5, y, 1.5, high);
  }
}

const FONT = '"Inter", system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const MONO = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';

function clip(c, text, wide) {
  if (c.measureText(text).width <= wide) return text;
  let shorter = text;
  while (shorter && c.measureText(`${shorter}…`).width > wide) shorter = shorter.slice(0, -1);
  return `${shorter}…`;
}

function hatch(c, x, y, wide, high, colour) {
  c.save();
  c.beginPath(); c.rect(x, y, wide, high); c.clip();
  c.fillStyle = `${colour}33`;
  c.fillRect(x, y, wide, high);
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.beginPath();
  // Only as far as the picture goes: a gap of an hour, zoomed in, is very wide.
  const from = Math.max(x - high, -high), to = Math.min(x + wide, c.canvas.width);
  for (let at = from - ((from - x) % 6); at < to; at += 6) { c.moveTo(at, y + high); c.lineTo(at + high, y); }
  c.stroke();
  c.restore();
}

export default {
  render({ model, el, signal }) {
    new Timeline(model, el, signal);
  },
};
