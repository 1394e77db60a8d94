import { busOf } from "./bus.js";
import { button, h, icon } from "./elements.js";
import { allFlags } from "./flags.js";
import { Here } from "./here.js";
import { ask } from "./kernel.js";
import { bindKeys, Help } from "./keys.js";
import { addressOf, openNotebook, serverBase } from "./server.js";
import { stamp, wall } from "./times.js";
import { View } from "./view.js";
import { Watched } from "./watched.js";
import { followLanguage, Words } from "./words.js";

// Four views that play as one on session time. A clock in the page leads; every video follows it:
// a small error is worked off by its rate, a large one by a jump. Above 4x and backwards, videos
// stand still and jump from picture to picture. The kernel is asked for nothing but copies.

const RATES = [0.25, 0.5, 1, 1.5, 2, 4, 8, 16];
const SMOOTH_RATE = 4; // faster, a browser drops pictures of four videos at once
const HOLD_MS = 2000;
const SLOW_S = 0.8, SLOW_JUMPS = 6; // jumps that take this long: the recordings are heavy for this machine

class Player {
  constructor(model, el, signal) {
    this.model = model;
    this.data = model.get("data");
    this.extent = this.data.extent;
    this.base = serverBase();
    this.bus = busOf(this.data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.signal = signal;
    this.clock = { time_s: this.bus.state.time_s ?? Math.max(0, this.extent[0]), rate: 1, playing: false, at: performance.now() };
    this.heard = this.data.views.find((view) => view.stream === "screen" && view.sound)?.stream
      ?? this.data.views.find((view) => view.sound)?.stream ?? null;
    this.views = this.data.views.map((spec) => new View(spec, this));
    this.chosen = this.data.views[0]?.stream ?? null;
    this.build(el);
    this.choose(this.chosen);
    this.listenTo();
    for (const view of this.views) view.hush();
    this.frame = this.frame.bind(this);
    this.next = requestAnimationFrame(this.frame);
    // A page in the background draws nothing but has to keep up.
    const behind = setInterval(() => document.hidden && this.frame(performance.now()), 500);
    this.watched = new Watched(this.data.key, signal, () => null);
    new Here(this.data.key, signal, (others, head) => this.meet(others, head),
      (why) => this.fail(this.words.say(why), true));
    signal.addEventListener("abort", () => {
      cancelAnimationFrame(this.next);
      clearInterval(behind);
      for (const view of this.views) { view.release(view.video); view.release(view.spare); }
    });
  }

  build(el) {
    const { words, data } = this;
    const make = (key, act, name, more) => button(words, `ui.${key}`, act, { icon: name, ...more });
    this.now = h("output", { class: "rw-now", "aria-live": "off" });
    this.wallclock = h("span", { class: "rw-wall" });
    this.language = button(words, "ui.other_language", () => this.switchLanguage(), { class: "rw-small" });
    this.others = h("span", { class: "rw-chip rw-others", role: "status", hidden: true });
    this.lightButton = button(words, "ui.light_copies", () => this.lighten(), { class: "rw-small rw-light" });
    this.lightButton.hidden = data.light;
    this.lightState = h("span", { class: "rw-quiet", role: "status" });
    const head = h("header", { class: "rw-head" },
      h("strong", { class: "rw-who", text: data.candidate.name, dir: "auto" }),
      h("span", { class: "rw-quiet rw-which", text: `${data.candidate.id} · ${data.subject.name}`, dir: "auto" }),
      this.me = h("span", { class: "rw-quiet rw-me", dir: "auto" }),
      data.blind ? words.bind(h("span", { class: "rw-chip rw-blind" }), "ui.blind") : null,
      this.others, h("span", { class: "rw-space" }), this.lightState, this.lightButton, this.language,
      make("help", () => this.help.show(), "keys"), make("full_page", () => this.fullPage(), "large"),
      button(words, "ui.next_candidate", () => this.nextCandidate(), { class: "rw-small", hint: "G" }));
    this.grid = h("div", { class: "rw-views" }, ...this.views.map((view) => view.figure));
    this.toggleButton = make("toggle", () => this.toggle(), "play", { class: "rw-play" });
    this.loopButton = make("loop", () => this.loop(), "loop", { "aria-pressed": "false" });
    this.quietButton = make("skip_quiet", () => this.skipQuiet(), "quiet", { "aria-pressed": "false" });
    this.quietButton.hidden = !data.quiet?.length;
    this.rate = h("select", { class: "rw-rate", on: { change: () => this.setRate(Number(this.rate.value)) } },
      ...RATES.map((rate) => h("option", { value: rate, text: `${rate}×` })));
    words.bind(this.rate, "ui.rate", "aria-label");
    this.rate.value = "1";
    const bar = h("div", { class: "rw-transport", role: "toolbar" },
      h("div", { class: "rw-times" }, this.now, this.wallclock),
      h("div", { class: "rw-buttons" },
        make("previous_flag", () => this.toFlag(-1), "previous"), make("step_back", () => this.step(-1), "back"),
        this.toggleButton, make("step_forward", () => this.step(1), "forward"),
        make("next_flag", () => this.toFlag(1), "next")),
      h("div", { class: "rw-buttons rw-right" }, this.quietButton, this.loopButton, this.rate));
    words.bind(bar, "ui.transport", "aria-label");
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.help = new Help(words, () => this.root);
    this.root = h("section", { class: "rw rw-player" }, head, this.grid, bar, this.error, this.help.element);
    words.bind(this.root, "ui.player", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => {
      this.drawn = null;
      this.me.textContent = words.say("ui.signed_in", { who: data.me.name, role: words.say(`role.${data.me.role}`) });
    }, this.signal);
    this.openForMeasuring();
    el.append(this.root);
  }

  // For whoever measures from outside: the clock, and where each view's own clock stands in it.
  openForMeasuring() {
    this.root.reviewClock = () => this.clock.time_s;
    this.root.reviewExtent = () => this.extent;
    this.root.reviewTimes = () => this.views.map((view) => view.sessionTime()).filter((time) => time !== null);
    this.root.addEventListener("review-seek", (event) => this.seek(event.detail));
    this.root.addEventListener("review-tell", () => this.watched.tell());
  }

  listenTo() {
    const on = (name, act) => this.bus.on(name, act, this.signal);
    on("seek", (time_s) => this.seek(time_s));
    on("toggle", () => this.toggle());
    on("slower", () => this.shuttle(-1));
    on("faster", () => this.shuttle(1));
    on("step", (by) => this.step(by));
    on("skip", (by) => this.seek(this.clock.time_s + by));
    on("edge", (side) => this.seek(this.extent[side < 0 ? 0 : 1]));
    on("flag", (by) => this.toFlag(by));
    on("select", (id) => this.select(id));
    on("loop", () => this.loop());
    on("sound", () => this.nextSound());
    on("enlarge", (n) => this.enlarge(n === null ? null : this.views[n]?.spec.stream, true));
    on("escape", () => (this.help.shown ? this.help.show(false) : this.enlarge(null, true)));
    on("help", () => this.help.show());
    on("event", (by) => this.toEvent(by));
    on("minute", (by) => this.toMinute(by));
    on("view", (by) => this.chooseNext(by));
    on("turn", () => this.active?.turn());
    on("brighten", () => this.active?.brighten());
    on("swap", () => this.swap(this.chosen));
    on("quiet", () => this.skipQuiet());
    on("next", () => this.nextCandidate());
    on("decided", () => { this.events = null; });
    this.model.on("msg:custom", (message) => this.told(message));
    this.model.on("change:data", () => this.refresh());
  }

  // --- the clock

  frame(now) {
    this.next = requestAnimationFrame(this.frame);
    const clock = this.clock;
    const moving = clock.playing && this.holding === undefined;
    if (moving) {
      clock.time_s += ((now - clock.at) / 1000) * clock.rate;
      this.bound();
    }
    clock.at = now;
    const running = clock.playing && this.holding === undefined;
    const how = { running, smooth: this.smooth, rate: clock.rate, now };
    let waiting = false;
    for (const view of this.views) waiting = view.follow(clock.time_s, how) || waiting;
    this.hold(waiting, now);
    if (!document.hidden)
      this.watched.see(clock.time_s, this.views.filter((view) => view.shown === "video").map((view) => view.spec.stream));
    this.watchSpeed(now);
    this.draw();
  }

  // Whether the videos run by themselves; else they are led from picture to picture.
  get smooth() {
    return this.clock.playing && this.clock.rate > 0 && this.clock.rate <= SMOOTH_RATE;
  }

  // All wait for the one that is not there yet, but not for ever.
  hold(waiting, now) {
    if (!this.smooth || !waiting) { this.holding = undefined; this.given_up = waiting && this.given_up; return; }
    if (this.given_up) return;
    this.holding ??= now;
    if (now - this.holding > HOLD_MS) { this.holding = undefined; this.given_up = true; }
  }

  bound() {
    const { clock, bus } = this;
    const loop = bus.state.loop;
    if (loop && clock.time_s >= loop[1]) return this.place(loop[0]);
    if (this.skipping && !loop && clock.rate > 0) {
      const quiet = this.data.quiet.find(([from_s, to_s]) => from_s <= clock.time_s && clock.time_s < to_s);
      if (quiet) return this.place(quiet[1]);
    }
    if (clock.time_s >= this.extent[1] || clock.time_s <= this.extent[0]) {
      this.place(clock.time_s);
      this.setPlaying(false);
    }
  }

  place(time_s) {
    this.clock.time_s = Math.max(this.extent[0], Math.min(this.extent[1], time_s));
    this.given_up = false;
    // Everybody is put in place before anybody runs again.
    this.holding = this.smooth ? performance.now() : undefined;
    for (const view of this.views) { view.pause(); view.aim = null; }
  }

  seek(time_s) {
    const loop = this.bus.state.loop;
    if (loop && (time_s < loop[0] || time_s >= loop[1])) this.setLoop(null);
    this.place(time_s);
  }

  setPlaying(playing) {
    this.clock.playing = playing;
    this.clock.at = performance.now();
    if (!playing) this.holding = undefined;
    for (const view of this.views) view.aim = null;
  }

  toggle() {
    const end = this.clock.time_s >= this.extent[1] - 0.05;
    if (!this.clock.playing && this.clock.rate < 0) this.setRate(1);
    if (!this.clock.playing && end) this.seek(this.extent[0]);
    this.setPlaying(!this.clock.playing);
  }

  setRate(rate) {
    this.clock.rate = rate;
    for (const view of this.views) { view.aim = null; if (!view.video.paused) view.video.playbackRate = Math.min(16, Math.max(0.1, rate)); }
    this.rate.value = String(Math.abs(rate));
  }

  // J and L: each press doubles the speed in its direction.
  shuttle(direction) {
    const { clock } = this;
    const same = clock.playing && Math.sign(clock.rate) === direction;
    this.setRate(direction * (same ? Math.min(16, Math.abs(clock.rate) * 2) : 1));
    if (!clock.playing) this.setPlaying(true);
  }

  step(by) {
    this.setPlaying(false);
    // On the grid of the view's own pictures: a step from between two does not skip one.
    const length_s = 1 / (this.active?.spec.fps || 25);
    this.seek((Math.round(this.clock.time_s / length_s) + by) * length_s);
  }

  // --- flags, events, minutes

  toFlag(by) {
    const flags = allFlags(this.data, this.bus);
    const selected = flags.findIndex((flag) => flag.id === this.bus.state.selected);
    const here = this.clock.time_s;
    let next = selected >= 0 ? selected + by
      : by > 0 ? flags.findIndex((flag) => flag.start_s > here)
        : flags.findLastIndex((flag) => flag.start_s < here);
    if (selected < 0 && next < 0) next = by > 0 ? flags.length - 1 : 0;
    if (flags[next]) this.bus.emit("select", flags[next].id);
  }

  toEvent(by) {
    this.events ??= Object.values(this.data.events).flat().map(([at]) => at).sort((a, b) => a - b);
    const here = this.clock.time_s;
    const next = by > 0 ? this.events.find((at) => at > here + 0.05)
      : this.events.findLast((at) => at < here - 0.05);
    if (next !== undefined) this.seek(next);
  }

  toMinute(by) {
    const here = this.clock.time_s / 60;
    this.seek(60 * (by > 0 ? Math.floor(here + 0.001) + 1 : Math.ceil(here - 0.001) - 1));
  }

  skipQuiet() {
    this.skipping = !this.skipping && Boolean(this.data.quiet?.length);
    this.quietButton.setAttribute("aria-pressed", String(this.skipping));
  }

  select(id) {
    this.bus.state.selected = id;
    const flag = allFlags(this.data, this.bus).find((one) => one.id === id);
    if (!flag) return;
    const looped = this.bus.state.loop !== null;
    this.setLoop(looped ? flag : null);
    this.seek(Math.max(this.extent[0], flag.start_s - (looped ? 0 : 1)));
  }

  loop() {
    if (this.bus.state.loop) return this.setLoop(null);
    const flags = allFlags(this.data, this.bus);
    const flag = flags.find((one) => one.id === this.bus.state.selected)
      ?? flags.find((one) => one.start_s <= this.clock.time_s && this.clock.time_s < one.end_s);
    if (!flag) return;
    this.setLoop(flag);
    this.place(flag.start_s);
    if (!this.clock.playing) this.setPlaying(true);
  }

  setLoop(flag) {
    // A flag of an instant is looped with a second around it.
    const least = flag && flag.end_s - flag.start_s < 1 ? 0.5 : 0;
    this.bus.state.loop = flag ? [flag.start_s - least, flag.end_s + least] : null;
    this.loopButton.setAttribute("aria-pressed", String(Boolean(flag)));
    this.bus.emit("looped");
  }

  // --- views and sound

  get active() { return this.views.find((view) => view.spec.stream === this.chosen); }

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
    const shown = [...this.grid.children];
    const at = shown.findIndex((figure) => figure.dataset.stream === stream);
    if (at < 0 || shown.length < 2) return;
    const other = shown[(at + 1) % shown.length];
    const places = [...shown];
    [places[at], places[(at + 1) % shown.length]] = [other, shown[at]];
    // The order on the screen is the order of reading, too. A video that is moved stops; the next
    // picture of the page starts it again.
    this.grid.replaceChildren(...places);
    for (const view of this.views) view.aim = null;
  }

  enlarge(stream, exact = false) {
    this.large = !stream || (stream === this.large && !exact) ? null : stream;
    if (this.large) this.choose(this.large);
    this.grid.classList.toggle("rw-one-large", Boolean(this.large));
    for (const view of this.views) {
      const large = view.spec.stream === this.large;
      view.figure.classList.toggle("rw-large", large);
      view.grow.setAttribute("aria-pressed", String(large));
      view.grow.replaceChildren(icon(large ? "small" : "large"));
    }
  }

  listen(stream) {
    this.heard = this.heard === stream ? null : stream;
    for (const view of this.views) view.hush();
  }

  nextSound() {
    const with_sound = [null, ...this.data.views.filter((view) => view.sound).map((view) => view.stream)];
    this.heard = with_sound[(with_sound.indexOf(this.heard) + 1) % with_sound.length];
    for (const view of this.views) view.hush();
  }

  switchLanguage() {
    const language = this.words.language === "en" ? "zh" : "en";
    this.bus.state.language = language;
    this.bus.emit("language", language);
  }

  fullPage() {
    const desk = this.root.closest(".rw-desk") ?? this.root;
    if (document.fullscreenElement) document.exitFullscreen();
    else desk.requestFullscreen?.();
  }

  // --- drawing

  draw() {
    const { clock, bus, words } = this;
    const time_s = clock.time_s;
    const mark = `${time_s.toFixed(2)}/${clock.playing}/${clock.rate}/${words.language}`;
    if (mark === this.drawn) return;
    this.drawn = mark;
    bus.state.time_s = time_s;
    bus.state.playing = clock.playing;
    bus.emit("time", time_s);
    this.now.textContent = stamp(time_s, 2);
    this.wallclock.textContent = wall(this.data, time_s, words.language);
    this.toggleButton.replaceChildren(icon(clock.playing ? "pause" : "play"));
    this.root.dataset.playing = String(clock.playing);
    for (const view of this.views) view.label(this.statesAt(view.spec.stream, time_s));
  }

  statesAt(stream, time_s) {
    return (this.data.coverage[stream] ?? [])
      .filter(([from_s, to_s, state]) => state !== "recorded" && state !== "missing" && from_s <= time_s && time_s < to_s)
      .map(([, , state]) => state);
  }

  // --- copies

  async makeCopy(view, span, light) {
    view.copying = this.words.say("ui.copying");
    view.marked = null;
    try {
      const answer = await ask(this.model, { kind: "copy", file: span.file, light }, { patience_ms: 3600000 });
      this.told({ kind: "copied", file: span.file, light, url: answer.url, media_shift_s: answer.media_shift_s });
    } catch (error) {
      this.fail(error.message);
    }
    view.copying = null;
    view.marked = null;
  }

  // Light copies of everything, one after the other; each is played as soon as it is there.
  async lighten() {
    if (this.lightening) return;
    this.lightening = true;
    this.lightButton.disabled = true;
    const files = this.views.flatMap((view) => [...new Map(view.spans.map((span) => [span.file, [view, span]])).values()]);
    const left = files.filter(([, span]) => !span.light);
    for (const [n, [view, span]] of left.entries()) {
      this.lightOf = `${n + 1}/${left.length}`;
      this.lightState.textContent = this.lightOf;
      await this.makeCopy(view, span, true);
    }
    this.lightState.textContent = "";
    this.lightButton.hidden = files.every(([, span]) => span.light);
    this.lightButton.disabled = this.lightening = false;
  }

  told(message) {
    if (message.kind === "copying" && this.lightening)
      this.lightState.textContent = `${this.lightOf} ${Math.round(message.share * 100)} %`;
    for (const view of this.views)
      for (const span of view.spans) {
        if (span.file !== message.file) continue;
        if (message.kind === "copying") { view.copying = `${Math.round(message.share * 100)} %`; view.marked = null; }
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
    if (this.heavy || this.data.light || !this.views.some((view) => view.jumps >= SLOW_JUMPS && view.latency_s > SLOW_S)) return;
    this.heavy = true;
    this.lightState.textContent = this.words.say("ui.heavy");
    this.lightButton.classList.add("rw-wanted");
  }

  // --- other people, the server, the next sitting

  meet(others, head) {
    this.others.hidden = !others.length;
    const names = others.map((person) => person.replace(/^\w+:/, "")).join(this.words.language === "zh" ? "、" : ", ");
    this.others.textContent = this.words.say("ui.also_here", { names });
    if (this.lost) this.fail("");
    this.bus.emit("head", head);
  }

  fail(message, lost = false) {
    this.lost = lost && Boolean(message);
    this.error.textContent = message;
    this.error.hidden = !message;
  }

  async nextCandidate() {
    this.setPlaying(false);
    this.watched.tell();
    try {
      await openNotebook(addressOf("review", "next", ...this.data.key.split("/")), this.words);
    } catch (error) {
      this.fail(`${this.words.say("ui.cannot_open")} ${error.message}`);
    }
  }

  refresh() {
    this.data = this.model.get("data");
    this.drawn = null;
  }
}

export default {
  render({ model, el, signal }) {
    new Player(model, el, signal);
  },
};
