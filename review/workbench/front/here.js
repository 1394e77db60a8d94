import { addressOf, post, whyNot } from "./server.js";

// Who else has this sitting open, and whether the server still answers this page.

const CALL_EVERY_MS = 15000;

export class Here {
  // `met(others, head)` after every answer, `lost(key)` when there is none: why, as a word.
  constructor(key, signal, met, lost) {
    this.address = addressOf("review", "here", ...key.split("/"));
    this.page = Math.random().toString(36).slice(2);
    this.met = met;
    this.lost = lost;
    const timer = setInterval(() => this.call(), CALL_EVERY_MS);
    const back = () => document.visibilityState === "visible" && this.call();
    document.addEventListener("visibilitychange", back, { signal });
    addEventListener("pagehide", () => this.leave(), { signal });
    signal.addEventListener("abort", () => { clearInterval(timer); this.leave(); });
    this.call();
  }

  async call() {
    let answer = null;
    try {
      answer = await post(this.address, { page: this.page });
    } catch {
      return this.lost("ui.server_gone");
    }
    if (!answer.ok) return this.lost(whyNot(answer.status));
    const { others, head } = await answer.json();
    return this.met(others, head);
  }

  leave() {
    post(this.address, { page: this.page, leaving: true }, { last: true }).catch(() => null);
  }
}
