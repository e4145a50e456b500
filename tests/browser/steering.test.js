"use strict";
// What a person can do, and what only some can.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { assertQuiet, open } = require("./support/browser");
const { start } = require("./support/example");
const { circuit, isIn, shows } = require("./support/shown");

/** Presses a key until that has the focus. */
async function press(page, key, target) {
  for (let times = 0; times < 60; times++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${key} does not lead to ${target}`);
}

/** Does this to the circuit with the keyboard alone. */
async function steer(page, action) {
  const dialog = page.getByRole("dialog");
  await press(page, "Tab", circuit(page).getByRole("button"));
  await page.keyboard.press("Enter");
  const choice = dialog.getByRole("combobox");
  await press(page, "Tab", choice);
  await page.keyboard.type(action);
  const confirm = dialog.getByRole("button", { name: action });
  await press(page, "Tab", confirm);
  await page.keyboard.press("Enter");
  await dialog.getByText("Done").waitFor();
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "hidden" });
}

test("the keyboard alone forces a circuit open and resets it", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await isIn(circuit(page), "closed");

  await steer(page, "Force open");
  await isIn(circuit(page), "forced open");
  assert.equal((await fetch(`${server.origin}/pay/ann`)).status, 503);

  await steer(page, "Reset");
  await isIn(circuit(page), "closed");
  assert.equal((await fetch(`${server.origin}/pay/ann`)).status, 200);
  assertQuiet(page);
});

test("the page says who steered", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await steer(page, "Force open");
  const happenings = page.getByRole("region", { name: "Last happenings" });
  await happenings.getByRole("listitem").filter({ hasText: "who sits here" }).waitFor();
});

test("Escape changes nothing, and gives the focus back", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  const button = circuit(page).getByRole("button");
  await press(page, "Tab", button);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await fetch(`${server.origin}/pay/ann`);
  await shows(circuit(page), "Good", /^1$/);
  await page.keyboard.press("Escape");
  assert.ok(await button.evaluate((element) => element === document.activeElement));
  await isIn(circuit(page), "closed");
});

test("a frame leaves the dialog and the focus as they are", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await circuit(page).getByRole("button").click();
  const choice = page.getByRole("dialog").getByRole("combobox");
  await choice.selectOption("Reset");
  await choice.focus();
  await fetch(`${server.origin}/pay/ann`);
  await shows(circuit(page), "Good", /^1$/);
  assert.ok(await choice.evaluate((element) => element === document.activeElement));
  assert.equal(await choice.evaluate((element) => element.selectedOptions[0].text), "Reset");
});

test("a row that moves keeps the focus", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  for (const key of ["ann", "bob"]) await fetch(`${server.origin}/pay/${key}`);
  const [ann, bob] = ["ann", "bob"].map((key) => circuit(page, `customers ${key}`));
  const places = () => page.getByRole("rowheader", { name: /^customers (ann|bob)/ }).allInnerTexts();
  const button = bob.getByRole("button");
  await press(page, "Tab", button);
  for (const [key, row] of [["bob", bob], ["ann", ann]]) {
    const before = await places();
    assert.equal(await server.steer({ kind: "circuit breaker", name: "customers", key, action: "force_open" }), 200);
    await isIn(row, "forced open");
    assert.notDeepEqual(await places(), before);
    assert.ok(await button.evaluate((element) => element === document.activeElement), key);
  }
});

test("who may not steer has no button, and is refused", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/watch/`);
  await isIn(circuit(page), "closed");
  assert.equal(await page.getByRole("button").count(), 0);
  const sent = await page.evaluate(async () => {
    const body = JSON.stringify({ kind: "circuit breaker", name: "payments", action: "force_open" });
    const response = await fetch("steer", { method: "POST", headers: { "content-type": "application/json" }, body });
    return response.status;
  });
  assert.equal(sent, 403);
  await fetch(`${server.origin}/pay/ann`);
  await shows(circuit(page), "Good", /^1$/);
  await isIn(circuit(page), "closed");
});

test("who steers all keys is told so", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await fetch(`${server.origin}/pay/ann`);
  const dialog = page.getByRole("dialog");
  for (const [name, told] of [["customers 1 key", 1], ["customers ann", 0], ["payments", 0]]) {
    await circuit(page, name).getByRole("button").click();
    await dialog.getByRole("heading").waitFor();
    assert.equal(await dialog.getByText("also those that are not shown").count(), told, name);
    await page.keyboard.press("Escape");
  }
});
