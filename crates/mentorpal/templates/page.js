"use strict";
// Sorts a table by the column of the pressed button. Pressing it again reverses the order.
function sortBy(button) {
  const head = button.closest("th");
  const body = head.closest("table").tBodies[0];
  const column = head.cellIndex;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const numbers = head.classList.contains("number");
  const rows = Array.from(body.rows, (row) => [numbers ? Number(value(row)) : value(row), row]);
  const words = new Intl.Collator();
  rows.sort((a, b) => (numbers ? a[0] - b[0] : words.compare(a[0], b[0])) * (down ? -1 : 1));
  body.append(...rows.map((row) => row[1]));
}
// Shows the rows that contain every word of the search, and their number.
function search(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  const rows = document.getElementById(input.dataset.table).tBodies[0].rows;
  for (const row of rows) {
    row.text ??= row.textContent.toLowerCase();
    const found = words.every((word) => row.text.includes(word));
    row.classList.toggle("hidden", !found);
    shown += found ? 1 : 0;
  }
  document.getElementById(input.dataset.status).textContent = shown + " of " + rows.length + " shown";
}
for (const button of document.querySelectorAll("th button"))
  button.addEventListener("click", () => sortBy(button));
for (const input of document.querySelectorAll("input[type=search]"))
  input.addEventListener("input", () => search(input));
