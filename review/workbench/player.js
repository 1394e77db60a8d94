// Four views that play as one on session time. A clock in the page leads; every video follows it:
// a small error is worked off by its rate, a large one by a jump. Above 4x and backwards, videos
// stand still and jump from picture to picture. The kernel is asked for nothing but copies.

const RATES = [0.25, 0.5, 1, 1.5, 2, 4, 8, 16];
const SMOOTH_RATE = 4; // faster, a browser drops pictures of four videos at once
const NUDGE_S = 0.03, SETTLED_S = 0.008, JUMP_S = 0.25;
const HOLD_MS = 2000, STALL_MS = 250, PRELOAD_S = 8;

class View {
  constructor(spec, player) {
    this.spec = spec;
    this.player = player;
    this.spans = spec.spans;
    this.broken = new Map(); // address -> why
    this.span = null;
    this.spare = null;
    this.aim = null; // where the video was last sent, media time
    this.latency_s = 0.1; // of a jump, learnt
    this.stalled = null;
    this.build();
  }

  build() {
    const { words } = this.player;
    const name = `stream.${this.spec.stream}`;
    this.video = this.makeVideo();
    this.slateTitle = h("strong");
    this.slateText = h("span");
    this.slateHelp = h("div", { class: "rw-slate-help" });
    this.slate = h("div", { class: "rw-slate", role: "status" },
      this.slateTitle, this.slateText, this.slateHelp);
    this.state = h("span", { class: "rw-chip", hidden: true });
    this.loud = button(words, "ui.sound", () => this.player.listen(this.spec.stream), { icon: "muted" });
    this.grow = button(words, "ui.enlarge", () => this.player.enlarge(this.spec.stream), { icon: "large" });
    this.figure = h("figure", { class: "rw-view", "data-stream": this.spec.stream, role: "group" },
      this.video, this.slate,
      h("figcaption", {}, words.bind(h("span", { class: "rw-view-name" }), name), this.state,
        h("span", { class: "rw-space" }), this.spec.sound ? this.loud : null, this.grow));
    words.bind(this.figure, name, "aria-label");
    this.figure.addEventListener("dblclick", () => this.player.enlarge(this.spec.stream));
  }

  makeVideo() {
    const video = h("video", { playsinline: true, preload: "auto", tabindex: -1,
      disablepictureinpicture: true });
    video.muted = true;
    video.addEventListener("error", () => video.error && this.failed(video));
    video.addEventListener("seeked", () => {
      if (this.sent) this.latency_s += 0.3 * ((performance.now() - this.sent) / 1000 - this.latency_s);
      this.sent = null;
    });
    return video;
  }

  // The piece of recording at a time, or the hole around it.
  at(time_s) {
    let low = 0, high = this.spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.spans[middle].from_s <= time_s) low = middle + 1;
      else high = middle;
    }
    const span = this.spans[low - 1];
    if (span && time_s < span.to_s) return { span, next: this.spans[low] };
    const hole = [span?.to_s ?? this.player.extent[0], this.spans[low]?.from_s ?? this.player.extent[1]];
    return { span: null, next: this.spans[low], hole };
  }

  address(span) {
    return new URL(span.url, this.player.base).href;
  }

  // Bring the view to a time; says whether the others have to wait for it.
  follow(time_s, { running, smooth, rate, now }) {
    const { span, next, hole } = this.at(time_s);
    if (running && next) this.prepare(next, time_s, span);
    if (!span) return this.rest("gap", hole);
    if (!span.ready) return this.rest("prepare", span);
    const address = this.address(span);
    if (this.broken.has(address)) return this.rest("broken", address);
    if (this.video.dataset.address !== address) this.load(address);
    if (this.shown !== "video") this.show("video");
    this.span = span;
    const video = this.video;
    const want = span.media_s + (time_s - span.from_s) * span.slope;
    const left_s = Number.isFinite(video.duration) ? video.duration - want : Infinity;
    if (left_s < -0.2) return this.rest("short", span);
    if (running && left_s < 0.05) {
      this.pause(); // its last picture stays; nobody waits for more
      return false;
    }
    if (!smooth) return this.stand(want, running ? rate : 0, 2);
    // Held: in place, and with something to go on with, before anybody runs.
    return running ? this.run(want, rate, now) : this.stand(want, 0, 3);
  }

  // Standing still, or going from picture to picture.
  stand(want, rate, enough) {
    const video = this.video;
    if (!video.paused) video.pause();
    if (video.readyState < 1) return true;
    const aim = Math.max(0, want + this.latency_s * rate);
    if (!video.seeking && (this.aim === null || Math.abs(this.aim - aim) > 0.0005)) this.jump(aim);
    return video.seeking || video.readyState < enough;
  }

  run(want, rate, now) {
    const video = this.video;
    if (video.seeking || video.readyState < (video.paused ? 2 : 3)) {
      this.stalled ??= now;
      return now - this.stalled > STALL_MS;
    }
    this.stalled = null;
    const off = video.currentTime - want;
    if (Math.abs(off) > JUMP_S * Math.max(1, rate)) {
      this.jump(want + this.latency_s * rate);
      return false;
    }
    if (video.paused) {
      this.start(rate);
      return false;
    }
    if (Math.abs(off) > NUDGE_S) this.correcting = true;
    else if (Math.abs(off) < SETTLED_S) this.correcting = false;
    const share = this.correcting ? Math.max(-0.25, Math.min(0.25, off / 0.6 / rate)) : 0;
    const wanted = rate * (1 - share);
    if (Math.abs(video.playbackRate - wanted) > 0.004 * rate) video.playbackRate = wanted;
    return false;
  }

  start(rate) {
    this.aim = null;
    this.video.playbackRate = rate;
    this.video.play().catch((error) => {
      // Without a click first, a browser plays nothing aloud: play on without sound.
      if (error.name === "NotAllowedError") this.player.listen(null);
    });
  }

  pause() {
    if (!this.video.paused) this.video.pause();
  }

  jump(media_s) {
    this.aim = Math.max(0, media_s);
    this.sent = performance.now();
    // Half a millisecond further on: at a picture's exact start, rounding may show the one before.
    this.video.currentTime = this.aim + 0.0005;
  }

  load(address) {
    this.pause();
    if (this.spare?.dataset.address === address) {
      this.video.replaceWith(this.spare);
      this.release(this.video);
      this.video = this.spare;
      this.spare = null;
      this.hush();
    } else {
      this.video.dataset.address = address;
      this.video.src = address;
    }
    this.aim = null;
  }

  // The next file is opened before it is due, out of the page.
  prepare(next, time_s, span) {
    const address = next.ready && this.address(next);
    if (!address || next.from_s - time_s > PRELOAD_S || this.spare?.dataset.address === address) return;
    if ((span && this.address(span) === address) || this.broken.has(address)) return;
    this.release(this.spare);
    this.spare = this.makeVideo();
    this.spare.dataset.address = address;
    this.spare.src = address;
    this.spare.addEventListener("loadedmetadata",
      (event) => { event.target.currentTime = next.media_s + 0.0005; }, { once: true });
  }

  release(video) {
    if (!video) return;
    video.pause();
    video.removeAttribute("src");
    video.load();
  }

  hush() {
    const heard = this.player.heard === this.spec.stream;
    this.video.muted = !heard;
    this.loud.replaceChildren(icon(heard ? "sound" : "muted"));
    this.loud.setAttribute("aria-pressed", String(heard));
  }

  // Where the video's own clock stands on session time; null where it shows nothing.
  sessionTime() {
    if (this.shown !== "video" || !this.span || this.video.readyState < 2) return null;
    return this.span.from_s + (this.video.currentTime - this.span.media_s) / this.span.slope;
  }

  rest(what, detail) {
    this.pause();
    this.show(what, detail);
    return false;
  }

  // Show the picture, or a slate that says why there is none.
  show(what, detail) {
    const { words } = this.player;
    const mark = what + JSON.stringify(detail?.url ?? detail ?? null) + words.language + (this.copying ?? "");
    if (mark === this.marked) return;
    this.marked = mark;
    this.shown = what;
    this.video.classList.toggle("rw-hidden", what !== "video");
    this.slate.hidden = what === "video";
    if (what === "video") return;
    this.slate.dataset.kind = what;
    this.slateTitle.textContent = words.say(`ui.slate_${what}`);
    this.slateHelp.replaceChildren();
    this.slateText.textContent = "";
    if (what === "gap") this.slateText.textContent = `${stamp(detail[0])} – ${stamp(detail[1])}`;
    else if (what === "broken") this.slateText.textContent = this.broken.get(detail);
    else if (this.copying) this.slateText.textContent = this.copying;
    else this.slateText.textContent = detail.reason ?? "";
    const span = what === "broken" ? this.span : detail;
    if ((what === "prepare" || what === "broken") && span?.url && !this.copying)
      this.slateHelp.append(
        button(words, "ui.make_copy", () => this.player.makeCopy(this, span, what === "broken"),
          { class: "rw-small" }));
  }

  async failed(video) {
    const address = video.dataset.address;
    if (!address) return;
    const { words } = this.player;
    let why = words.say("ui.cannot_play");
    try {
      const answer = await fetch(address, { method: "HEAD", credentials: "same-origin" });
      if (answer.status === 401 || answer.status === 403) why = words.say("ui.log_in_again");
      else if (answer.status === 404) why = words.say("ui.file_missing");
      else if (!answer.ok) why = `${words.say("ui.server_error")} (${answer.status})`;
    } catch {
      why = words.say("ui.server_gone");
    }
    this.broken.set(address, why);
    if (video === this.spare) this.spare = null;
  }

  label(states) {
    this.state.hidden = !states.length;
    this.state.textContent = states.map((state) => this.player.words.say(`state.${state}`)).join(" · ");
    this.state.dataset.state = states[0] ?? "";
  }
}

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
    this.build(el);
    this.listenTo();
    for (const view of this.views) view.hush();
    this.frame = this.frame.bind(this);
    this.next = requestAnimationFrame(this.frame);
    // A page in the background draws nothing but has to keep up.
    const behind = setInterval(() => document.hidden && this.frame(performance.now()), 500);
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
    const head = h("header", { class: "rw-head" },
      h("strong", { class: "rw-who", text: data.candidate.name, dir: "auto" }),
      h("span", { class: "rw-quiet", text: `${data.candidate.id} · ${data.subject.name}` }),
      h("span", { class: "rw-space" }), this.language,
      make("help", () => this.help(), "keys"), make("full_page", () => this.fullPage(), "large"));
    this.grid = h("div", { class: "rw-views" }, ...this.views.map((view) => view.figure));
    this.toggleButton = make("toggle", () => this.toggle(), "play", { class: "rw-play" });
    this.loopButton = make("loop", () => this.loop(), "loop", { "aria-pressed": "false" });
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
      h("div", { class: "rw-buttons rw-right" }, this.loopButton, this.rate));
    words.bind(bar, "ui.transport", "aria-label");
    this.error = h("div", { class: "rw-error", role: "alert", hidden: true });
    this.overlay = this.buildHelp();
    this.root = h("section", { class: "rw rw-player" }, head, this.grid, bar, this.error, this.overlay);
    words.bind(this.root, "ui.player", "aria-label");
    bindKeys(this.root, this.bus, this.signal);
    followLanguage(this.model, this.bus, words, this.root, () => { this.drawn = null; }, this.signal);
    this.openForMeasuring();
    el.append(this.root);
  }

  // For whoever measures from outside: the clock, and where each view's own clock stands in it.
  openForMeasuring() {
    this.root.reviewClock = () => this.clock.time_s;
    this.root.reviewExtent = () => this.extent;
    this.root.reviewTimes = () => this.views.map((view) => view.sessionTime()).filter((time) => time !== null);
    this.root.addEventListener("review-seek", (event) => this.seek(event.detail));
  }

  buildHelp() {
    const rows = KEY_HELP.map(([keys, word]) =>
      h("div", { class: "rw-key" }, h("span", {}, ...keys.map((key) => h("kbd", { text: key }))),
        this.words.bind(h("span"), `ui.key_${word}`)));
    const title = this.words.bind(h("h3"), "ui.help");
    const close = button(this.words, "ui.close", () => this.help(false), { class: "rw-small" });
    return h("div", { class: "rw-help", role: "dialog", "aria-modal": "false", hidden: true, tabindex: -1 },
      h("header", {}, title, close), h("div", { class: "rw-keys" }, ...rows));
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
    on("escape", () => (this.overlay.hidden ? this.enlarge(null, true) : this.help(false)));
    on("help", () => this.help());
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
    const first = this.views.find((view) => view.spec.stream === this.large) ?? this.views[0];
    this.seek(this.clock.time_s + by / (first?.spec.fps || 25));
  }

  // --- flags

  toFlag(by) {
    const flags = this.data.flags;
    const selected = flags.findIndex((flag) => flag.id === this.bus.state.selected);
    const here = this.clock.time_s;
    let next = selected >= 0 ? selected + by
      : by > 0 ? flags.findIndex((flag) => flag.start_s > here)
        : flags.findLastIndex((flag) => flag.start_s < here);
    if (selected < 0 && next < 0) next = by > 0 ? flags.length - 1 : 0;
    if (flags[next]) this.bus.emit("select", flags[next].id);
  }

  select(id) {
    this.bus.state.selected = id;
    const flag = this.data.flags.find((one) => one.id === id);
    if (!flag) return;
    const looped = this.bus.state.loop !== null;
    this.setLoop(looped ? flag : null);
    this.seek(Math.max(this.extent[0], flag.start_s - (looped ? 0 : 1)));
  }

  loop() {
    if (this.bus.state.loop) return this.setLoop(null);
    const flag = this.data.flags.find((one) => one.id === this.bus.state.selected)
      ?? this.data.flags.find((one) => one.start_s <= this.clock.time_s && this.clock.time_s < one.end_s);
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

  enlarge(stream, exact = false) {
    this.large = !stream || (stream === this.large && !exact) ? null : stream;
    this.grid.classList.toggle("rw-one-large", Boolean(this.large));
    for (const view of this.views) {
      const large = view.spec.stream === this.large;
      view.figure.classList.toggle("rw-large", large);
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

  help(shown = this.overlay.hidden) {
    this.overlay.hidden = !shown;
    (shown ? this.overlay : this.root).focus();
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
      this.told({ kind: "copied", file: span.file, url: answer.url, media_shift_s: answer.media_shift_s });
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
    }
    view.copying = null;
    view.marked = null;
  }

  told(message) {
    for (const view of this.views)
      for (const span of view.spans) {
        if (span.file !== message.file) continue;
        if (message.kind === "copying") { view.copying = `${Math.round(message.share * 100)} %`; view.marked = null; }
        if (message.kind === "copied") {
          span.url = message.url;
          span.media_s += message.media_shift_s;
          span.ready = true;
        }
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
