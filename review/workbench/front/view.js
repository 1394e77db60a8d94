import { button, h, icon } from "./elements.js";
import { whyNot } from "./server.js";
import { stamp } from "./times.js";

// One view: a video that follows the player's clock, or a slate that says why there is none.

const NUDGE_S = 0.03, SETTLED_S = 0.008, JUMP_S = 0.25;
const STALL_MS = 250, PRELOAD_S = 8, RETRY_MS = 4000, RETRIES = 2;
const BRIGHT = [1, 1.5, 2.2, 3.5];

export class View {
  constructor(spec, stage) {
    this.spec = spec;
    this.stage = stage;
    this.spans = spec.spans;
    this.broken = new Map(); // address -> why
    this.span = null;
    this.spare = null;
    this.aim = null; // where the video was last sent, media time
    this.latency_s = 0.1; // of a jump, learnt
    this.stalled = null;
    this.turned = 0; // degrees
    this.bright = 0; // index of BRIGHT
    this.build();
  }

  build() {
    const { words } = this.stage;
    const name = `stream.${this.spec.stream}`;
    this.video = this.makeVideo();
    this.slateTitle = h("strong");
    this.slateText = h("span");
    this.slateHelp = h("div", { class: "rw-slate-help" });
    this.slate = h("div", { class: "rw-slate", role: "status" },
      this.slateTitle, this.slateText, this.slateHelp);
    this.state = h("span", { class: "rw-chip", hidden: true });
    const make = (key, act, name, more) => button(words, `ui.${key}`, act, { icon: name, ...more });
    const { stream } = this.spec;
    this.loud = make("sound", () => this.stage.listen(stream), "muted", { "aria-pressed": "false" });
    this.grow = make("enlarge", () => this.stage.enlarge(stream), "large", { "aria-pressed": "false" });
    const seldom = h("span", { class: "rw-seldom" },
      make("turn", () => this.turn(), "turn"), make("brighten", () => this.brighten(), "bright"),
      make("swap", () => this.stage.swap(stream), "swap"));
    this.figure = h("figure", { class: "rw-view", "data-stream": stream, role: "group" },
      this.video, this.slate,
      h("figcaption", {}, words.bind(h("span", { class: "rw-view-name" }), name), this.state,
        h("span", { class: "rw-space" }), seldom, this.spec.sound ? this.loud : null, this.grow));
    words.bind(this.figure, name, "aria-label");
    this.figure.addEventListener("dblclick", () => this.stage.enlarge(stream));
    this.figure.addEventListener("pointerdown", () => this.stage.choose(stream));
  }

  makeVideo() {
    const video = h("video", { playsinline: true, preload: "auto", tabindex: -1,
      disablepictureinpicture: true });
    video.muted = true;
    video.addEventListener("error", () => video.error && this.failed(video));
    video.addEventListener("seeked", () => {
      if (this.sent) this.jumps = (this.jumps ?? 0) + 1;
      if (this.sent) this.latency_s += 0.3 * ((performance.now() - this.sent) / 1000 - this.latency_s);
      this.sent = null;
    });
    return video;
  }

  turn() {
    this.turned = (this.turned + 90) % 360;
    this.figure.dataset.turn = String(this.turned);
  }

  setLarge(large) {
    this.figure.classList.toggle("rw-large", large);
    this.grow.setAttribute("aria-pressed", String(large));
    this.grow.replaceChildren(icon(large ? "small" : "large"));
  }

  setRate(rate) {
    this.aim = null;
    if (!this.video.paused) this.video.playbackRate = Math.min(16, Math.max(0.1, rate));
  }

  brighten() {
    this.bright = (this.bright + 1) % BRIGHT.length;
    this.figure.style.setProperty("--bright", BRIGHT[this.bright]);
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
    const hole = [span?.to_s ?? this.stage.extent[0], this.spans[low]?.from_s ?? this.stage.extent[1]];
    return { span: null, next: this.spans[low], hole };
  }

  address(span) {
    return new URL(span.url, this.stage.base).href;
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
    if (!smooth) return this.stand(want, running ? rate : 0, 2, span);
    // Held: in place, and with something to go on with, before anybody runs.
    return running ? this.run(want, rate, now) : this.stand(want, 0, 3);
  }

  // Standing still, or going from picture to picture.
  stand(want, rate, enough, span) {
    const video = this.video;
    if (!video.paused) video.pause();
    if (video.readyState < 1) return true;
    let aim = Math.max(0, want + this.latency_s * rate);
    // A light copy has a key frame a second: in a hurry, these alone are shown.
    if (span?.light && Math.abs(rate) > 4) aim = Math.floor(aim) + 1 / (this.spec.fps || 25);
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
      if (error.name === "NotAllowedError") this.stage.listen(null);
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
    const heard = this.stage.heard === this.spec.stream;
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
    const { words } = this.stage;
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
    const retry = what === "broken" && this.waiting?.has(detail);
    if (what === "gap") this.slateText.textContent = `${stamp(detail[0])} – ${stamp(detail[1])}`;
    else if (what === "broken") this.slateText.textContent = this.broken.get(detail);
    else if (this.copying) this.slateText.textContent = this.copying;
    else this.slateText.textContent = detail.reason ?? "";
    const span = what === "broken" ? this.span : detail;
    if (retry)
      this.slateHelp.append(button(words, "ui.try_again", () => this.probe(detail), { class: "rw-small" }));
    else if ((what === "prepare" || what === "broken") && span?.url && !this.copying && !this.gone?.has(detail))
      this.slateHelp.append(
        button(words, "ui.make_copy", () => this.stage.copies.make(this, span, what === "broken"),
          { class: "rw-small" }));
  }

  async failed(video) {
    const { address } = video.dataset;
    if (!address) return;
    if (video === this.spare) this.spare = null;
    else delete video.dataset.address; // asked for again when it can be had
    await this.ask(address);
  }

  // Why a file does not come: refused by the browser, by the server, or not there. What may come
  // back is asked for again from time to time.
  async ask(address) {
    this.waiting ??= new Set();
    this.gone ??= new Set();
    const { words } = this.stage;
    let why = words.say("ui.cannot_play"), wait = false;
    try {
      const answer = await fetch(address, { method: "HEAD", credentials: "same-origin" });
      wait = [401, 403, 500, 502, 503, 504].includes(answer.status);
      if (!answer.ok) why = `${words.say(whyNot(answer.status))}${answer.status === 404 || answer.status === 403 ? "" : ` (${answer.status})`}`;
      if (answer.status === 404) this.gone.add(address);
      if (answer.ok && this.mayRetry(address)) return;
    } catch {
      why = words.say("ui.server_gone");
      wait = true;
    }
    this.broken.set(address, why);
    this.marked = null;
    if (wait && !this.stage.signal.aborted) {
      this.waiting.add(address);
      setTimeout(() => this.waiting.has(address) && this.ask(address), RETRY_MS);
    }
  }

  // The server has the file: what failed may have been the way to it. Only what fails again and
  // again is the browser's refusal.
  mayRetry(address) {
    this.tries ??= new Map();
    const tries = this.waiting.has(address) ? 0 : this.tries.get(address) ?? 0;
    this.tries.set(address, tries + 1);
    this.waiting.delete(address);
    this.broken.delete(address);
    return tries < RETRIES;
  }

  probe(address) {
    return this.ask(address);
  }

  label(states) {
    this.state.hidden = !states.length;
    this.state.textContent = states.map((state) => this.stage.words.say(`state.${state}`)).join(" · ");
    this.state.dataset.state = states[0] ?? "";
  }
}
