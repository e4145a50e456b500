"use strict";
// What a person sees, as it changes.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { assertQuiet, open, tab } = require("./support/browser");
const { start } = require("./support/example");
const { circuit, isIn, row, shows } = require("./support/shown");

const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];

for (const width of WIDTHS) {
  for (const colorScheme of SCHEMES) {
    test(`it shows each call at ${width} pixels in ${colorScheme} colours`, async (t) => {
      const server = await start(t, "page");
      const page = await open(t, `${server.origin}/watch/`, { width, colorScheme });
      await shows(circuit(page), "Good", /^0$/);
      await fetch(`${server.origin}/pay/ann`);
      await fetch(`${server.origin}/fail/ann`);
      await shows(circuit(page), "Good", /^1$/);
      await shows(circuit(page), "Failed", /^1$/);
      await shows(row(page, "Measures", "payments"), "Calls", /^2$/);
      assertQuiet(page);
    });
  }
}

test("it finds its stream without a slash at the end, too", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/watch`);
  await isIn(circuit(page), "closed");
  assertQuiet(page);
});

test("dark colours are dark, and light ones light", async (t) => {
  const server = await start(t, "page");
  const light = await Promise.all(SCHEMES.map(async (colorScheme) => {
    const page = await open(t, `${server.origin}/watch/`, { colorScheme });
    const [back, text] = await page.evaluate(() => ["backgroundColor", "color"].map((of) => getComputedStyle(document.documentElement)[of]));
    const sum = (color) => color.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
    return sum(back) > sum(text);
  }));
  assert.deepEqual(light, [true, false]);
});

test("a circuit that opens is shown open within 2 seconds", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/watch/`);
  await isIn(circuit(page), "closed");
  for (let call = 0; call < 3; call++) await fetch(`${server.origin}/fail/ann`);
  const opened = performance.now();
  await isIn(circuit(page), "open");
  const took = performance.now() - opened;
  t.diagnostic(`after ${took.toFixed(0)} ms`);
  assert.ok(took < 2_000, `after ${took} ms`);
  assert.match(await page.title(), /wrong/);
});

/** Answers each stream with these frames, one a second, and all again. */
async function streams(page, frames) {
  const body = frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("");
  await page.route("**/events", (stream) => stream.fulfill({ contentType: "text/event-stream", body: "retry: 1000\n\n" + body }));
}

test("a clock of the server that is set back stops no minute", async (t) => {
  const server = await start(t, "page");
  const { value: frame } = await server.frames("/watch/").next();
  const counted = (success) => ({ ...frame.metrics, circuit_calls_total: { payments: { success } } });
  const page = await tab(t);
  const times = [[0, 100], [1, 110], [-86_400, 120], [-86_399, 150]];
  await streams(page, times.map(([second, success]) => ({ ...frame, at: frame.at + second, metrics: counted(success) })));
  await page.goto(`${server.origin}/watch/`);
  await circuit(page).getByRole("img", { name: "Last minute: 40 good" }).waitFor();
});

test("an experiment is shown with what came of its last run", async (t) => {
  const server = await start(t, "page");
  const { value: frame } = await server.frames("/watch/").next();
  const of = (name, trouble, snapshot) =>
    ({ kind: "experiment", name, figures: null, instances: [{ kind: "experiment", name, key: null, settings: {}, snapshot, trouble }] });
  const began = "2026-11-30T01:20:00.000Z";
  const groups = [
    of("lose a replica", "watch", { is_running: true, outcome: "broken", why: "no order", began, took: 5 }),
    of("fill the disk", "well", { is_running: false, outcome: false, why: false, began: false, took: false }),
  ];
  const metrics = { ...frame.metrics, experiment_runs_total: { "lose a replica": { held: 3, broken: 1 } } };
  const page = await tab(t);
  await streams(page, [{ ...frame, groups, metrics }]);
  await page.goto(`${server.origin}/watch/`);
  const [lost, full] = ["lose a replica", "fill the disk"].map((name) => row(page, "Experiments", name));
  await shows(lost, "Last run", /broken\s*no order$/);
  await shows(lost, "Began", /^2026-11-30T01:20:00.000Z$/);
  await shows(lost, "Now", /^running$/);
  await shows(lost, "Runs", /^held 3, broken 1$/);
  await shows(full, "Last run", /^$/);
  await page.locator("#troubles li").filter({ hasText: /lose a replica: broken, no order$/ }).waitFor();
  assertQuiet(page);
});

test("a clock of the browser that is set back stops no news", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await isIn(circuit(page), "closed");
  const news = page.locator("[aria-live=polite]");
  const steer = (action) => server.steer({ kind: "circuit breaker", name: "payments", action });
  assert.equal(await steer("force_open"), 200);
  await news.filter({ hasText: /^circuit breaker payments: forced open/ }).waitFor();
  await page.evaluate(() => { const { now } = Date; Date.now = () => now() - 86_400_000; });
  assert.equal(await steer("reset"), 200);
  await news.filter({ hasText: /^over: circuit breaker payments/ }).waitFor();
});

test("nothing scrolls sideways at 360 pixels", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`, { width: 360 });
  await circuit(page).getByRole("button").click();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
});

test("nothing moves for those who want less motion", async (t) => {
  const server = await start(t, "page");
  const moving = async (reducedMotion) => {
    const page = await open(t, `${server.origin}/steer/`, { reducedMotion });
    await circuit(page).getByRole("button").click();
    return page.evaluate(() => {
      const seconds = (style) => `${style.transitionDuration}, ${style.animationDuration}`.split(", ").map(parseFloat);
      const styles = [...document.querySelectorAll("*")].map((element) => getComputedStyle(element));
      return styles.filter((style) => Math.max(...seconds(style)) > 0 || style.scrollBehavior === "smooth").length;
    });
  };
  assert.equal(await moving("reduce"), 0);
});

test("its script and style have less than 40 KB", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  const bytes = await page.evaluate(() => {
    const own = [...document.querySelectorAll("script, style")];
    return own.reduce((sum, { textContent }) => sum + new TextEncoder().encode(textContent).length, 0);
  });
  t.diagnostic(`${bytes} bytes`);
  assert.equal(await page.locator("script[src], link[rel=stylesheet]").count(), 0);
  assert.ok(bytes > 0 && bytes < 40_000, `${bytes} bytes`);
});
