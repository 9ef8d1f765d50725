// What every page does: keyboard, forms sent once, menus that close, rows chosen by key. Works without it, too.
import { startPolling } from "./poll.js";

const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");

function openMenuOnWideScreens() {
  const wide = matchMedia("(min-width: 1100px)");
  const menu = document.querySelector(".menu:not(.who)");
  const adapt = () => menu && (menu.open = wide.matches);
  wide.addEventListener("change", adapt);
  adapt();
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll(".menu.who[open], .menu[open]")) {
    const pinned = !menu.classList.contains("who") && matchMedia("(min-width: 1100px)").matches;
    if (!pinned && !menu.contains(event.target)) menu.open = false;
  }
}

function sendOnce(event) {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") {
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  }
}

function letFormsBeSentAgain() {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("button[aria-busy]")) button.removeAttribute("aria-busy");
}

function chooseRow(step) {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")].filter((row) => row.querySelector("a"));
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("chosen"));
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  rows.forEach((row) => row.classList.remove("chosen"));
  next.classList.add("chosen");
  next.querySelector("a").focus();
}

let afterG = false;

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key;
  if (afterG) {
    afterG = false;
    const entry = document.querySelector(`.menu nav [data-key="${CSS.escape(key)}"]`);
    if (entry) {
      event.preventDefault();
      location.assign(entry.href);
    }
    return;
  }
  if (key === "g") afterG = true;
  else if (key === "?") document.getElementById("shortcuts")?.showModal();
  else if (key === "j" || key === "k") chooseRow(key === "j" ? 1 : -1);
  else {
    const target = document.querySelector(`main [data-key="${CSS.escape(key)}"], .bar > .search [data-key="${CSS.escape(key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("submit", sendOnce);
document.addEventListener("click", closeMenus);
addEventListener("pageshow", letFormsBeSentAgain);
document.querySelector("[data-shortcuts]")?.addEventListener("click", () => document.getElementById("shortcuts").showModal());
for (const form of document.querySelectorAll("form[data-autosubmit]")) {
  form.addEventListener("change", (event) => event.target.matches("select, input[type=checkbox]") && form.requestSubmit());
}
document.querySelector("[data-focus]")?.focus();
openMenuOnWideScreens();
startPolling();
