import { button, h } from "./elements.js";
import { ask } from "./kernel.js";
import { serverBase } from "./server.js";

// Clips of what is kept as evidence: made by the kernel beside its other work, one line each with how
// far it is, and then the file.

const CLIP_PATIENCE_MS = 3600000;

export class Evidence {
  constructor(model, words) {
    this.model = model;
    this.words = words;
    this.element = h("div", { class: "rw-clips", role: "status" });
    model.on("msg:custom", (message) => message?.kind === "clipping" && this.lines.get(message.of)?.(message.share));
    this.lines = new Map(); // id of the request -> what tells its line the share
  }

  // `part`: { flag_id, label, start_s, end_s }, of a stretch without a flag's id.
  async clip(part) {
    const { words } = this;
    const bar = h("progress", { max: 1, value: 0 });
    words.bind(bar, "ui.clip_making", "aria-label");
    const line = h("p", {}, words.bind(h("span"), "ui.clip_making"), " ", bar);
    this.element.append(line);
    const id = `clip-${Date.now()}-${Math.random().toString(36).slice(2)}`;
    this.lines.set(id, (share) => { bar.value = share; });
    try {
      const made = await ask(this.model, { kind: "clip", ...part, language: words.language }, { id, patience_ms: CLIP_PATIENCE_MS });
      line.replaceChildren(words.bind(h("span"), "ui.clip_made"), " ",
        h("a", { href: new URL(made.url, serverBase()).href, download: made.file, text: made.file, dir: "auto" }));
    } catch (error) {
      line.replaceChildren(h("span", { class: "rw-warn", text: `${words.say("ui.clip_failed")} ${error.message}`, dir: "auto" }), " ",
        button(words, "ui.try_again", () => { line.remove(); this.clip(part); }, { class: "rw-small" }));
    }
    this.lines.delete(id);
  }
}
