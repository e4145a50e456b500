"use strict";
// What axe-core finds: nothing.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const axe = require("axe-core");
const { open } = require("./support/browser");
const { start } = require("./support/example");
const { circuit, isIn } = require("./support/shown");

async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.ok(found.passes.some(({ id }) => id === "color-contrast"), "it looked at the colours");
  return found.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
}

for (const width of [390, 1280]) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nobody is kept out at ${width} pixels in ${colorScheme} colours`, async (t) => {
      const server = await start(t, "page");
      const page = await open(t, `${server.origin}/steer/`, { width, colorScheme });
      await fetch(`${server.origin}/pay/bob`);
      for (let call = 0; call < 3; call++) await fetch(`${server.origin}/fail/ann`);
      await isIn(circuit(page), "open");
      assert.deepEqual(await violations(page), []);

      await circuit(page).getByRole("button").click();
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await violations(page), []);

      await page.keyboard.press("Escape");
      await server.stop();
      await page.getByRole("status").filter({ hasText: "lost" }).waitFor();
      assert.deepEqual(await violations(page), []);
    });
  }
}
