import { button, h } from "./elements.js";
import { NoAnswer, Outbox } from "./kernel.js";

// What a form says goes to the ledger through an outbox (kernel.js): saved is what the ledger has,
// and until then the form says that it is not, and why.

const AGAIN_MS = 5000;

export class Delivery {
  // `entered(request)` after the ledger has one.
  constructor(name, model, words, signal, entered, changed = () => null) {
    this.words = words;
    this.entered = entered;
    this.changed = changed;
    this.status = h("div", { class: "rw-status", role: "status" });
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.outbox = new Outbox(name, model, (...told) => this.told(...told));
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  send(message) {
    this.say("ui.saving");
    return this.outbox.send(message);
  }

  told(kept, error, busy, request, answer) {
    if (busy) return;
    clearTimeout(this.timer);
    if (request && answer) {
      this.say(kept.length ? "ui.unsaved" : "ui.saved");
      this.fail("");
      this.entered(request);
    } else if (error) {
      const lost = error instanceof NoAnswer;
      this.say("ui.unsaved");
      this.fail(lost ? this.words.say("ui.no_kernel") : this.words.say("ui.not_entered", { why: error.message }), !lost);
      // A kernel that was only slow, or is back: what it has already is entered once.
      if (lost) this.timer = setTimeout(() => this.outbox.deliver(), AGAIN_MS);
    }
    this.changed(kept.length);
  }

  say(key) { this.status.textContent = key ? this.words.say(key) : ""; }

  fail(message, refused = false) {
    this.error.hidden = !message;
    this.error.replaceChildren(h("span", { text: message, dir: "auto" }));
    if (!message) return;
    this.error.append(button(this.words, "ui.try_again", () => this.outbox.deliver(), { class: "rw-small" }));
    if (refused) this.error.append(button(this.words, "ui.discard", () => this.discard(), { class: "rw-small" }));
  }

  discard() {
    this.fail("");
    this.say("");
    this.outbox.discard();
  }
}
