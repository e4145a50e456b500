"use strict";
// What the page says of its connection.

const { test } = require("node:test");
const { open } = require("./support/browser");
const { start } = require("./support/example");

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
