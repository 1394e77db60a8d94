// The player's clock. It leads and the videos follow: the time that is shown is never read from one
// of them. While one is not there yet all wait for it, though not for ever.

const SMOOTH_RATE = 4; // faster, a browser drops pictures of four videos at once
const HOLD_MS = 2000;
const FASTEST = 16;

export class Transport {
  // `told()` after whatever a button shows of it has changed.
  constructor(stage, bus, { extent, quiet }, told) {
    this.stage = stage;
    this.bus = bus;
    this.extent = extent;
    this.quiet = quiet ?? [];
    this.told = told;
    this.time_s = bus.state.time_s ?? Math.max(0, extent[0]);
    this.rate = 1;
    this.playing = this.skipping = false;
    this.at = performance.now();
  }

  // Whether the videos run by themselves; else they are led from picture to picture.
  get smooth() {
    return this.playing && this.rate > 0 && this.rate <= SMOOTH_RATE;
  }

  get moving() { return this.playing && this.holding === undefined; }

  // A picture of the page: the clock goes on, and every view is brought to it.
  tick(now) {
    if (this.moving) {
      this.time_s += ((now - this.at) / 1000) * this.rate;
      this.bound();
    }
    this.at = now;
    const how = { running: this.moving, smooth: this.smooth, rate: this.rate, now };
    let waiting = false;
    for (const view of this.stage.views) waiting = view.follow(this.time_s, how) || waiting;
    this.hold(waiting, now);
  }

  hold(waiting, now) {
    if (!this.smooth || !waiting) {
      this.holding = undefined;
      this.given_up = waiting && this.given_up;
      return;
    }
    if (this.given_up) return;
    this.holding ??= now;
    if (now - this.holding > HOLD_MS) {
      this.holding = undefined;
      this.given_up = true;
    }
  }

  // At the end of a loop, of a stretch in which nothing happens, of the sitting.
  bound() {
    const { loop } = this.bus.state;
    if (loop && this.time_s >= loop[1]) return this.place(loop[0]);
    if (this.skipping && !loop && this.rate > 0) {
      const still = this.quiet.find(([from_s, to_s]) => from_s <= this.time_s && this.time_s < to_s);
      if (still) return this.place(still[1]);
    }
    const [first, last] = this.extent;
    if (this.time_s >= last || this.time_s <= first) {
      this.place(this.time_s);
      this.play(false);
    }
    return undefined;
  }

  // Everybody is put in place before anybody runs again.
  place(time_s) {
    this.time_s = Math.max(this.extent[0], Math.min(this.extent[1], time_s));
    // Known to all at once: a mark that is set before the next picture of the page is set here.
    this.bus.state.time_s = this.time_s;
    this.given_up = false;
    this.holding = this.smooth ? performance.now() : undefined;
    for (const view of this.stage.views) {
      view.pause();
      view.aim = null;
    }
  }

  play(playing = true) {
    this.playing = playing;
    this.at = performance.now();
    if (!playing) this.holding = undefined;
    this.stage.anew();
  }

  toggle() {
    const end = this.time_s >= this.extent[1] - 0.05;
    if (!this.playing && this.rate < 0) this.setRate(1);
    if (!this.playing && end) this.place(this.extent[0]);
    this.play(!this.playing);
  }

  setRate(rate) {
    this.rate = rate;
    for (const view of this.stage.views) view.setRate(rate);
    this.told();
  }

  // J and L: each press doubles the speed in its direction.
  shuttle(direction) {
    const same = this.playing && Math.sign(this.rate) === direction;
    this.setRate(direction * (same ? Math.min(FASTEST, Math.abs(this.rate) * 2) : 1));
    if (!this.playing) this.play();
  }

  // On the grid of a view's own pictures: a step from between two does not skip one.
  step(by, fps) {
    this.play(false);
    return (Math.round(this.time_s * fps) + by) / fps;
  }

  skipQuiet() {
    this.skipping = !this.skipping && this.quiet.length > 0;
    this.told();
  }
}
