import { busOf } from "./bus.js";
import { h } from "./elements.js";
import { followLanguage, Words } from "./words.js";

// A table about a session: every heading and cell is a text, or one for each language.

export default {
  render({ model, el, signal }) {
    const data = model.get("data");
    const words = new Words(model.get("words"), model.get("language"));
    const text = (cell) => (typeof cell === "string" ? cell : cell[words.language]);
    const root = h("section", { class: "rw rw-worklist rw-sheet" });
    const table = () => h("table", {},
      data.heads.some(text) ? h("thead", {}, h("tr", {}, ...data.heads.map((head) => h("th", { scope: "col", text: text(head) })))) : null,
      h("tbody", {}, ...data.rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", { text: text(cell), dir: "auto" }))))));
    const lines = () => h("ul", {}, ...data.rows.map((row) => h("li", { text: row.map(text).join(" ") })));
    const draw = () => {
      const shown = !data.rows.length ? h("p", { class: "rw-quiet", text: words.say("ui.nothing_here") }) : data.heads.length ? table() : lines();
      const more = data.left ? h("p", { class: "rw-quiet", text: words.say("ui.more_rows", { n: data.left }) }) : null;
      root.replaceChildren(...[shown, more].filter(Boolean));
    };
    followLanguage(model, busOf(`worklist/${data.session_id}`), words, root, draw, signal);
    el.append(root);
  },
};
