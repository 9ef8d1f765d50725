// The table of a method's document: more rows without a round trip, and what it gives while it is typed.
const form = document.querySelector("form[data-live]");
const WAIT_MS = 450;

let waiting = 0;
let asked = 0;

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(compute, WAIT_MS);
}

// The newest answer counts; an older one that comes late is dropped.
async function compute() {
  const number = ++asked;
  const body = new FormData(form);
  let answer;
  try {
    answer = await fetch(form.dataset.live, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
  } catch {
    return mark("is-lost", true);
  }
  if (number !== asked) return;
  if (answer.type === "opaqueredirect") return location.reload(); // logged out: the page leads to the login
  if (!answer.ok) return mark("is-lost", true);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
  const old = document.getElementById("live");
  if (!fresh || !old || number !== asked) return;
  old.replaceWith(document.importNode(fresh, true));
  document.getElementById("trials")?.remove(); // they were of what was typed before
  say(JSON.parse(fresh.dataset.wrong));
}

const mark = (name, on) => document.getElementById("live")?.classList.toggle(name, on);

function say(wrong) {
  for (const place of form.querySelectorAll("[data-about]")) {
    const sentence = wrong[place.dataset.about] ?? "";
    place.textContent = sentence;
    place.hidden = !sentence;
    place.closest(".field")?.classList.toggle("wrong", Boolean(sentence));
    const field = form.elements[place.dataset.about];
    if (field instanceof Element) {
      if (sentence) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  }
}

function fromTemplate(name, places) {
  const html = Object.entries(places).reduce(
    (text, [letter, number]) => text.replaceAll(`.${letter}.`, `.${number}.`),
    document.getElementById(name).innerHTML,
  );
  const made = document.createElement("template");
  made.innerHTML = html;
  return made.content.firstElementChild;
}

function add(button) {
  const what = button.dataset.add;
  const row = button.closest("[data-row]");
  let made;
  if (what === "contribution") {
    const list = row.querySelector(".contributions");
    const n = list.dataset.path.split(".")[1];
    made = fromTemplate("new-contribution", { N: n, M: list.children.length });
    list.append(made);
  } else {
    const section = button.closest("section");
    made = fromTemplate(`new-${what}`, { N: section.querySelectorAll("[data-row]").length });
    button.before(made);
    made.querySelector("[data-path]")?.setAttribute("data-path", made.querySelector("input").name.split(".").slice(0, 2).join("."));
  }
  made.querySelector("input, select").focus();
}

if (form) {
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-add]");
    if (!button) return;
    event.preventDefault();
    add(button);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault(); // Enter in a cell computes, it never stores
    compute();
  });
}
