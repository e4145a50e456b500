"use strict";
// What pages of other sites can do with ours: nothing.

const assert = require("node:assert/strict");
const { once } = require("node:events");
const { test } = require("node:test");
const { STRANGER, open, tab } = require("./support/browser");
const { start } = require("./support/example");
const { stranger } = require("./support/stranger");

const FORCE_OPEN = JSON.stringify({ kind: "circuit breaker", name: "payments", action: "force_open" });

/** What a script of another site may try to make a browser send, with a body that our page itself would send. */
const ATTACKS = {
  form: ([steer, body]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", enctype: "text/plain", action: steer });
    // Its text is `name=value`, and so JSON that has one more field.
    const [start, end] = [body.slice(0, -1) + ',"more":"', '"}'];
    form.append(Object.assign(document.createElement("input"), { name: start, value: end }));
    document.body.append(form);
    form.submit();
  },
  "fetch that asks nobody": ([steer, body]) => fetch(steer, { method: "POST", mode: "no-cors", body }).catch(() => {}),
  "fetch of JSON": ([steer, body]) =>
    fetch(steer, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => {}),
  beacon: ([steer, body]) => void navigator.sendBeacon(steer, new Blob([body], { type: "application/json" })),
  "beacon of text": ([steer, body]) => void navigator.sendBeacon(steer, body),
};

/** Hears of each response, also where the page itself is not told: that to a beacon, and that to a question before a fetch. */
async function ear(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  return devtools;
}

async function phase(server) {
  const instances = await (await fetch(`${server.origin}/steer/instances`)).json();
  const circuit = instances.find(({ kind, name }) => kind === "circuit breaker" && name === "payments");
  return circuit.snapshot.phase;
}

for (const [name, attack] of Object.entries(ATTACKS)) {
  test(`a ${name} from another site changes nothing`, async (t) => {
    const server = await start(t, "page");
    const steer = `${server.origin}/steer/steer`;
    const page = await tab(t);
    await page.goto(await stranger(t));
    const refused = once(await ear(page), "Network.responseReceivedExtraInfo");
    await page.evaluate(attack, [steer, FORCE_OPEN]);
    const [{ statusCode }] = await refused;
    assert.ok([403, 405].includes(statusCode), `${statusCode}`);
    assert.equal(await phase(server), "closed");
  });
}

test("the body of the attacks opens the circuit when the page sends it", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await page.evaluate(ATTACKS["fetch of JSON"], [`${server.origin}/steer/steer`, FORCE_OPEN]);
  assert.equal(await phase(server), "forced_open");
});

test("a frame of another site stays empty", async (t) => {
  const server = await start(t, "page");
  const framed = (path) => `<iframe src="${server.origin}${path}"></iframe>`;
  const page = await tab(t);
  await page.goto(await stranger(t, framed("/watch/") + framed("/pay/ann")));
  const [, ours, other] = page.frames();
  assert.match(page.alarms.join(), /frame-ancestors 'none'/);
  await ours.waitForURL(/^chrome-error:/, { waitUntil: "commit" });
  assert.equal(await other.locator("body").innerText(), "paid\n");
});

test("a host that was rebound to this machine is refused", async (t) => {
  const server = await start(t, "page");
  const rebound = server.origin.replace("127.0.0.1", STRANGER);
  const page = await tab(t);
  const status = async (path) => (await page.goto(rebound + path)).status();
  assert.equal(await status("/pay/ann"), 200);
  assert.equal(await status("/steer/"), 403);
  assert.equal(await status("/steer/instances"), 403);
  const sent = await page.evaluate(
    async (body) => (await fetch("/steer/steer", { method: "POST", headers: { "content-type": "application/json" }, body })).status,
    FORCE_OPEN,
  );
  assert.equal(sent, 403);
  assert.equal(await phase(server), "closed");
});
