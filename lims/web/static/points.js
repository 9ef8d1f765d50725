// Rows of calibrated points: more of them without a round trip, and whole blocks pasted from a spreadsheet.
const form = document.querySelector("[data-points]");
const table = form?.querySelector("[data-points-table]");

const rows = () => [...table.querySelectorAll("tbody tr")];
const inputs = (row) => [...row.querySelectorAll("input, select")];
const KEPT = new Set(["quantity", "unit", "k", "range", "phase"]);

function addRow() {
  const last = rows().at(-1);
  const n = rows().length;
  const row = last.cloneNode(true);
  for (const error of row.querySelectorAll(".error")) error.remove();
  inputs(row).forEach((input, column) => {
    input.name = `points.${n}.${input.dataset.name}`;
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, String(n + 1)));
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    input.closest("td").classList.remove("wrong");
    input.value = KEPT.has(input.dataset.name) ? inputs(last)[column].value : "";
  });
  last.after(row);
  return row;
}

// A block of cells fills the fields from the one it was pasted into, to the right and down.
function pasteBlock(event) {
  const input = event.target.closest?.("[data-points-table] input");
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!input || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const start = rows().indexOf(input.closest("tr"));
  const column = inputs(input.closest("tr")).indexOf(input);
  const block = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n").slice(0, 2000);
  block.forEach((line, n) => {
    const row = rows()[start + n] ?? addRow();
    line.split("\t").forEach((cell, k) => {
      const field = inputs(row)[column + k];
      if (field) field.value = cell.trim();
    });
  });
}

if (table) {
  form.addEventListener("click", (event) => {
    if (!event.target.closest("[data-more]")) return;
    event.preventDefault();
    const added = Array.from({ length: 6 }, addRow);
    added[0].querySelector("[data-name=indication]").focus();
  });
  table.addEventListener("paste", pasteBlock);
}
