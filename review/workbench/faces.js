// The registered and log-in photographs of a sitting, and how far its faces are from them.

export default {
  render({ model, el, signal }) {
    const data = model.get("data");
    const words = new Words(model.get("words"), model.get("language"));
    const base = serverBase();
    const photos = h("div", { class: "rw-photos" });
    for (const photo of data.photos) {
      const image = h("img", { src: new URL(photo.url, base).href, loading: "lazy" });
      words.bind(image, `ui.${photo.name}`, "alt");
      photos.append(h("figure", {}, image, words.bind(h("figcaption"), `ui.${photo.name}`)));
    }
    if (!data.photos.length) photos.append(words.bind(h("p", { class: "rw-quiet" }), "ui.no_photos"));
    const head = ["view", "to_photo", "to_self", "faces"];
    const number = (value) => h("td", { class: "rw-mono", text: value === null ? "–" : value.toFixed(2) });
    const table = h("table", {},
      h("thead", {}, h("tr", {}, ...head.map((key) => words.bind(h("th", { scope: "col" }), `ui.${key}`)))),
      h("tbody", {}, ...data.views.map((view) => h("tr", {},
        words.bind(h("th", { scope: "row" }), `stream.${view.stream}`),
        number(view.to_photo), number(view.to_self), h("td", { class: "rw-mono", text: view.faces })))));
    const root = h("section", { class: "rw rw-worklist rw-faces" }, photos, table,
      words.bind(h("p", { class: "rw-quiet" }), "ui.distance_help"));
    words.bind(root, "ui.identity", "aria-label");
    followLanguage(model, busOf(data.key), words, root, () => {}, signal);
    el.append(root);
  },
};
