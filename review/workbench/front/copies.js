import { button, h } from "./elements.js";
import { ask } from "./kernel.js";

// Copies of recordings: of what a browser does not play, and light ones for a slow machine. The
// kernel makes them, and says how far it is; each is played as soon as it is there.

const SLOW_S = 0.8, SLOW_JUMPS = 6; // jumps that take this long: the recordings are heavy for this machine
const PATIENCE_MS = 3600000;

export class Copies {
  constructor(model, stage, light, failed) {
    this.model = model;
    this.stage = stage;
    this.words = stage.words;
    this.light = light;
    this.failed = failed;
    stage.copies = this;
    this.button = button(this.words, "ui.light_copies", () => this.lighten(), { class: "rw-small rw-light" });
    this.button.hidden = light;
    this.state = h("span", { class: "rw-quiet", role: "status" });
    model.on("msg:custom", (message) => this.told(message));
  }

  async make(view, span, light) {
    view.copying = this.words.say("ui.copying");
    view.marked = null;
    try {
      const { url, media_shift_s } = await ask(this.model, { kind: "copy", file: span.file, light }, { patience_ms: PATIENCE_MS });
      this.told({ kind: "copied", file: span.file, light, url, media_shift_s });
    } catch (error) {
      this.failed(error.message);
    }
    view.copying = null;
    view.marked = null;
  }

  // Light copies of everything, one after the other.
  async lighten() {
    if (this.busy) return;
    this.busy = this.button.disabled = true;
    const files = this.stage.views.flatMap((view) => [...new Map(view.spans.map((span) => [span.file, [view, span]])).values()]);
    const left = files.filter(([, span]) => !span.light);
    for (const [n, [view, span]] of left.entries()) {
      this.count = `${n + 1}/${left.length}`;
      this.state.textContent = this.count;
      await this.make(view, span, true);
    }
    this.state.textContent = "";
    this.button.hidden = files.every(([, span]) => span.light);
    this.busy = this.button.disabled = false;
  }

  told(message) {
    if (message.kind === "copying" && this.busy)
      this.state.textContent = `${this.count} ${Math.round(message.share * 100)} %`;
    for (const view of this.stage.views)
      for (const span of view.spans) {
        if (span.file !== message.file) continue;
        if (message.kind === "copying") {
          view.copying = `${Math.round(message.share * 100)} %`;
          view.marked = null;
        }
        if (message.kind === "copied" && (span.url !== message.url || !span.ready)) {
          span.url = message.url;
          span.media_s += message.media_shift_s;
          span.ready = true;
          span.light = message.url.includes("light=1");
        }
      }
  }

  // Recordings that this machine cannot jump in are said to be heavy, once.
  watchSpeed() {
    if (this.heavy || this.light || !this.stage.views.some((view) => view.jumps >= SLOW_JUMPS && view.latency_s > SLOW_S)) return;
    this.heavy = true;
    this.state.textContent = this.words.say("ui.heavy");
    this.button.classList.add("rw-wanted");
  }
}
