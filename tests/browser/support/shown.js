"use strict";
// Where things are on the page, by what a screen reader says of them.

/** The row of a name, or of one of its keys, in the table with this title. */
function row(page, title, name) {
  const head = page.getByRole("rowheader", { name, exact: true });
  return page.getByRole("table", { name: title }).getByRole("row").filter({ has: head });
}

/** The row of a circuit. */
const circuit = (page, name = "payments") => row(page, "Circuits", name);

/** What the page says under this head. */
const cell = (row, head) => row.locator(`td[data-head="${head}"]`);

/** Waits until the page says so under this head. */
const shows = (row, head, text) => cell(row, head).filter({ hasText: text }).waitFor();

/** Waits until the circuit is shown in this phase. */
const isIn = (circuit, phase) => shows(circuit, "Phase", new RegExp(`^\\W*${phase}`));

module.exports = { cell, circuit, isIn, row, shows };
