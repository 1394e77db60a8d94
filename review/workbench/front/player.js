import { busOf } from "./bus.js";
import { Copies } from "./copies.js";
import { button, h, icon } from "./elements.js";
import { Here } from "./here.js";
import { bindKeys, Help } from "./keys.js";
import { Navigation } from "./navigation.js";
import { showing } from "./record.js";
import { addressOf, openNotebook, serverBase } from "./server.js";
import { Stage } from "./stage.js";
import { stamp, wall } from "./times.js";
import { Transport } from "./transport.js";
import { Watched } from "./watched.js";
import { followLanguage, Words } from "./words.js";

// Four views that play as one on session time (transport.js); the kernel is asked for nothing but
// copies (copies.js).

const RATES = [0.25, 0.5, 1, 1.5, 2, 4, 8, 16];

class Player {
  constructor(model, data, el, signal) {
    this.model = model;
    this.data = data;
    this.signal = signal;
    this.bus = busOf(data.key);
    this.words = new Words(model.get("words"), model.get("language"));
    this.stage = new Stage(data, this.words, this.bus, signal, serverBase());
    this.transport = new Transport(this.stage, this.bus, data, () => this.mark());
    this.copies = new Copies(model, this.stage, data.light, (message) => this.fail(message));
    this.watched = new Watched(data.key, signal, () => null);
    // The recordings are asked for before anything is laid out: they take the longest.
    this.transport.tick(performance.now());
    this.go = new Navigation(this.transport, this.bus, data, () => this.mark());
    this.build(el);
    this.listenTo();
    this.frame = this.frame.bind(this);
    this.frame(performance.now());
    // A page in the background draws nothing but has to keep up.
    const behind = setInterval(() => document.hidden && this.frame(performance.now()), 500);
    new Here(data.key, signal, (others, head) => this.meet(others, head),
      (why) => this.fail(this.words.say(why), true));
    signal.addEventListener("abort", () => { cancelAnimationFrame(this.next); clearInterval(behind); });
  }

  build(el) {
    const { words } = this;
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.help = new Help(words, () => this.root);
    this.root = h("section", { class: "rw rw-player" }, this.head(), this.stage.element, this.bar(), this.error, this.help.element);
    words.bind(this.root, "ui.player", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => {
      this.drawn = null;
      const { name, role } = this.data.me;
      this.me.textContent = words.say("ui.signed_in", { who: name, role: words.say(`role.${role}`) });
    }, this.signal);
    this.openForMeasuring();
    el.append(this.root);
  }

  make(key, act, name, more) {
    return button(this.words, `ui.${key}`, act, { icon: name, ...more });
  }

  head() {
    const { words, data } = this;
    this.others = h("span", { class: "rw-chip rw-others", role: "status", hidden: true });
    this.me = h("span", { class: "rw-quiet rw-me", dir: "auto" });
    return h("header", { class: "rw-head" },
      h("strong", { class: "rw-who", text: data.candidate.name, dir: "auto" }),
      h("span", { class: "rw-quiet rw-which", text: `${data.candidate.id} · ${data.subject.name}`, dir: "auto" }),
      this.me, data.blind ? words.bind(h("span", { class: "rw-chip rw-blind" }), "ui.blind") : null,
      this.others, h("span", { class: "rw-space" }), this.copies.state, this.copies.button,
      button(words, "ui.other_language", () => this.switchLanguage(), { class: "rw-small" }),
      this.make("help", () => this.help.show(), "keys"), this.make("full_page", () => this.fullPage(), "large"),
      button(words, "ui.next_candidate", () => this.nextCandidate(), { class: "rw-small", hint: "G" }));
  }

  bar() {
    const { words, transport, go } = this;
    this.now = h("output", { class: "rw-now", "aria-live": "off" });
    this.wallclock = h("span", { class: "rw-wall" });
    this.toggleButton = this.make("toggle", () => transport.toggle(), "play", { class: "rw-play" });
    this.loopButton = this.make("loop", () => go.loop(), "loop", { "aria-pressed": "false" });
    this.quietButton = this.make("skip_quiet", () => transport.skipQuiet(), "quiet", { "aria-pressed": "false" });
    this.quietButton.hidden = !transport.quiet.length;
    this.rate = h("select", { class: "rw-rate", on: { change: () => transport.setRate(Number(this.rate.value)) } },
      ...RATES.map((rate) => h("option", { value: rate, text: `${rate}×` })));
    words.bind(this.rate, "ui.rate", "aria-label");
    this.rate.value = "1";
    const bar = h("div", { class: "rw-transport", role: "toolbar" },
      h("div", { class: "rw-times" }, this.now, this.wallclock),
      h("div", { class: "rw-buttons" },
        this.make("previous_flag", () => go.toFlag(-1), "previous"), this.make("step_back", () => this.step(-1), "back"),
        this.toggleButton, this.make("step_forward", () => this.step(1), "forward"),
        this.make("next_flag", () => go.toFlag(1), "next")),
      h("div", { class: "rw-buttons rw-right" }, this.quietButton, this.loopButton, this.rate));
    return words.bind(bar, "ui.transport", "aria-label");
  }

  // For whoever measures from outside: the clock, and where each view's own clock stands in it.
  openForMeasuring() {
    this.root.reviewClock = () => this.transport.time_s;
    this.root.reviewExtent = () => this.data.extent;
    this.root.reviewTimes = () => this.stage.views.map((view) => view.sessionTime()).filter((time) => time !== null);
    this.root.addEventListener("review-seek", (event) => this.go.seek(event.detail));
    this.root.addEventListener("review-tell", () => this.watched.tell());
  }

  listenTo() {
    const { transport, go, stage } = this;
    const acts = {
      seek: (time_s) => go.seek(time_s),
      skip: (by) => go.seek(transport.time_s + by),
      edge: (side) => go.seek(this.data.extent[side < 0 ? 0 : 1]),
      step: (by) => this.step(by),
      toggle: () => transport.toggle(),
      slower: () => transport.shuttle(-1),
      faster: () => transport.shuttle(1),
      quiet: () => transport.skipQuiet(),
      flag: (by) => go.toFlag(by),
      event: (by) => go.toEvent(by),
      minute: (by) => go.toMinute(by),
      select: (id) => go.select(id),
      loop: () => go.loop(),
      sound: () => stage.nextSound(),
      view: (by) => stage.chooseNext(by),
      enlarge: (n) => stage.enlarge(n === null ? null : stage.views[n]?.spec.stream, true),
      turn: () => stage.active?.turn(),
      brighten: () => stage.active?.brighten(),
      swap: () => stage.swap(stage.chosen),
      escape: () => (this.help.shown ? this.help.show(false) : stage.enlarge(null, true)),
      help: () => this.help.show(),
      next: () => this.nextCandidate(),
    };
    for (const [name, act] of Object.entries(acts)) this.bus.on(name, act, this.signal);
  }

  // --- picture by picture

  frame(now) {
    this.next = requestAnimationFrame(this.frame);
    this.transport.tick(now);
    if (!document.hidden) this.watched.see(this.transport.time_s, this.stage.showing);
    this.copies.watchSpeed();
    this.draw();
  }

  draw() {
    const { transport, bus, words } = this;
    const { time_s, playing, rate } = transport;
    const mark = `${time_s.toFixed(2)}/${playing}/${rate}/${words.language}`;
    if (mark === this.drawn) return;
    this.drawn = mark;
    bus.state.time_s = time_s;
    bus.state.playing = playing;
    bus.emit("time", time_s);
    this.now.textContent = stamp(time_s, 2);
    this.wallclock.textContent = wall(this.data, time_s, words.language);
    this.toggleButton.replaceChildren(icon(playing ? "pause" : "play"));
    this.root.dataset.playing = String(playing);
    this.stage.label(time_s);
  }

  // What the buttons show of the clock.
  mark() {
    this.rate.value = String(Math.abs(this.transport.rate));
    this.loopButton.setAttribute("aria-pressed", String(Boolean(this.bus.state.loop)));
    this.quietButton.setAttribute("aria-pressed", String(this.transport.skipping));
  }

  step(by) {
    this.go.seek(this.transport.step(by, this.stage.active?.spec.fps || 25));
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
    this.transport.play(false);
    this.watched.tell();
    try {
      await openNotebook(addressOf("review", "next", ...this.data.key.split("/")), this.words);
    } catch (error) {
      this.fail(`${this.words.say("ui.cannot_open")} ${error.message}`);
    }
  }
}

export default showing(Player);
