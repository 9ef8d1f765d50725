// The registration page: clients while one types, items added and taken away without a round trip, services shared.
const form = document.querySelector("[data-register]");

function suggestClients() {
  const input = form.querySelector("[name=client]");
  const list = document.getElementById(input.getAttribute("list"));
  let asked = "";
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const words = input.value.split("·")[0].trim();
      if (words === asked) return;
      asked = words;
      const answer = await fetch(`${form.dataset.clients}?words=${encodeURIComponent(words)}`);
      if (answer.ok && words === asked) list.innerHTML = await answer.text();
    }, 150);
  });
}

const items = () => [...form.querySelectorAll("[data-item]")];
const place = (item) => item.querySelector("[name^='items.']").name.split(".")[1];

function nextLabel(label) {
  const found = label.match(/^(.*?)(\d{1,15})$/);
  if (!found) return "";
  return found[1] + String(BigInt(found[2]) + 1n).padStart(found[2].length, "0");
}

function value(item, name) {
  return item.querySelector(`[name$='.${name}']`);
}

function addItem() {
  const before = items().at(-1);
  const n = 1 + Math.max(...items().map((item) => Number(place(item))));
  const html = form.querySelector("[data-item-template]").innerHTML.replaceAll("__n__", n);
  form.querySelector("[data-items]").insertAdjacentHTML("beforeend", html);
  const item = items().at(-1);
  value(item, "label").value = nextLabel(value(before, "label").value);
  value(item, "description").value = value(before, "description").value;
  return item;
}

function renumber() {
  items().forEach((item, n) => {
    item.querySelector("[data-item-number]").textContent = n + 1;
    const shared = n > 0 && form.querySelector("[name=same_services]").checked;
    item.querySelector("[data-services]").hidden = shared && !item.querySelector("[data-services] :checked");
    const count = item.querySelectorAll("[data-services] :checked").length;
    item.querySelector("[data-chosen]").textContent = count ? `(${count})` : "";
  });
}

if (form) {
  suggestClients();
  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const remove = event.target.closest("[data-remove]");
    if (add) {
      event.preventDefault();
      const count = Math.min(500 - items().length, Math.max(1, Number(form.querySelector("[name=add_count]").value) || 1));
      const added = Array.from({ length: count }, addItem);
      renumber();
      added[0]?.querySelector("input")?.focus();
    } else if (remove) {
      event.preventDefault();
      if (items().length > 1) remove.closest("[data-item]").remove();
      renumber();
      items().at(-1).querySelector("input").focus();
    }
  });
  form.addEventListener("change", renumber);
  // Enter moves on in the form instead of sending it half filled; the buttons send it.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) {
      event.preventDefault();
      const fields = [...form.querySelectorAll("input:not([type=hidden]), select, button")].filter((one) => one.offsetParent && one.tabIndex >= 0);
      fields[fields.indexOf(event.target) + 1]?.focus();
    }
  });
  renumber();
}
