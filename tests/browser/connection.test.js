"use strict";
// What the page says of its connection.

const { test } = require("node:test");
const { assertQuiet, open } = require("./support/browser");
const { start } = require("./support/example");
const { circuit, isIn, shows } = require("./support/shown");

const status = (page, said) => page.getByRole("status").filter({ hasText: said }).waitFor();

test("a connection that is lost is said, and comes back by itself", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/watch/`);
  await status(page, "Live");
  await server.stop();
  await status(page, "lost");
  await start(t, "page", new URL(server.origin).host);
  await status(page, "Live");
});

test("a prefix that begins like a host leads to no host", async (t) => {
  const server = await start(t, "storm", "--page");
  const page = await open(t, `${server.origin}//evil.test/`);
  await status(page, "Live");
  assertQuiet(page);
});

test("a password in the address hinders nobody", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin.replace("//", "//ann:secret@")}/steer/`);
  await circuit(page).getByRole("button").click();
  await page.getByRole("button", { name: "Force open" }).click();
  await isIn(circuit(page), "forced open");
  assertQuiet(page);
});

test("a steering that finds no free connection is given up, and says so", async (t) => {
  const server = await start(t, "page");
  const page = await open(t, `${server.origin}/steer/`);
  await circuit(page).getByRole("button").click();
  const others = await Promise.all(Array.from({ length: 5 }, () => page.context().newPage()));
  for (const other of others) {
    await other.goto(`${server.origin}/steer/`);
    await status(other, "Live");
  }
  await page.getByRole("button", { name: "Force open" }).click();
  await page.getByText("Sending").waitFor();
  await page.getByText("No response came").waitFor({ timeout: 20_000 });
  await others[0].close();
  await fetch(`${server.origin}/pay/ann`);
  await shows(circuit(page), "Good", /^1$/);
  await isIn(circuit(page), "closed");
});
