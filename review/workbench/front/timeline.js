import { busOf } from "./bus.js";
import { button, h } from "./elements.js";
import { allFlags } from "./flags.js";
import { bindKeys } from "./keys.js";
import { drawDecisions, drawFlags, drawGrid, drawMap, drawMarks, drawNames, drawNow, drawStream, drawWave, GUTTER, MAP, ROW, RULER, WAVE } from "./lanes.js";
import { addressOf } from "./server.js";
import { showing } from "./record.js";
import { stamp, wall } from "./times.js";
import { followLanguage, Words } from "./words.js";

// The whole sitting under the player: a lane for flags of each label, for each stream with its
// coverage, events, sound and positions, and for decisions; a canvas, so that ten thousand events
// pan and zoom at the screen's own rate.

const GAP = 2, LEAST_S = 1, DWELL_MS = 180;

class Timeline {
  constructor(model, data, el, signal) {
    this.model = model;
    this.data = data;
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
    this.thumb = h("img", { alt: "", hidden: true, on: {
      load: () => { this.thumb.hidden = !this.pictured; }, error: () => { this.thumb.hidden = true; } } });
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
    // For whoever measures from outside.
    this.root.reviewDrawn = () => this.drawn;
    this.root.reviewShown = () => [this.from_s, this.to_s];
    this.root.addEventListener("review-show", (event) => this.show(...event.detail));
    el.append(this.root);
  }

  // --- rows

  layOut() {
    const { data } = this;
    const rows = [...this.flagRows()];
    if (Object.keys(this.bus.state.verdicts ?? {}).length) rows.push({ kind: "decisions", name: "ui.decisions_lane", high: ROW });
    for (const [stream, wave] of Object.entries(data.waveforms ?? {}))
      rows.push({ kind: "wave", name: `stream.${stream}`, note: "ui.sound_lane", stream, wave, high: WAVE });
    const [first, last] = data.extent;
    for (const stream of data.streams) {
      const states = data.coverage[stream] ?? [];
      const events = (data.events[stream] ?? []).filter(([at]) => at >= first && at <= last);
      const track = data.positions?.[stream];
      if (states.length || events.length)
        rows.push({ kind: events.length ? "events" : "coverage", name: `stream.${stream}`, stream, states, events, track, high: ROW });
    }
    let y = RULER, previous = null;
    for (const row of rows) {
      if (previous && previous !== row.kind) y += 5;
      row.y = y;
      y += row.high + GAP;
      previous = row.kind;
    }
    this.rows = rows;
    this.height = y + 6 + MAP;
    this.canvas.style.height = `${this.height}px`;
  }

  // One row a label, the gravest under the rulebook first; machines' and people's flags together.
  *flagRows() {
    const { data } = this;
    const flags = allFlags(data, this.bus);
    const weight = (label) => data.severity?.[label] ?? 0;
    const labels = [...new Set(flags.map((flag) => flag.label))].sort((a, b) => weight(b) - weight(a));
    for (const label of labels)
      yield { kind: "flags", name: `label.${label}`, label, weight: weight(label), high: ROW,
        items: flags.filter((flag) => flag.label === label) };
  }

  listenTo() {
    const { canvas, bus, signal } = this;
    const again = () => this.request();
    bus.on("time", (time_s) => { this.keepInSight(time_s); this.request(false); }, signal);
    for (const name of ["looped", "marked"]) bus.on(name, again, signal);
    bus.on("decided", () => { this.layOut(); this.request(); }, signal);
    bus.on("select", (id) => this.reveal(id), signal);
    bus.on("zoom", (by) => this.zoom(by, this.now()), signal);
    bus.on("fit", () => this.fit(), signal);
    canvas.addEventListener("pointerdown", (event) => this.press(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", () => { this.dragging = null; }, { signal });
    canvas.addEventListener("pointerleave", () => this.leave(), { signal });
    canvas.addEventListener("dblclick", (event) => this.open(event), { signal });
    canvas.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    const observer = new ResizeObserver(([{ contentRect }]) => { this.wide = contentRect.width; this.request(); });
    observer.observe(canvas);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  // --- where things are

  // Told by the observer: to ask the canvas would lay out the page, once for every mark on it.
  get width() { return (this.wide ?? 0) - GUTTER; }
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
    const flag = allFlags(this.data, this.bus).find((one) => one.id === id);
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
    const row = this.rows.find((one) => y >= one.y && y < one.y + one.high);
    if (!row || x < GUTTER) return null;
    const time_s = this.time(x), near_s = Math.max(this.time(x + 4) - time_s, 0.001);
    if (row.kind === "flags") {
      const flag = row.items.find((one) => one.start_s - near_s <= time_s && time_s <= one.end_s + near_s);
      return { row, flag };
    }
    if (row.kind === "wave" || row.kind === "decisions") return { row };
    const event = row.events.filter(([at]) => Math.abs(at - time_s) <= near_s)
      .sort((a, b) => Math.abs(a[0] - time_s) - Math.abs(b[0] - time_s))[0];
    const states = row.states.filter(([from_s, to_s]) => from_s <= time_s && time_s < to_s);
    return { row, event, states };
  }

  hover(x, y) {
    const found = this.thing(x, y);
    const { words, data } = this;
    if (!found) { this.leave(); return; }
    const lines = [], at = this.time(x);
    if (found.flag) {
      const { flag } = found;
      lines.push(`${words.say(`label.${flag.label}`)} · ${stamp(flag.start_s)} – ${stamp(flag.end_s)}`,
        flag.human ? words.say("ui.marked_by", { who: flag.human }) : flag.reason[words.language]);
    } else if (found.event) lines.push(`${stamp(found.event[0])} · ${found.event[1]}`, found.event[2]);
    else for (const [from_s, to_s, state] of found.states ?? [])
      lines.push(`${words.say(`state.${state}`)} · ${stamp(from_s)} – ${stamp(to_s)}`);
    lines.push(`${stamp(at)} · ${wall(data, at, words.language)}`);
    this.tip.replaceChildren(this.thumb, ...lines.filter(Boolean).map((line) => h("div", { text: line })));
    this.tip.hidden = false;
    this.tip.style.left = `${Math.min(x + 12, this.wide - 240)}px`;
    this.tip.style.bottom = `${this.root.clientHeight - y - this.canvas.offsetTop + 14}px`;
    this.picture(found, at);
  }

  // A thumbnail of the moment under the pointer, once it rests there.
  picture({ row, flag }, time_s) {
    const views = this.data.views.map((view) => view.stream);
    const stream = [row.stream, ...(flag?.streams ?? []), this.bus.state.view].find((one) => views.includes(one));
    const step_s = Math.max(1, (this.to_s - this.from_s) / 400);
    const at = (Math.round(time_s / step_s) * step_s).toFixed(1);
    const wanted = `${stream} ${at}`;
    if (!stream || wanted === this.pictured) return;
    this.pictured = wanted;
    this.thumb.hidden = true;
    clearTimeout(this.dwelling);
    this.dwelling = setTimeout(() => {
      const address = addressOf("review", "still", ...this.data.key.split("/"), stream);
      this.thumb.src = `${address}?t=${at}&w=208`;
      this.thumb.alt = `${this.words.say(`stream.${stream}`)} ${stamp(Number(at), 0)}`;
    }, DWELL_MS);
  }

  leave() {
    this.tip.hidden = true;
    this.pictured = null;
    clearTimeout(this.dwelling);
  }

  // --- drawing

  // `stale`: more than the moment has changed.
  request(stale = true) {
    this.stale ||= stale;
    this.wanted ??= requestAnimationFrame(() => { this.wanted = null; this.draw(); });
  }

  draw() {
    const { canvas, wide } = this;
    const ratio = devicePixelRatio || 1;
    if (!(wide > GUTTER)) return;
    const size = [Math.round(wide * ratio), Math.round(this.height * ratio)];
    this.layer ??= h("canvas");
    if (canvas.width !== size[0] || canvas.height !== size[1]) {
      for (const one of [canvas, this.layer]) [one.width, one.height] = size;
      this.stale = true;
    }
    // While it plays, only the moment moves: all that stays is drawn once, beside the page.
    if (this.stale) this.drawLayer(wide, ratio);
    this.stale = false;
    const c = (this.c = canvas.getContext("2d"));
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, ...size);
    c.drawImage(this.layer, 0, 0);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.save();
    c.beginPath();
    c.rect(GUTTER, 0, this.width, this.height);
    c.clip();
    drawMarks(this);
    drawNow(this);
    c.restore();
    this.say();
  }

  drawLayer(wide, ratio) {
    const c = (this.c = this.layer.getContext("2d"));
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, wide, this.height);
    c.textBaseline = "middle";
    drawNames(this);
    c.save();
    c.beginPath();
    c.rect(GUTTER, 0, this.width, this.height);
    c.clip();
    drawGrid(this);
    const draw = { flags: drawFlags, decisions: drawDecisions, wave: drawWave, events: drawStream, coverage: drawStream };
    for (const row of this.rows) draw[row.kind](this, row);
    drawMap(this);
    c.restore();
  }

  // For a screen reader, and for whoever measures from outside.
  say() {
    const { canvas } = this;
    this.drawn = (this.drawn ?? 0) + 1;
    const now = this.now();
    canvas.setAttribute("aria-valuemin", this.data.extent[0].toFixed(1));
    canvas.setAttribute("aria-valuemax", this.data.extent[1].toFixed(1));
    canvas.setAttribute("aria-valuenow", now.toFixed(1));
    canvas.setAttribute("aria-valuetext", `${stamp(now)}, ${wall(this.data, now, this.words.language)}`);
  }
}

export default showing(Timeline);
