import { busOf } from "./bus.js";
import { button, h } from "./elements.js";
import { bindKeys } from "./keys.js";
import { stamp } from "./times.js";
import { followLanguage, Words } from "./words.js";

// Where the phones were and are: a map in metres, without tiles and without a network.

const COLOURS = { gps_phone1: "#ff9257", gps_phone2: "#62cc8e" };
const INK = "#d5dbe4";

class Whereabouts {
  constructor(model, el, signal) {
    this.data = model.get("data");
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.view = this.data.view && [...this.data.view];
    const { words } = this;
    this.canvas = h("canvas", { class: "rw-map", role: "img" });
    words.bind(this.canvas, "ui.panel_place", "aria-label");
    this.said = h("div", { class: "rw-map-said", "aria-live": "off" });
    const zoom = (by) => () => this.zoom(by);
    const root = h("section", { class: "rw rw-place" },
      h("div", { class: "rw-map-box" }, this.canvas,
        h("div", { class: "rw-map-zoom" }, button(words, "ui.zoom_in", zoom(0.5), { class: "rw-small" }),
          button(words, "ui.zoom_out", zoom(2), { class: "rw-small" }),
          button(words, "ui.fit", () => { this.view = this.data.view && [...this.data.view]; this.draw(); }, { class: "rw-small" }))),
      this.said);
    words.bind(root, "ui.panel_place", "aria-label");
    bindKeys(root, this.bus, signal);
    followLanguage(model, this.bus, words, root, () => this.draw(), signal);
    this.bus.on("time", () => this.draw(), signal);
    this.listen(signal);
    el.append(root);
    this.draw();
  }

  listen(signal) {
    const { canvas } = this;
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(canvas);
    signal.addEventListener("abort", () => observer.disconnect());
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(Math.exp(event.deltaY / 400), event); }, { signal, passive: false });
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); this.held = [event.offsetX, event.offsetY]; }, { signal });
    canvas.addEventListener("pointerup", () => { this.held = null; }, { signal });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.held || !this.view) return;
      const [x, y] = this.held;
      const by_x = (x - event.offsetX) / this.scale, by_y = (event.offsetY - y) / this.scale;
      this.view = [this.view[0] + by_x, this.view[1] + by_x, this.view[2] + by_y, this.view[3] + by_y];
      this.held = [event.offsetX, event.offsetY];
      this.draw();
    }, { signal });
  }

  zoom(by) {
    if (!this.view) return;
    const [left, right, bottom, top] = this.view;
    const x = (left + right) / 2, y = (bottom + top) / 2;
    this.view = [x + (left - x) * by, x + (right - x) * by, y + (bottom - y) * by, y + (top - y) * by];
    this.draw();
  }

  // The last fix at or before a time, and the next: a phone is drawn where it said it was.
  at(track, time_s) {
    let low = 0, high = track.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (track[middle][0] <= time_s) low = middle + 1;
      else high = middle;
    }
    return track[low - 1] ?? null;
  }

  draw() {
    this.wanted ??= requestAnimationFrame(() => { this.wanted = null; this.paint(); });
  }

  paint() {
    const { canvas, data, words } = this;
    const wide = canvas.clientWidth, high = canvas.clientHeight, ratio = devicePixelRatio || 1;
    if (!wide || !high) return;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(high * ratio);
    const c = canvas.getContext("2d");
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, wide, high);
    if (!this.view) {
      this.said.textContent = words.say("ui.no_positions");
      return;
    }
    const [left, right, bottom, top] = this.view;
    this.scale = Math.min(wide / (right - left), high / (top - bottom));
    const x0 = wide / 2 - (this.scale * (left + right)) / 2, y0 = high / 2 + (this.scale * (bottom + top)) / 2;
    const place = ([east, north]) => [x0 + east * this.scale, y0 - north * this.scale];
    this.paintBorder(c, place);
    const now_s = this.bus.state.time_s ?? 0;
    const lines = [];
    for (const [stream, track] of Object.entries(data.tracks)) {
      this.paintTrack(c, place, track, COLOURS[stream]);
      const fix = this.at(track, now_s);
      if (data.checkin[stream]) this.paintCheckin(c, place(data.checkin[stream]), COLOURS[stream]);
      if (fix) this.paintNow(c, place([fix[1], fix[2]]), fix[3], COLOURS[stream]);
      lines.push(this.sentence(stream, fix, now_s));
    }
    this.paintScale(c, wide, high);
    if (data.border_m !== null && data.border_m !== undefined) lines.push(h("div", { class: "rw-quiet", text: words.say("ui.border_away", { m: Math.round(data.border_m) }) }));
    this.said.replaceChildren(...lines);
  }

  sentence(stream, fix, now_s) {
    const { words, data } = this;
    const dot = h("span", { class: "rw-dot", "aria-hidden": "true" });
    dot.style.setProperty("--dot", COLOURS[stream]);
    const checkin = data.checkin[stream];
    const away = fix && checkin ? words.say("ui.from_checkin", { m: Math.round(Math.hypot(fix[1] - checkin[0], fix[2] - checkin[1])) }) : "";
    const text = fix ? words.say("ui.fix", { m: fix[3] === null ? "?" : Math.round(fix[3]), age: Math.max(0, Math.round(now_s - fix[0])) }) : words.say("ui.no_fix_yet");
    return h("div", {}, dot, h("b", { text: ` ${words.say(`stream.${stream}`)} ` }), `${text} ${away}${fix?.[4] ? ` ${words.say("label.mock_location")}` : ""}`);
  }

  paintBorder(c, place) {
    c.strokeStyle = INK;
    c.setLineDash([7, 5]);
    c.lineWidth = 1.6;
    for (const line of this.data.border) {
      c.beginPath();
      line.forEach((point, n) => c[n ? "lineTo" : "moveTo"](...place(point)));
      c.stroke();
    }
    c.setLineDash([]);
  }

  paintTrack(c, place, track, colour) {
    const step = Math.max(1, Math.ceil(track.length / 150));
    c.globalAlpha = 0.1;
    c.fillStyle = c.strokeStyle = colour;
    for (let n = 0; n < track.length; n += step) {
      const [, east, north, radius] = track[n];
      if (radius === null) continue;
      c.beginPath(); c.arc(...place([east, north]), radius * this.scale, 0, 7); c.stroke();
    }
    c.globalAlpha = 0.8;
    c.lineWidth = 1;
    c.beginPath();
    track.forEach(([, east, north], n) => c[n ? "lineTo" : "moveTo"](...place([east, north])));
    c.stroke();
    c.globalAlpha = 1;
  }

  paintCheckin(c, [x, y], colour) {
    c.strokeStyle = colour;
    c.lineWidth = 2.5;
    c.beginPath(); c.moveTo(x - 8, y); c.lineTo(x + 8, y); c.moveTo(x, y - 8); c.lineTo(x, y + 8); c.stroke();
  }

  paintNow(c, [x, y], radius, colour) {
    c.fillStyle = `${colour}44`;
    if (radius !== null) { c.beginPath(); c.arc(x, y, Math.max(6, radius * this.scale), 0, 7); c.fill(); }
    c.fillStyle = colour;
    c.strokeStyle = "#14171c";
    c.lineWidth = 2;
    c.beginPath(); c.arc(x, y, 6, 0, 7); c.fill(); c.stroke();
  }

  paintScale(c, wide, high) {
    const step = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000].find((m) => m * this.scale > 60) ?? 100000;
    c.strokeStyle = c.fillStyle = INK;
    c.lineWidth = 2;
    c.beginPath(); c.moveTo(12, high - 14); c.lineTo(12 + step * this.scale, high - 14); c.stroke();
    c.font = "12px system-ui, sans-serif";
    c.fillText(step >= 1000 ? `${step / 1000} km` : `${step} m`, 12, high - 20);
  }
}

export default {
  render({ model, el, signal }) {
    new Whereabouts(model, el, signal);
  },
};
