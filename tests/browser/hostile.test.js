"use strict";
// What names and keys can do to the page: be read.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { assertQuiet, open } = require("./support/browser");
const { start } = require("./support/example");
const { circuit, isIn, row, shows } = require("./support/shown");

const HOSTILE = {
  "a picture that fails": "<img src=x onerror=alert(1)>",
  "a script": "</script><script>alert(1)</script>",
  "an end of its place": `"'><svg/onload=alert(1)>`,
  "a property of all objects": "__proto__",
  "a constructor": "constructor",
  "markup that names itself": "&lt;b&gt;",
};

for (const [label, name] of Object.entries(HOSTILE)) {
  test(`${label} as a name is text`, async (t) => {
    const server = await start(t, "page", "127.0.0.1:0", name);
    const page = await open(t, `${server.origin}/steer/`);
    for (let call = 0; call < 3; call++) await fetch(`${server.origin}/fail/ann`);
    await isIn(circuit(page, name), "open");
    await shows(circuit(page, name), "Failed", /^3$/);
    await page.getByRole("link", { name: `circuit breaker ${name}: open` }).waitFor();
    await circuit(page, name).getByRole("button").click();
    await page.getByRole("dialog").getByRole("heading", { name: `circuit breaker ${name}` }).waitFor();
    assertQuiet(page);
  });
}

test("each of them as a key is text", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  for (const key of Object.values(HOSTILE)) {
    await fetch(`${server.origin}/pay/${encodeURIComponent(key)}`);
    const circuit = row(page, "Circuits", `customers ${key}`);
    await isIn(circuit, "closed");
    await circuit.getByRole("button").click();
    await page.getByRole("dialog").getByRole("heading", { name: key }).waitFor();
    await page.keyboard.press("Escape");
  }
  assertQuiet(page);
});

/** Where the first and the last letter of the last word are. */
function ends(element, word) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode() && !texts.currentNode.data.endsWith(word));
  const { currentNode: text } = texts;
  return [text.length - word.length, text.length - 1].map((at) => {
    const letter = new Range();
    letter.setStart(text, at);
    letter.setEnd(text, at + 1);
    return letter.getBoundingClientRect().left;
  });
}

test("a key that turns the direction turns nothing else", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/watch/`);
  for (let call = 0; call < 3; call++) await fetch(`${server.origin}/fail/${encodeURIComponent("\u202eann")}`);
  const link = page.getByRole("link", { name: /^circuit breaker customers/ });
  await link.waitFor();
  const [first, last] = await link.evaluate(ends, "open");
  assert.ok(first < last, `"open" begins at ${first} and ends at ${last}`);
});

test("a very long key makes nothing scroll sideways", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/watch/`, { width: 390 });
  for (let call = 0; call < 3; call++) await fetch(`${server.origin}/fail/${"long".repeat(500)}`);
  await page.getByRole("rowheader", { name: "customers long" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.ok((await page.getByRole("rowheader", { name: "customers long" }).innerText()).length < 300);
});
