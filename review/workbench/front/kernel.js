// Asking the kernel, and keeping what it has not acknowledged yet.

// An answer that does not come is an error, too.
export function ask(model, message, { patience_ms = 10000, id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` } = {}) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new NoAnswer("no answer"))), patience_ms);
    const listen = (answer) => {
      if (answer?.id !== id) return;
      finish(() => (answer.ok ? resolve(answer) : reject(new Error(answer.error))));
    };
    const finish = (act) => {
      clearTimeout(timer);
      model.off("msg:custom", listen);
      act();
    };
    model.on("msg:custom", listen);
    try {
      model.send({ id, ...message });
    } catch (error) {
      finish(() => reject(new NoAnswer(error.message)));
    }
  });
}

export class NoAnswer extends Error {}

// What a person has said and the ledger has not acknowledged: in the browser's own storage, so that
// neither a dead kernel nor a closed lid nor a database that is away loses it. Whatever comes back
// as an error is kept, too, until it is sent again or thrown away by hand.
export class Outbox {
  constructor(name, model, told) {
    this.name = `review.unsaved/${name}`;
    this.model = model;
    this.told = told; // (kept, error) after every change
    this.busy = Promise.resolve();
  }

  get kept() {
    return remembered(this.name) ?? [];
  }

  send(message) {
    const request = { request_id: `${Date.now()}-${Math.random().toString(36).slice(2)}`, ...message };
    remember(this.name, [...this.kept, request]);
    return this.deliver();
  }

  // One after the other, in the order in which they were said; what follows an error waits.
  deliver() {
    this.busy = this.busy.then(async () => {
      this.told(this.kept, null, true);
      for (const request of this.kept) {
        try {
          const answer = await ask(this.model, request);
          this.drop(request);
          this.told(this.kept, null, false, request, answer);
        } catch (error) {
          this.told(this.kept, error, false, request);
          return;
        }
      }
    });
    return this.busy;
  }

  drop(request) {
    remember(this.name, this.kept.filter((one) => one.request_id !== request.request_id));
  }

  // The last in the row never reached the ledger: taking it back is forgetting it.
  takeBack() {
    const last = this.kept.at(-1);
    if (last) this.drop(last);
    return this.deliver();
  }

  // The first in the row was refused and is thrown away by hand.
  discard() {
    const [first] = this.kept;
    if (first) this.drop(first);
    return this.deliver();
  }
}

// Drafts and unsaved acts: gone with the browser's storage, never sent anywhere else.
export function remembered(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    const empty = value === null || value === "" || (Array.isArray(value) && !value.length);
    if (empty) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing: the form still says what is not saved.
  }
}
