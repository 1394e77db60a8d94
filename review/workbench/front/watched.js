import { addressOf, post } from "./server.js";
import { remember, remembered } from "./kernel.js";

// What was looked at, stretch by stretch, told to the server now and then. Told once: what the
// server has not acknowledged stays in the browser's storage and is told again.

const TELL_EVERY_MS = 30000, LEAST_S = 0.5, STEP_S = 2;

export class Watched {
  constructor(key, signal, failed) {
    this.address = addressOf("review", "watched", ...key.split("/"));
    this.store = `review.watched/${key}`;
    this.failed = failed;
    this.open = null; // the stretch at hand: { streams, start_s, end_s }
    const timer = setInterval(() => this.tell(), TELL_EVERY_MS);
    const hide = () => document.visibilityState === "hidden" && this.tell({ last: true });
    document.addEventListener("visibilitychange", hide, { signal });
    addEventListener("pagehide", () => this.tell({ last: true }), { signal });
    signal.addEventListener("abort", () => { clearInterval(timer); this.tell({ last: true }); });
  }

  // Called on every picture of the page: where the clock is, and which views show pictures.
  see(time_s, streams) {
    const name = streams.join(" ");
    const open = this.open;
    if (open && open.name === name && Math.abs(time_s - open.at_s) <= STEP_S) {
      open.start_s = Math.min(open.start_s, time_s);
      open.end_s = Math.max(open.end_s, time_s);
      open.at_s = time_s;
      return;
    }
    this.close();
    if (streams.length) this.open = { name, streams, start_s: time_s, end_s: time_s, at_s: time_s };
  }

  close() {
    const { open } = this;
    this.open = null;
    if (!open || open.end_s - open.start_s < LEAST_S) return;
    const { streams, start_s, end_s } = open;
    remember(this.store, joined([...(remembered(this.store) ?? []), { streams, start_s, end_s }]));
  }

  async tell({ last = false } = {}) {
    const { open } = this;
    this.close();
    if (open) this.open = { ...open, start_s: open.at_s, end_s: open.at_s };
    const intervals = remembered(this.store) ?? [];
    if (!intervals.length || this.telling) return;
    this.telling = true;
    try {
      const answer = await post(this.address, { intervals }, { last });
      if (!answer.ok) throw new Error(String(answer.status));
      remember(this.store, (remembered(this.store) ?? []).slice(intervals.length));
    } catch (error) {
      this.failed(error);
    }
    this.telling = false;
  }
}

// Stretches of the same views that meet become one.
export function joined(intervals) {
  const made = [];
  for (const one of intervals) {
    const same = made.find((other) => other.streams.join() === one.streams.join()
      && one.start_s <= other.end_s + 0.1 && other.start_s <= one.end_s + 0.1);
    if (same) {
      same.start_s = Math.min(same.start_s, one.start_s);
      same.end_s = Math.max(same.end_s, one.end_s);
    } else made.push({ ...one });
  }
  return made;
}
