// Flags of machines and of people together, in order of time.

export function allFlags(data, bus) {
  const own = bus.state.own ?? [];
  if (bus.flagsOf !== own || bus.flagsFrom !== data.flags) {
    bus.flagsOf = own;
    bus.flagsFrom = data.flags;
    bus.flags = [...data.flags, ...own].sort((a, b) => a.start_s - b.start_s || a.end_s - b.end_s);
  }
  return bus.flags;
}
