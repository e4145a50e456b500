"use strict";

const assert = require("node:assert/strict");
const { after, before } = require("node:test");
const { chromium } = require("playwright-core");

const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];

/** The host that each browser finds on this machine, as if its owner had rebound it. */
const STRANGER = "evil.test";

let browser;
before(async () => {
  const rules = `--host-resolver-rules=MAP ${STRANGER} 127.0.0.1`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: [...ARGS, rules] });
});
after(() => browser.close());

/** A page in a profile of its own, and whatever happens in it that should not. */
async function tab(t, { width = 1280, height = 900, ...settings } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...settings });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  return Object.assign(page, { alarms: alarmsOf(page) });
}

function alarmsOf(page) {
  const alarms = [];
  page.on("console", (message) => alarms.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => alarms.push(`error: ${error}`));
  page.on("dialog", (dialog) => alarms.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => {
    const elsewhere = new URL(request.url()).origin !== new URL(page.url()).origin;
    if (elsewhere && !request.isNavigationRequest()) alarms.push(`request: ${request.url()}`);
  });
  return alarms;
}

/** Opens an address in a tab, and fails the test if anything happens there that should not. */
async function open(t, url, settings) {
  const page = await tab(t, settings);
  await page.goto(url);
  return page;
}

/** Fails if anything happened in the tab that should not. */
function assertQuiet(page) {
  assert.deepEqual(page.alarms, []);
}

module.exports = { STRANGER, assertQuiet, open, tab };
