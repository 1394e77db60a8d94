// The bus on which the widgets of one sitting talk to each other within the page, without the kernel.

const BUSES = (globalThis[Symbol.for("review.workbench")] ??= new Map());

export function busOf(key) {
  if (!BUSES.has(key)) BUSES.set(key, new Bus());
  return BUSES.get(key);
}

class Bus {
  #target = new EventTarget();
  state = { time_s: null, playing: false, selected: null, loop: null, language: null, marks: {} };

  on(name, act, signal) {
    this.#target.addEventListener(name, (event) => act(event.detail), { signal });
  }

  emit(name, detail) {
    this.#target.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

