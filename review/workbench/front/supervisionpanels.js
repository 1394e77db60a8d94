import { button, h } from "./elements.js";
import { ask } from "./kernel.js";

// Bulk dismissal behind its guard rails, and what samples and second readings say.

export function bulkPanel(page) {
  const { words } = page;
  const label = h("select");
  words.bind(label, "ui.filter_label", "aria-label");
  const below = h("input", { type: "number", min: 0.05, max: 0.5, step: 0.05, value: 0.3 });
  words.bind(below, "ui.bulk_below", "aria-label");
  const told = h("p", { role: "status" });
  const list = h("ol", { class: "rw-sample" });
  const message = (kind) => ({ kind, label: label.value, below_score: Number(below.value) });
  let plan = null;
  let done = null;
  const listed = (one) => h("li", {},
    h("span", { class: "rw-mono", text: `${one.candidate_id} ${page.data.subjects[one.subject_id] ?? one.subject_id} ${one.score}` }),
    h("span", { class: `rw-chip rw-${one.verdict ?? "open"}`, text: words.say(one.verdict ? `verdict.${one.verdict}` : "ui.not_looked_at") }),
    page.link(one.candidate_id, one.subject_id));
  const show = () => {
    told.textContent = plan ? words.say("ui.bulk_plan", { count: plan.count, sample: plan.sample.length, left: plan.left })
      : done ? `${words.say("ui.dismissed_n", { n: done.count })} ${done.text[words.language]}` : "";
    list.replaceChildren(...(plan ? plan.sample.map(listed) : []));
    dismiss.disabled = !plan || plan.left > 0;
  };
  const dismiss = button(words, "ui.bulk_dismiss", async () => {
    const answer = await page.act(message("dismiss"), "ui.dismissed_n");
    if (!answer) return;
    [plan, done] = [null, answer];
    show();
  }, { disabled: true, "data-act": "dismiss" });
  const look = button(words, "ui.bulk_look", async () => {
    done = null;
    try {
      plan = await ask(page.model, message("plan"), { patience_ms: 60000 });
      page.fail("");
    } catch (error) {
      plan = null;
      page.fail(error.message);
    }
    show();
  }, { "data-act": "plan" });
  // What was looked at holds for one label and score only.
  for (const field of [label, below]) field.addEventListener("input", () => { [plan, done] = [null, null]; show(); });
  const fill = () => {
    const kept = label.value;
    label.replaceChildren(...page.data.labels.map((one) => h("option", { value: one, text: words.say(`label.${one}`) })));
    if (page.data.labels.includes(kept)) label.value = kept;
  };
  page.spoken.push(fill, show);
  const details = h("details", { class: "rw-panel", on: { toggle: fill } },
    words.bind(h("summary"), "ui.bulk_title"), words.bind(h("p", { class: "rw-quiet" }), "ui.bulk_rules"),
    h("div", { class: "rw-acts" }, label, words.bind(h("span"), "ui.bulk_below"), below, look, dismiss), told, list);
  return details;
}

export function qualityPanel(page) {
  const { words } = page;
  const said = h("p", { role: "status", class: "rw-remaining" });
  const show = () => { said.textContent = page.data.remaining[words.language]; };
  const k = h("input", { type: "number", min: 1, step: 1, value: 10 });
  words.bind(k, "ui.sample_wish", "aria-label");
  const rate = (key, value) => {
    const element = h("input", { type: "number", min: 0, max: 100, step: 1, value });
    words.bind(element, key, "aria-label");
    return element;
  };
  const second = rate("ui.second_rate", 10);
  const known = rate("ui.known_rate", 5);
  const draw = button(words, "ui.sample_draw", () => page.act({ kind: "sample", fewer_than: Number(k.value), people: page.people() }, "ui.assigned_n"), { "data-act": "sample" });
  const again = button(words, "ui.second_assign", () => page.act({ kind: "second", second_rate: Number(second.value) / 100, known_rate: Number(known.value) / 100, people: page.people() }, "ui.assigned_n"), { "data-act": "second" });
  page.model.on("change:data", show);
  page.spoken.push(show);
  const details = h("details", { class: "rw-panel", on: { toggle: show } },
    words.bind(h("summary"), "ui.quality_title"), said, words.bind(h("p", { class: "rw-quiet" }), "ui.quality_who"),
    h("div", { class: "rw-acts" }, words.bind(h("span"), "ui.sample_wish"), k, draw),
    h("div", { class: "rw-acts" }, words.bind(h("span"), "ui.second_rate"), second, words.bind(h("span"), "ui.known_rate"), known, again));
  return details;
}
