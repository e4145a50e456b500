"use strict";

const { once } = require("node:events");
const { createServer } = require("node:http");
const { STRANGER } = require("./browser");

// Without it the browser would ask for one.
const ICON = '<link rel="icon" href="data:,">';

/** Serves a page of somebody else's, under a host and a port that are not ours, until the test ends. */
async function stranger(t, html = "") {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(ICON + html));
  t.after(() => { server.close(); server.closeAllConnections(); });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://${STRANGER}:${server.address().port}/`;
}

module.exports = { stranger };
