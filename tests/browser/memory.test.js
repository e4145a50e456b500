"use strict";
// What the page costs those who leave it open.

const assert = require("node:assert/strict");
const { EventEmitter, on } = require("node:events");
const { test } = require("node:test");
const { tab } = require("./support/browser");
const { start } = require("./support/example");

const SECONDS = 5 * 60;

/** The same with other keys. */
function of(second, group) {
  const instances = group.instances.map((one, at) => (one.key === null ? one : { ...one, key: `${second} ${at}` }));
  return { ...group, instances };
}

/** The frames of the next five minutes, each a second after the one before, with another count and other keys. */
function later(frame, minutes) {
  const seconds = Array.from({ length: SECONDS }, (_, second) => 60 * minutes + second);
  const frames = seconds.map((second) => {
    const metrics = { ...frame.metrics, circuit_calls_total: { payments: { success: second * (1 + (second % 7)) } } };
    const groups = frame.groups.map((group) => of(second, group));
    return `data: ${JSON.stringify({ ...frame, at: frame.at + second, groups, metrics })}\n\n`;
  });
  return "retry: 1\n\n" + frames.join("");
}

async function used(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const { nodes } = await devtools.send("Memory.getDOMCounters");
  return { usedSize, nodes };
}

test("what the page takes does not grow from ten minutes to half an hour", async (t) => {
  const server = await start(t, "page");
  for (let key = 0; key < 20; key++) await fetch(`${server.origin}/pay/${key}`);
  const { value: one } = await server.frames("/watch/").next();
  const page = await tab(t);
  const streams = new EventEmitter();
  const asked = on(streams, "asked");
  await page.route("**/events", (stream) => streams.emit("asked", stream));
  await page.goto(`${server.origin}/watch/`);

  const after = {};
  for (let minutes = 0; minutes <= 30; minutes += 5) {
    // A stream is asked for when all that the last one said is shown.
    const { value: [stream] } = await asked.next();
    after[minutes] = await used(page);
    await stream.fulfill({ contentType: "text/event-stream", body: later(one, minutes) });
  }
  t.diagnostic(JSON.stringify(after));
  assert.ok(after[10].nodes > after[0].nodes);
  assert.equal(after[30].nodes, after[10].nodes);
  // What is kept for each frame grows in all five minutes; what the browser compiles, once.
  const growth = [15, 20, 25, 30].map((minutes) => after[minutes].usedSize - after[minutes - 5].usedSize);
  assert.ok(Math.min(...growth) < 25_000, `it grew by ${growth} bytes`);
});
