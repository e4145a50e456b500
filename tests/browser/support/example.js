"use strict";

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const path = require("node:path");
const { createInterface } = require("node:readline");

const EXAMPLES = path.join(__dirname, "../../../target/debug/examples");

/** An example in a process of its own. */
class Example {
  #child;
  #lines = [];
  #waiting = [];

  constructor(name, args) {
    this.#child = spawn(path.join(EXAMPLES, name), args, { stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#hear(line));
    this.#child.once("close", () => this.#waiting.forEach(({ fail }) => fail(new Error(`${name} has ended`))));
  }

  #hear(line) {
    this.#lines.push(line);
    this.#waiting = this.#waiting.filter(({ pattern, tell }) => {
      const found = line.match(pattern);
      if (found) tell(found);
      return !found;
    });
  }

  /** The first line that is so, when it is there. */
  says(pattern) {
    const line = this.#lines.find((line) => pattern.test(line));
    if (line) return line.match(pattern);
    return new Promise((tell, fail) => this.#waiting.push({ pattern, tell, fail }));
  }

  /** What the page in this folder is told, second by second. The first frame may be of the moment before. */
  async *frames(folder) {
    const { body } = await fetch(`${this.origin}${folder}events`);
    let text = "";
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const events = (text + chunk).split("\n\n");
      text = events.pop();
      yield* events.filter((event) => event.startsWith("data: ")).map((event) => JSON.parse(event.slice("data: ".length)));
    }
  }

  /** The status of the response to a steering of the example `page`. */
  async steer(request) {
    const headers = { "content-type": "application/json" };
    return (await fetch(`${this.origin}/steer/steer`, { method: "POST", headers, body: JSON.stringify(request) })).status;
  }

  async stop() {
    if (this.#child.exitCode === null && this.#child.kill()) await once(this.#child, "exit");
  }
}

/** Starts an example that ends with the test, and waits until it says where it is. */
async function start(t, name, ...args) {
  const example = new Example(name, args);
  t.after(() => example.stop());
  [example.origin] = await example.says(/http:\/\/127\.0\.0\.1:\d+/);
  return example;
}

module.exports = { start };
