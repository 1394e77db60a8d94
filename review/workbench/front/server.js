// The Jupyter server, asked as the page's own user.

export function serverBase() {
  const config = document.getElementById("jupyter-config-data");
  let base = document.body.dataset.baseUrl ?? "/";
  if (config)
    try {
      base = JSON.parse(config.textContent).baseUrl ?? base;
    } catch {
      // A page without readable configuration: the address in the body serves.
    }
  return new URL(base.endsWith("/") ? base : `${base}/`, location.href);
}

export function addressOf(...parts) {
  return new URL(parts.map(encodeURIComponent).join("/"), serverBase()).href;
}

export function get(address) {
  return fetch(address, { credentials: "same-origin" });
}

// `last`: the page is being closed, and the request goes on without it.
export async function post(address, body, { last = false } = {}) {
  const known = () => document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1];
  // Pages other than JupyterLab's do not bring the cookie that a request from a page needs.
  if (!known() && !last) await get(addressOf("review", "token"));
  const token = known() ?? "";
  return fetch(address, {
    method: "POST", credentials: "same-origin", keepalive: last,
    headers: { "Content-Type": "application/json", "X-XSRFToken": decodeURIComponent(token) },
    body: JSON.stringify(body),
  });
}

// Why the server refused, as a key of the words table.
export function whyNot(status) {
  if (status === 401 || status === 403) return "ui.log_in_again";
  if (status === 404) return "ui.file_missing";
  if (status === 503) return "ui.no_ledger";
  return "ui.server_error";
}

// Which page shows this one: JupyterLab, Notebook or Voilà; as a query of an address to open.
export function placed() {
  const place = ["voila", "notebooks"].find((one) => location.pathname.includes(`/${one}/`));
  return place ? `?in=${place}` : "";
}

// A sitting's notebook: within JupyterLab it opens beside the one at hand and is run; elsewhere the
// page goes to it.
export async function openNotebook(address, words) {
  const lab = globalThis.jupyterapp;
  if (!lab) {
    location.assign(address + placed());
    return;
  }
  const answer = await get(`${address}?as=json`);
  if (!answer.ok) throw new Error(`${words.say(whyNot(answer.status))} (${answer.status})`);
  const { path } = await answer.json();
  const panel = await lab.commands.execute("docmanager:open", { path });
  await panel?.context?.ready;
  await panel?.sessionContext?.ready;
  // What was run in this page stays as it is.
  if (panel && !panel.node.querySelector(".rw"))
    lab.commands.execute("notebook:run-all-cells");
}
