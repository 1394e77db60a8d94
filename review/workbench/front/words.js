// Words: every text that is shown is kept with its key, so that a language switch reaches it.

export class Words {
  #table;
  #bound = [];
  constructor(table, language) {
    this.#table = table;
    this.language = language;
  }

  say(key, facts = {}) {
    const texts = this.#table[key];
    if (!texts) return key.slice(key.indexOf(".") + 1);
    return texts[this.language].replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  }

  // Bind a text, or with `attribute` an attribute, of an element to a key.
  bind(element, key, attribute) {
    this.#bound.push([element, key, attribute]);
    this.#put(element, key, attribute);
    return element;
  }

  #put(element, key, attribute) {
    if (attribute) element.setAttribute(attribute, this.say(key));
    else element.textContent = this.say(key);
  }

  switch(language) {
    this.language = language;
    for (const bound of this.#bound) this.#put(...bound);
  }
}

// A widget's language is the sitting's: whoever switches, all follow.
export function followLanguage(model, bus, words, root, draw, signal) {
  words.language = bus.state.language ??= model.get("language");
  const apply = (language) => {
    words.switch(language);
    root.lang = language === "zh" ? "zh-CN" : "en";
    draw();
  };
  bus.on("language", apply, signal);
  apply(words.language);
}

