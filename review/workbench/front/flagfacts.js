import { h } from "./elements.js";
import { stamp } from "./times.js";

// What is known of one flag: when, why, which views support it and which contradict, who decided.

export function flagFacts(words, flag, decision, kept) {
  const names = (streams) => streams.map((stream) => words.say(`stream.${stream}`)).join(words.language === "zh" ? "、" : ", ");
  const fact = (key, streams) => (streams.length ? h("div", {}, h("span", { class: "rw-quiet", text: `${words.say(key)} ` }), names(streams)) : null);
  const length = (flag.end_s - flag.start_s).toFixed(1);
  const score = flag.score === null ? "" : ` · ${words.say("ui.score")} ${Math.round(flag.score * 100)} %`;
  const quiet = (text) => h("p", { class: "rw-quiet", text, dir: "auto" });
  return [
    h("h3", { text: words.say(`label.${flag.label}`) }),
    h("div", { class: "rw-mono", text: `${stamp(flag.start_s)} – ${stamp(flag.end_s)}  (${length} s)${score}` }),
    flag.human ? quiet(words.say("ui.marked_by", { who: flag.human })) : null,
    flag.reason[words.language] ? h("p", { text: flag.reason[words.language], dir: "auto" }) : null,
    fact("ui.seen_in", flag.streams), fact("ui.supported_by", flag.supports), fact("ui.contradicted_by", flag.contradicts),
    fact("ui.could_not_see", flag.could_not_see),
    kept ? quiet(words.say("ui.is_preserved")) : null,
    decision ? quiet(words.say("ui.decided_by", { who: decision.author, when: decision.at })) : null,
    decision?.note && decision.mine === null ? quiet(decision.note) : null,
    decision?.disputed ? h("p", { class: "rw-warn", text: words.say("ui.disputed_help") }) : null,
  ].filter(Boolean);
}
