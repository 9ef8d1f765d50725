// Live parts of a page: <div data-poll="/address" data-interval="500" data-live="yes"> is replaced by what the address
// answers, as long as that says data-live. The answer is the same part as in the page. 304 leaves it alone. A page that
// nobody sees asks nothing. While the server does not answer, the part has the class is-lost, and is asked for more seldom.

const SLOWEST_MS = 8000;
const PATIENCE_MS = 10000;

function poll(part, state = { etag: "", failures: 0 }) {
  const every = Number(part.dataset.interval || 1000);
  setTimeout(() => whenSeen(() => refresh(part, state)), Math.min(every * 2 ** state.failures, SLOWEST_MS));
}

function whenSeen(act) {
  if (!document.hidden) act();
  else document.addEventListener("visibilitychange", () => whenSeen(act), { once: true });
}

async function refresh(part, state) {
  if (!part.isConnected) return;
  try {
    const answer = await ask(part, state);
    if (answer.type === "opaqueredirect") return location.reload(); // logged out: the page leads to the login
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
    state.failures = 0;
    part.classList.remove("is-lost");
    if (answer.status === 200) part = replace(part, await answer.text(), () => (state.etag = answer.headers.get("ETag") || ""));
  } catch {
    state.failures += 1;
    part.classList.add("is-lost");
  }
  if (part.dataset.live === "yes") poll(part, state);
  else if (part.dataset.after === "reload") location.reload();
}

function ask(part, state) {
  const headers = { "X-Fragment": "yes", ...(state.etag && { "If-None-Match": state.etag }) };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(part.dataset.poll, { headers, signal, credentials: "same-origin", redirect: "manual", cache: "no-store" });
}

function replace(part, html, done) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  if (!fresh || typingIn(part)) return part; // and not done: the same is asked for again
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...part.querySelectorAll("details[open][id]")].map((element) => element.id);
  const node = document.importNode(fresh, true);
  part.replaceWith(node);
  for (const id of open) {
    const element = document.getElementById(id);
    if (element) element.open = true;
  }
  if (focused) document.getElementById(focused)?.focus();
  done();
  return node;
}

const typingIn = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

export function startPolling(root = document) {
  for (const part of root.querySelectorAll("[data-poll][data-live=yes]")) poll(part);
}
