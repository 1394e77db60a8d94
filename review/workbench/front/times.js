// Times as they are read, and the colours that stand for labels and states.

export function stamp(seconds, decimals = 1) {
  const scale = 10 ** decimals;
  const ticks = Math.round(Math.abs(seconds) * scale);
  const whole = Math.floor(ticks / scale);
  const two = (n) => String(n).padStart(2, "0");
  const rest = decimals ? `.${String(ticks % scale).padStart(decimals, "0")}` : "";
  const sign = seconds < 0 && ticks ? "−" : "";
  return `${sign}${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest}`;
}

const FORMATS = new Map();
export function wall(data, seconds, language) {
  const key = `${data.timezone}/${language}`;
  if (!FORMATS.has(key))
    FORMATS.set(
      key,
      new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
        timeZone: data.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit",
        hourCycle: "h23",
      }),
    );
  return FORMATS.get(key).format(data.start_ms + seconds * 1000);
}

export const FAMILY_COLOURS = {
  presence: "#93a5ff", person: "#ff9257", face: "#c3adff", screen: "#4fb8ea",
  recording: "#a9b1bc", sound: "#ea86bf", place: "#62cc8e", thing: "#dcae52",
};
export const STATE_COLOURS = {
  recorded: "#3d5a70", missing: "#e5604f", frozen: "#4fb8ea", black: "#0b0d10",
  covered: "#dcae52", muted: "#b36b98", silent: "#7d7391",
};
export const colourOf = (data, label) => FAMILY_COLOURS[data.families[label] ?? "thing"];

