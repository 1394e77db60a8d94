import { allFlags } from "./flags.js";

// Where the keys go: flags, log entries, minutes; and the loop over a flag.

export class Navigation {
  // `told()` after whatever a button shows of it has changed.
  constructor(transport, bus, data, told) {
    this.transport = transport;
    this.bus = bus;
    this.data = data;
    this.told = told;
  }

  get here() { return this.transport.time_s; }
  get flags() { return allFlags(this.data, this.bus); }
  get events() {
    return (this.sorted ??= Object.values(this.data.events).flat().map(([at]) => at).sort((a, b) => a - b));
  }

  seek(time_s) {
    const { loop } = this.bus.state;
    if (loop && (time_s < loop[0] || time_s >= loop[1])) this.setLoop(null);
    this.transport.place(time_s);
  }

  toFlag(by) {
    const { flags, here } = this;
    const selected = flags.findIndex((flag) => flag.id === this.bus.state.selected);
    let next = selected >= 0 ? selected + by
      : by > 0 ? flags.findIndex((flag) => flag.start_s > here)
        : flags.findLastIndex((flag) => flag.start_s < here);
    if (selected < 0 && next < 0) next = by > 0 ? flags.length - 1 : 0;
    if (flags[next]) this.bus.emit("select", flags[next].id);
  }

  toEvent(by) {
    const next = by > 0 ? this.events.find((at) => at > this.here + 0.05)
      : this.events.findLast((at) => at < this.here - 0.05);
    if (next !== undefined) this.seek(next);
  }

  toMinute(by) {
    const minute = this.here / 60;
    this.seek(60 * (by > 0 ? Math.floor(minute + 0.001) + 1 : Math.ceil(minute - 0.001) - 1));
  }

  select(id) {
    this.bus.state.selected = id;
    const flag = this.flags.find((one) => one.id === id);
    if (!flag) return;
    const looped = this.bus.state.loop !== null;
    this.setLoop(looped ? flag : null);
    this.seek(Math.max(this.data.extent[0], flag.start_s - (looped ? 0 : 1)));
  }

  loop() {
    if (this.bus.state.loop) return this.setLoop(null);
    const { here } = this;
    const flag = this.flags.find((one) => one.id === this.bus.state.selected)
      ?? this.flags.find((one) => one.start_s <= here && here < one.end_s);
    if (!flag) return undefined;
    this.setLoop(flag);
    this.transport.place(flag.start_s);
    if (!this.transport.playing) this.transport.play();
    return undefined;
  }

  setLoop(flag) {
    // A flag of an instant is looped with a second around it.
    const least = flag && flag.end_s - flag.start_s < 1 ? 0.5 : 0;
    this.bus.state.loop = flag ? [flag.start_s - least, flag.end_s + least] : null;
    this.told();
    this.bus.emit("looped");
  }
}
