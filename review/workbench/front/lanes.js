import { allFlags } from "./flags.js";
import { colourOf, stamp, STATE_COLOURS, wall } from "./times.js";

// How the timeline's lanes are drawn: each function is given the timeline and a row of it.

export const GUTTER = 136, RULER = 34, ROW = 16, WAVE = 24, MAP = 16;
const FONT = '"Inter", system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const MONO = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace';
const VERDICT_COLOURS = { confirmed: "#ff8371", dismissed: "#6fd39a", unsure: "#ffc95e" };
const VERDICT_MARKS = { confirmed: "✓", dismissed: "✕", unsure: "?" };

export function drawNames(t) {
  const { c } = t;
  c.textAlign = "right";
  for (const row of t.rows) {
    c.fillStyle = row.kind === "flags" ? colourOf(t.data, row.label) : "#a7b0bd";
    c.font = `12px ${FONT}`;
    const name = row.note ? t.words.say(row.note, { stream: t.words.say(row.name) }) : t.words.say(row.name);
    c.fillText(clip(c, name, GUTTER - 30), GUTTER - 10, row.y + row.high / 2 + 0.5);
    // How grave one certain flag of the label is under the rulebook: one to three dots.
    for (let n = 0; n < grade(row.weight); n += 1) {
      c.beginPath(); c.arc(6, row.y + 3.5 + n * 4.5, 1.6, 0, 7); c.fill();
    }
  }
}

function grade(weight) {
  return weight >= 60 ? 3 : weight >= 25 ? 2 : weight > 0 ? 1 : 0;
}

export function drawGrid(t) {
  const { c, data } = t;
  const length = t.to_s - t.from_s;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200]
    .find((one) => (one / length) * t.width > 92) ?? 14400;
  // Outside the window nothing is judged: it is dimmed.
  const bottom = t.height - MAP - 6;
  c.fillStyle = "#ffffff08";
  for (const row of t.rows) c.fillRect(GUTTER, row.y, t.width, row.high);
  c.textAlign = "left";
  c.font = `11px ${MONO}`;
  for (let n = Math.ceil(t.from_s / step); n * step <= t.to_s; n += 1) {
    const x = Math.round(t.x(n * step)) + 0.5;
    c.strokeStyle = "#2b323c";
    c.beginPath(); c.moveTo(x, 4); c.lineTo(x, bottom); c.stroke();
    c.fillStyle = "#c3cad4";
    c.fillText(stamp(n * step, step < 1 ? 1 : 0), x + 4, 10);
    c.fillStyle = "#8d98a7";
    c.fillText(wall(data, n * step, t.words.language), x + 4, 24);
  }
  c.fillStyle = "#00000066";
  const [start, end] = data.window;
  if (end > start) {
    c.fillRect(GUTTER, RULER, Math.max(0, t.x(start) - GUTTER), bottom - RULER);
    c.fillRect(t.x(end), RULER, Math.max(0, GUTTER + t.width - t.x(end)), bottom - RULER);
  }
}

export function drawFlags(t, row) {
  const { c, bus } = t;
  const colour = colourOf(t.data, row.label);
  for (const flag of row.items) {
    if (flag.end_s < t.from_s || flag.start_s > t.to_s) continue;
    const x = t.x(flag.start_s), wide = Math.max(3, t.x(flag.end_s) - x);
    const verdict = bus.state.verdicts?.[flag.id];
    c.globalAlpha = verdict === "dismissed" ? 0.35 : 0.55 + 0.45 * (flag.score ?? 0.6);
    if (flag.human) drawHuman(c, x, row.y, wide, colour);
    else {
      c.fillStyle = colour;
      c.beginPath(); c.roundRect(x, row.y + 1, wide, ROW - 2, 3); c.fill();
    }
    c.globalAlpha = 1;
    if (verdict && wide > 12 && !flag.human) {
      c.fillStyle = "#101317";
      c.textAlign = "center";
      c.font = `bold 12px ${FONT}`;
      c.fillText(VERDICT_MARKS[verdict], x + wide / 2, row.y + ROW / 2 + 1);
    }
    if (flag.id === bus.state.selected) {
      c.strokeStyle = "#ffffff"; c.lineWidth = 2;
      c.beginPath(); c.roundRect(x - 1, row.y, wide + 2, ROW, 4); c.stroke();
      c.lineWidth = 1;
    }
  }
}

// What a person marked is an outline with a head and shoulders; what a machine found is filled.
function drawHuman(c, x, y, wide, colour) {
  c.globalAlpha = 1;
  c.strokeStyle = c.fillStyle = colour;
  c.lineWidth = 2;
  c.beginPath(); c.roundRect(x + 1, y + 2, Math.max(3, wide - 2), ROW - 4, 3); c.stroke();
  c.lineWidth = 1;
  const middle = x + Math.max(wide, 9) / 2;
  c.beginPath(); c.arc(middle, y + 6, 2.1, 0, 7); c.fill();
  c.beginPath(); c.arc(middle, y + 12.5, 3.8, Math.PI, 0); c.fill();
}

export function drawDecisions(t, row) {
  const { c, bus } = t;
  c.textAlign = "center";
  c.font = `bold 12px ${FONT}`;
  let last = -20;
  for (const flag of allFlags(t.data, bus)) {
    const verdict = bus.state.verdicts?.[flag.id];
    if (!verdict || flag.start_s < t.from_s || flag.start_s > t.to_s) continue;
    const x = t.x(flag.start_s);
    if (x - last < 3) continue;
    c.fillStyle = VERDICT_COLOURS[verdict];
    if (x - last < 11) c.fillRect(x - 1, row.y + 3, 2, ROW - 6);
    else c.fillText(VERDICT_MARKS[verdict], x, row.y + ROW / 2 + 1);
    last = x;
  }
}

// The loudest of each column; speech is lit.
export function drawWave(t, row) {
  const { c } = t;
  const { start_s, step_s, level, speech } = row.wave;
  const middle = row.y + row.high / 2, half = row.high / 2 - 1;
  const lit = speech.filter(([from_s, to_s]) => to_s >= t.from_s && from_s <= t.to_s);
  const columns = Math.ceil(t.width), by_s = (t.to_s - t.from_s) / columns;
  const colours = { "#ea86bf33": new Path2D(), "#7f93ab": new Path2D(), "#ea86bf": new Path2D() };
  const [behind, still, voice] = Object.values(colours);
  for (const [from_s, to_s] of lit) behind.rect(t.x(from_s), row.y, Math.max(2, t.x(to_s) - t.x(from_s)), row.high);
  let spoken = 0;
  for (let n = 0; n < columns; n += 1) {
    const at_s = t.from_s + n * by_s;
    const from = Math.max(0, Math.floor((at_s - start_s) / step_s));
    const to = Math.min(level.length, Math.max(from + 1, Math.floor((at_s + by_s - start_s) / step_s)));
    let loud = -1;
    if (at_s + by_s >= start_s) for (let i = from; i < to; i += 1) if (level[i] > loud) loud = level[i];
    if (loud < 0) continue;
    while (spoken < lit.length && lit[spoken][1] < at_s) spoken += 1;
    const heard = spoken < lit.length && lit[spoken][0] <= at_s + by_s;
    const high = Math.max(0.5, (loud / 100) * half);
    (heard ? voice : still).rect(GUTTER + n, middle - high, 1, 2 * high);
  }
  // One stroke of the brush a colour: to change it for every column costs more than the columns.
  for (const [colour, path] of Object.entries(colours)) {
    c.fillStyle = colour;
    c.fill(path);
  }
}

// How far a phone is from its check-in place, from the foot of the lane; at least 50 m high.
function drawTrack(t, row) {
  const { c } = t;
  const { track } = row;
  row.far_m ??= Math.max(50, ...track.map(([, metres]) => metres));
  c.strokeStyle = "#62cc8e";
  c.lineWidth = 1.5;
  c.beginPath();
  let drawn = -2, pen = false;
  for (let n = Math.max(0, firstAfter(track, t.from_s) - 1); n < track.length; n += 1) {
    const [at_s, metres] = track[n];
    const x = t.x(at_s);
    if (x - drawn >= 1 || !pen) {
      c[pen ? "lineTo" : "moveTo"](x, row.y + ROW - 2 - (metres / row.far_m) * (ROW - 4));
      pen = true;
      drawn = x;
    }
    if (at_s > t.to_s) break;
  }
  c.stroke();
  c.lineWidth = 1;
}

function firstAfter(rows, time_s) {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] < time_s) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function drawStream(t, row) {
  const { c } = t;
  for (const [from_s, to_s, state] of row.states) {
    if (to_s < t.from_s || from_s > t.to_s) continue;
    const x = t.x(from_s), wide = Math.max(1, t.x(to_s) - x);
    const over = state !== "recorded" && state !== "missing";
    c.fillStyle = STATE_COLOURS[state] ?? "#888";
    // What is wrong with a recorded stretch lies in its lower half; what is missing is hatched.
    if (over) c.fillRect(x, row.y + ROW - 8, wide, 6);
    else if (state === "missing") hatch(c, x, row.y + 2, wide, ROW - 4, STATE_COLOURS.missing);
    else c.fillRect(x, row.y + 2, wide, ROW - 4);
  }
  if (row.track) drawTrack(t, row);
  let last = -10;
  for (let n = firstAfter(row.events, t.from_s); n < row.events.length; n += 1) {
    const [at, kind] = row.events[n];
    if (at > t.to_s) break;
    const x = Math.round(t.x(at));
    if (x - last < 2) continue;
    last = x;
    c.fillStyle = kind === "focus_lost" || kind === "warning" ? "#ffb35c" : "#c3cad4";
    c.fillRect(x - 1, row.y + 2, 2, ROW - 4);
  }
}

export function drawMarks(t) {
  const { c, bus } = t;
  const bottom = t.height - MAP - 6;
  const loop = bus.state.loop;
  if (loop) {
    c.fillStyle = "#f2b84b26";
    c.fillRect(t.x(loop[0]), RULER - 4, t.x(loop[1]) - t.x(loop[0]), bottom - RULER + 4);
  }
  // What playback may skip is a thin line under the ruler.
  c.fillStyle = "#5c6b7d";
  for (const [from_s, to_s] of t.data.quiet ?? []) c.fillRect(t.x(from_s), RULER - 4, t.x(to_s) - t.x(from_s), 2);
  const { marks } = bus.state;
  if (marks.in !== undefined || marks.out !== undefined) {
    const from_s = marks.in ?? marks.out, to_s = marks.out ?? t.now();
    c.fillStyle = "#7cc0ff33";
    c.fillRect(t.x(Math.min(from_s, to_s)), RULER - 4, Math.abs(t.x(to_s) - t.x(from_s)), bottom - RULER + 4);
    c.fillStyle = "#7cc0ff";
    for (const at_s of [marks.in, marks.out]) if (at_s !== undefined) c.fillRect(t.x(at_s) - 1, RULER - 6, 2, bottom - RULER + 6);
  }
}

// The moment that the player shows, in the lanes and in the strip below them.
export function drawNow(t) {
  const { c } = t;
  const bottom = t.height - MAP - 6, [first, last] = t.data.extent;
  const x = Math.round(t.x(t.now())) + 0.5;
  c.strokeStyle = c.fillStyle = "#ffc95e";
  c.beginPath(); c.moveTo(x, 2); c.lineTo(x, bottom); c.stroke();
  c.beginPath(); c.moveTo(x - 5, 0); c.lineTo(x + 5, 0); c.lineTo(x, 7); c.fill();
  c.fillRect(GUTTER + ((t.now() - first) / (last - first)) * t.width - 0.5, t.height - MAP + 2, 1.5, MAP - 5);
}

// The strip below: the whole sitting, and what of it is shown.
export function drawMap(t) {
  const { c, data, width } = t;
  const [first, last] = data.extent, y = t.height - MAP + 2, high = MAP - 5;
  const at = (time_s) => GUTTER + ((time_s - first) / (last - first)) * width;
  c.fillStyle = "#20262e";
  c.fillRect(GUTTER, y, width, high);
  for (const flag of allFlags(data, t.bus)) {
    c.fillStyle = colourOf(data, flag.label);
    c.fillRect(at(flag.start_s), y + 3, Math.max(2, at(flag.end_s) - at(flag.start_s)), high - 6);
  }
  c.strokeStyle = "#d5dbe4";
  c.strokeRect(at(t.from_s) + 0.5, y + 0.5, at(t.to_s) - at(t.from_s) - 1, high - 1);
}

// Texts that were cut to a width: measuring them anew for every picture would be most of the work.
const CLIPPED = new Map();

function clip(c, text, wide) {
  const key = `${c.font}/${wide}/${text}`;
  if (!CLIPPED.has(key)) {
    let shorter = text;
    while (shorter && c.measureText(shorter === text ? text : `${shorter}…`).width > wide) shorter = shorter.slice(0, -1);
    CLIPPED.set(key, shorter === text ? text : `${shorter}…`);
  }
  return CLIPPED.get(key);
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
