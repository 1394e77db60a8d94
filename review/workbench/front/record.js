// What the page is told of a sitting: sent once for all widgets of it, unpacked by the first of them.

export async function recordOf(model) {
  const record = await model.widget_manager.get_model(model.get("record").replace("IPY_MODEL_", ""));
  record.reviewRead ??= unpacked(record.get("packed"));
  return record.reviewRead;
}

async function unpacked(packed) {
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = await new Response(bytes).json();
  const rows = ({ at_s, kind, kinds, detail, details }) =>
    at_s.map((time_s, n) => [time_s, kinds[kind[n]], details[detail[n]]]);
  data.events = Object.fromEntries(Object.entries(data.events).map(([stream, log]) => [stream, rows(log)]));
  return data;
}

// Show a widget once its data is there, unless its place is gone by then.
export function showing(Widget) {
  return {
    async render({ model, el, signal }) {
      const data = await recordOf(model);
      if (!signal.aborted) new Widget(model, data, el, signal);
    },
  };
}
