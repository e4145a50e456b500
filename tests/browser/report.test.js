"use strict";
// The report of the lab, as it is opened from a file.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const path = require("node:path");
const { before, test } = require("node:test");
const axe = require("axe-core");
const { assertQuiet, open } = require("./support/browser");

const ROOT = path.join(__dirname, "../..");
const REPORT = path.join(ROOT, "target/browser/report.html");

before(() => {
  const scenario = path.join(ROOT, "examples/lab/scenarios/retry_storm.toml");
  execFileSync(path.join(ROOT, "target/debug/examples/lab"), ["--scenario", scenario, "--out", REPORT]);
});

/** What reaches over the edges of the window, or one label over another. */
function misplaced() {
  const { clientWidth, scrollWidth } = document.documentElement;
  const found = scrollWidth > clientWidth ? ["the page is too wide"] : [];
  for (const picture of document.querySelectorAll("svg")) {
    const labels = [...picture.querySelectorAll("text")].map((label) => [label.textContent.trim(), label.getBoundingClientRect()]);
    for (const [text, box] of labels) if (box.left < 0 || box.right > clientWidth) found.push(`${text} is cut off`);
    // Below each other, boxes of labels may touch: letters do not fill them.
    const meets = (a, b) => a.left < b.right && b.left < a.right && a.top + 6 < b.bottom && b.top + 6 < a.bottom;
    labels.forEach(([text, box], at) => {
      for (const [other, its] of labels.slice(at + 1)) if (meets(box, its)) found.push(`${text} is on ${other}`);
    });
  }
  return found;
}

async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.ok(found.passes.some(({ id }) => id === "color-contrast"), "it looked at the colours");
  return found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

for (const width of [390, 1280]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the report can be read at ${width} pixels in ${colorScheme} colours`, async (t) => {
      const page = await open(t, `file://${REPORT}`, { width, height: 880, colorScheme });
      await page.screenshot({ path: path.join(ROOT, `target/browser/report-${width}-${colorScheme}.png`) });
      assert.deepEqual(await page.evaluate(misplaced), []);
      assert.deepEqual(await violations(page), []);
      assert.match(await page.locator(".verdict").innerText(), /^standard won: /);
      assertQuiet(page);
    });
  }
}
