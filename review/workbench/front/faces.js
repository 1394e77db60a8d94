import { busOf } from "./bus.js";
import { h } from "./elements.js";
import { bindKeys } from "./keys.js";
import { serverBase } from "./server.js";
import { stamp } from "./times.js";
import { followLanguage, Words } from "./words.js";

// The registered and log-in photographs of a sitting, faces from across it, and how far these are
// from those. A click on a face goes to its moment.

export default {
  render({ model, el, signal }) {
    const data = model.get("data");
    const bus = busOf(data.key);
    const words = new Words(model.get("words"), model.get("language"));
    const base = serverBase();
    const number = (value) => (value === null ? "–" : value.toFixed(2));
    const photos = h("div", { class: "rw-photos" });
    for (const photo of data.photos) {
      const image = h("img", { src: new URL(photo.url, base).href, loading: "lazy" });
      words.bind(image, `ui.${photo.name}`, "alt");
      photos.append(h("figure", {}, image, words.bind(h("figcaption"), `ui.${photo.name}`)));
    }
    if (!data.photos.length) photos.append(words.bind(h("p", { class: "rw-quiet" }), "ui.no_photos"));
    const seen = h("div", { class: "rw-seen" });
    const face = (view, one) => {
      const image = h("img", { src: new URL(one.url, base).href, loading: "lazy", alt: "", on: { error: () => image.classList.add("rw-hidden") } });
      const made = h("button", { type: "button", class: "rw-face", on: { click: () => bus.emit("seek", one.time_s) } }, image,
        h("span", { class: "rw-mono", text: stamp(one.time_s, 0) }), h("span", { class: "rw-mono rw-quiet", text: number(one.to_photo ?? one.to_self) }));
      made.setAttribute("aria-label", `${words.say(`stream.${view.stream}`)} ${stamp(one.time_s, 0)}, ${number(one.to_photo)}, ${number(one.to_self)}`);
      return made;
    };
    const draw = () => seen.replaceChildren(...data.views.filter((view) => view.seen.length).map((view) =>
      h("div", {}, h("h4", { text: words.say("ui.faces_seen", { view: words.say(`stream.${view.stream}`) }) }), h("div", { class: "rw-photos" }, ...view.seen.map((one) => face(view, one))))));
    const head = ["view", "to_photo", "to_self", "faces"];
    const cell = (value) => h("td", { class: "rw-mono", text: number(value) });
    const table = h("table", {},
      h("thead", {}, h("tr", {}, ...head.map((key) => words.bind(h("th", { scope: "col" }), `ui.${key}`)))),
      h("tbody", {}, ...data.views.map((view) => h("tr", {},
        words.bind(h("th", { scope: "row" }), `stream.${view.stream}`),
        cell(view.to_photo), cell(view.to_self), h("td", { class: "rw-mono", text: view.faces })))));
    const root = h("section", { class: "rw rw-worklist rw-faces" }, photos, seen, table,
      words.bind(h("p", { class: "rw-quiet" }), "ui.distance_help"));
    words.bind(root, "ui.identity", "aria-label");
    bindKeys(root, bus, signal);
    followLanguage(model, bus, words, root, draw, signal);
    el.append(root);
  },
};
