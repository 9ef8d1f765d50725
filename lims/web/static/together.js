// Tables of many lines: one box ticks all; Enter and arrows go up and down; a block of a spreadsheet is pasted as one.
const boxes = (all) => [...all.closest("table").querySelectorAll("tbody input[type=checkbox]")];

for (const all of document.querySelectorAll("[data-tick-all]")) {
  const follow = () => {
    const ticked = boxes(all).filter((box) => box.checked).length;
    all.checked = ticked === boxes(all).length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.hidden = false;
  all.addEventListener("change", () => boxes(all).forEach((box) => (box.checked = all.checked)));
  all.closest("table").addEventListener("change", (event) => event.target !== all && follow());
  follow();
}

const grid = document.querySelector("[data-grid]");
const cells = (row) => [...row.querySelectorAll("input, select")];
const rows = () => [...(grid?.querySelectorAll("tbody tr") ?? [])].filter((row) => cells(row).length);

function placeOf(input) {
  const row = input.closest("tr");
  return [rows().indexOf(row), cells(row).indexOf(input)];
}

function goDown(event) {
  const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.matches("input")) return;
  event.preventDefault();
  const [row, column] = placeOf(event.target);
  const next = rows()[row + step];
  if (next) {
    cells(next)[column]?.focus();
    cells(next)[column]?.select?.();
  }
}

// A choice is pasted by what it shows or by its value.
function fill(cell, text) {
  const option = cell.matches("select") && [...cell.options].find((one) => one.text.trim() === text);
  cell.value = option ? option.value : text;
}

function pasteBlock(event) {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!event.target.matches("input") || !/[\t\n]/.test(text.trim())) return;
  event.preventDefault();
  const [start, column] = placeOf(event.target);
  const block = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n");
  block.slice(0, rows().length - start).forEach((line, n) => {
    line.split("\t").forEach((value, k) => {
      const cell = cells(rows()[start + n])[column + k];
      if (cell) fill(cell, value.trim());
    });
  });
}

grid?.addEventListener("keydown", goDown);
grid?.addEventListener("paste", pasteBlock);
