// Live parts of a page: <div data-poll="/address" data-interval="500" data-live="yes"> is replaced by what the address
// answers, as long as that says data-live. The answer is the same part as in the page. 304 leaves it alone.

const SLOWEST_MS = 8000;

function poll(part, state = { etag: "", failures: 0 }) {
  const every = Number(part.dataset.interval || 1000);
  const wait = Math.min(every * 2 ** state.failures, SLOWEST_MS);
  setTimeout(() => refresh(part, state), document.hidden ? Math.max(wait, 2000) : wait);
}

async function refresh(part, state) {
  if (!part.isConnected) return;
  try {
    const headers = { "X-Fragment": "yes", ...(state.etag && { "If-None-Match": state.etag }) };
    const answer = await fetch(part.dataset.poll, { headers, credentials: "same-origin", redirect: "manual" });
    if (answer.type === "opaqueredirect") return location.reload();
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
    state.failures = 0;
    part.classList.remove("is-lost");
    if (answer.status === 200) {
      state.etag = answer.headers.get("ETag") || "";
      part = replace(part, await answer.text());
    }
  } catch {
    state.failures += 1;
    part.classList.add("is-lost");
  }
  if (part.dataset.live === "yes") poll(part, state);
  else if (part.dataset.after === "reload") location.reload();
}

function replace(part, html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (!fresh || typingIn(part)) return part;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...part.querySelectorAll("details[open][id]")].map((element) => element.id);
  const node = document.importNode(fresh, true);
  part.replaceWith(node);
  for (const id of open) {
    const element = document.getElementById(id);
    if (element) element.open = true;
  }
  if (focused) document.getElementById(focused)?.focus();
  return node;
}

const typingIn = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

export function startPolling(root = document) {
  for (const part of root.querySelectorAll("[data-poll][data-live=yes]")) poll(part);
}
