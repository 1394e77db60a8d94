import { h } from "./elements.js";
import { View } from "./view.js";

// The views beside each other: which one keys act on, which is large, where each stands, which is heard.

export class Stage {
  constructor(data, words, bus, signal, base) {
    this.data = data;
    this.words = words;
    this.bus = bus;
    this.signal = signal;
    this.base = base;
    this.extent = data.extent;
    const audible = data.views.filter((view) => view.sound).map((view) => view.stream);
    this.audible = audible;
    this.heard = audible.includes("screen") ? "screen" : audible[0] ?? null;
    this.views = data.views.map((spec) => new View(spec, this));
    this.element = h("div", { class: "rw-views" }, ...this.views.map((view) => view.figure));
    this.choose(data.views[0]?.stream ?? null);
    this.hush();
    signal.addEventListener("abort", () => {
      for (const view of this.views) { view.release(view.video); view.release(view.spare); }
    });
  }

  get active() { return this.views.find((view) => view.spec.stream === this.chosen); }

  // The views that show a picture at the moment.
  get showing() {
    return this.views.filter((view) => view.shown === "video").map((view) => view.spec.stream);
  }

  // The view that keys act on, and that an own flag is marked in.
  choose(stream) {
    this.chosen = stream;
    this.bus.state.view = stream;
    for (const view of this.views) view.figure.classList.toggle("rw-active", view.spec.stream === stream);
    this.bus.emit("viewed", stream);
  }

  chooseNext(by) {
    const at = this.views.findIndex((view) => view.spec.stream === this.chosen);
    const next = this.views[(at + by + this.views.length) % this.views.length];
    if (next) this.choose(next.spec.stream);
  }

  // Trade places with the view that comes next on the screen.
  swap(stream) {
    const shown = [...this.element.children];
    const at = shown.findIndex((figure) => figure.dataset.stream === stream);
    if (at < 0 || shown.length < 2) return;
    const other = shown[(at + 1) % shown.length];
    const places = [...shown];
    [places[at], places[(at + 1) % shown.length]] = [other, shown[at]];
    // The order on the screen is the order of reading, too. A video that is moved stops; the next
    // picture of the page starts it again.
    this.element.replaceChildren(...places);
    this.anew();
  }

  // Where the videos were last sent does not count any more.
  anew() {
    for (const view of this.views) view.aim = null;
  }

  enlarge(stream, exact = false) {
    this.large = !stream || (stream === this.large && !exact) ? null : stream;
    if (this.large) this.choose(this.large);
    this.element.classList.toggle("rw-one-large", Boolean(this.large));
    for (const view of this.views) view.setLarge(view.spec.stream === this.large);
  }

  listen(stream) {
    this.heard = this.heard === stream ? null : stream;
    this.hush();
  }

  nextSound() {
    const choices = [null, ...this.audible];
    this.heard = choices[(choices.indexOf(this.heard) + 1) % choices.length];
    this.hush();
  }

  hush() {
    for (const view of this.views) view.hush();
  }

  // What of the coverage is said beside each view's name.
  label(time_s) {
    for (const view of this.views) {
      const states = (this.data.coverage[view.spec.stream] ?? [])
        .filter(([from_s, to_s, state]) => state !== "recorded" && state !== "missing" && from_s <= time_s && time_s < to_s);
      view.label(states.map(([, , state]) => state));
    }
  }
}
