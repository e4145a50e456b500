"use strict";
// The page while the storm runs: pictures of it, and whether it counts as the storm does.

const assert = require("node:assert/strict");
const path = require("node:path");
const { test } = require("node:test");
const { assertQuiet, open } = require("./support/browser");
const { start } = require("./support/example");
const { cell, circuit, isIn, row } = require("./support/shown");

const PICTURES = path.join(__dirname, "../../target/browser");

/** How each picture is taken. */
const VIEWS = {
  "page": { colorScheme: "light", height: 1100 },
  "page-dark": { colorScheme: "dark", height: 1100 },
  "page-narrow": { colorScheme: "light", width: 390, height: 2200 },
  "page-narrow-dark": { colorScheme: "dark", width: 390, height: 2200 },
};

/** What a metric counts under the storm's name, for those of these labels. */
async function metric(storm, name, labels = "") {
  const text = await (await fetch(`${storm.origin}/metrics`)).text();
  const counts = text.split("\n").filter((line) => line.startsWith(`palisade_${name}{`) && line.includes('name="quotes"'));
  return counts.filter((line) => line.match(labels)).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** Waits until the page has shown what is there now. */
async function after(storm) {
  let told = 0;
  for await (const _ of storm.frames("/")) if (++told === 3) return;
}

test("the page, the metrics and the storm agree to the call", { timeout: 120_000 }, async (t) => {
  const storm = await start(t, "storm", "--page");
  const pages = await Promise.all(Object.values(VIEWS).map((view) => open(t, storm.origin, view)));
  const [page] = pages;

  // For a second more every call fails.
  await storm.says(/^ *12 failing/);
  await isIn(circuit(page, "quotes"), "open");
  const pictures = Object.keys(VIEWS).map((name) => path.join(PICTURES, `${name}.png`));
  await Promise.all(pictures.map((path, at) => pages[at].screenshot({ path })));

  const [, ...ended] = await storm.says(/^protected: sent=(\d+) good=(\d+) degraded=(\d+) failed=(\d+)/);
  const [sent, good, degraded, failed] = ended.map(Number);
  t.diagnostic(`sent=${sent} good=${good} degraded=${degraded} failed=${failed}`);
  await after(storm);
  const shown = async (title, head) => Number((await cell(row(page, title, "quotes"), head).innerText()).replaceAll(",", ""));
  assert.equal(await shown("Measures", "Calls"), sent);
  assert.equal(await shown("Measures", "Good"), good);
  assert.equal(await shown("Rate limits", "Admitted"), sent);
  assert.equal(await shown("Fallbacks", "Answers"), degraded);
  assert.equal(await shown("Fallbacks", "Failed"), failed);

  assert.equal(await metric(storm, "rate_limit_admitted_total"), sent);
  assert.equal(await metric(storm, "call_duration_seconds_count", 'outcome="success"'), good);
  assert.equal(await metric(storm, "retry_calls_total", 'result="(first|retried)"'), good);
  assert.equal(await metric(storm, "fallback_answers_total"), degraded);
  assert.equal(await metric(storm, "fallback_failed_total"), failed);
  assert.equal(await page.getByRole("rowheader", { name: "gone" }).count(), 0, "the layers are there when it has ended");
  pages.forEach(assertQuiet);
});
