"use strict";
// Shows what the stream of events says, once a second. All text stays text: nothing that was said is read as HTML.

// The folder of this document, under whatever prefix it is served: with the origin, since a prefix may begin like a host.
const BASE = location.origin + location.pathname.replace(/\/?$/, "/");
const MINUTE = 60;
const NEWS_EVERY = 5_000;
const SILENCE = 3_500;
const GIVE_UP = 10_000;
const TRY_AGAIN = 5_000;
const MOST_TROUBLES = 12;

const $ = id => document.getElementById(id);
// Nobody sets this clock.
const now = () => performance.now();

// Names come from elsewhere, such as "constructor": only what is an object's own is asked for.
const own = (object, name) => (object && Object.hasOwn(object, name) ? object[name] : undefined);

function element(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function drawing(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Names of instances, each by itself: one that is written from right to left turns nothing else.
function named(kind, name, key) {
  const parts = [kind + " ", element("bdi", {}, name)];
  return key ? [...parts, " ", element("bdi", {}, key)] : parts;
}

// --- Values in words ---

const NUMBER = new Intl.NumberFormat("en");
const count = value => (typeof value === "number" ? NUMBER.format(value) : undefined);
const percent = value => (typeof value === "number" ? (100 * value).toFixed(value > 0.99 && value < 1 ? 3 : 1) + " %" : undefined);
const left = used => (typeof used === "number" ? percent(Math.max(0, 1 - used)) : undefined);
const times = burn => (typeof burn === "number" ? burn.toFixed(1) + " times" : undefined);
const plain = word => String(word).replaceAll("_", " ");

function time(seconds) {
  if (typeof seconds !== "number") return undefined;
  if (seconds < 0.001) return (seconds * 1e6).toFixed(0) + " µs";
  if (seconds < 1) return (seconds * 1e3).toPrecision(3) + " ms";
  if (seconds < 60) return seconds.toFixed(1) + " s";
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return `${minutes} min ${Math.floor(seconds % 60)} s`;
}

// A text with its times in three digits.
const rounded = text => text.replace(/\d+\.\d+(?=(µs|ms|s)\b)/g, time => Number(Number(time).toPrecision(3)));

const SIGNS = { well: "●", watch: "▲", wrong: "■" };
const state = (trouble, word, more) => ({ trouble, word: plain(word), more: more || undefined });

// --- The table of kinds: what is shown of each ---

// A column: its head, what it says of a row, and whether that is a number. It is there if it says anything of any row.
const words = (head, of) => ({ head, of });
const number = (head, of) => ({ head, of, isNumber: true });
const total = (head, metric, ...labels) => number(head, row => row.total(metric, ...labels));
const seldom = (head, metric, ...labels) => number(head, row => row.sum(metric, ...labels) ? row.total(metric, ...labels) : undefined);
const minute = { head: "Last minute", of: row => row.minute() };

const KINDS = {
  "objective": ["Objectives", [
    words("State", row => row.said(state(row.trouble, row.see("is_met") ? "met" : "missed", row.firing()))),
    number("Availability", row => percent(row.set("availability"))),
    number("Budget left", row => left(row.see("availability_used"))),
    number("Burn in 1 h", row => times(row.level("objective_burn_rate", "availability 1h"))),
    number("Latency", row => row.set("latency") ? `${percent(row.set("latency"))} in ${time(row.set("limit"))}` : undefined),
    number("Latency budget left", row => left(row.see("latency_used"))),
    number("Latency burn in 1 h", row => times(row.level("objective_burn_rate", "latency 1h"))),
    words("Figures", row => row.figures()),
  ]],
  "health": ["Health", [
    words("Verdict", row => row.said(state(row.trouble, row.see("verdict")))),
    words("Ready", row => row.said(row.see("ready") ? "yes" : "no")),
    words("Started", row => row.said(row.see("started") ? "yes" : "no")),
    words("Draining", row => row.said(row.see("draining") ? "yes" : "no")),
    words("Critical checks", row => row.set("critical") || undefined),
    words("Degrading", row => row.set("degrading") || undefined),
  ]],
  "health check": ["Health checks", [
    words("Verdict", row => row.said(state(row.trouble, row.see("verdict"), row.see("why")))),
    words("Since", row => time(row.see("verdict_age"))),
    words("Last run", row => row.said(row.see("last_age") === false ? "never" : time(row.see("last_age")) + " ago")),
    words("Took", row => time(row.see("took"))),
    total("Healthy", "health_results_total", "healthy"),
    total("Degraded", "health_results_total", "degraded"),
    total("Unhealthy", "health_results_total", "unhealthy"),
  ]],
  "heartbeats": ["Heartbeats", [
    words("State", row => row.said(state(row.trouble, row.see("suspected") ? "suspects" : "well"))),
    number("Nodes", row => count(row.see("nodes"))),
    number("Suspected", row => count(row.see("suspected"))),
    total("Suspicions so far", "health_suspicions_total"),
  ]],
  "circuit breaker": ["Circuits", [
    words("Phase", row => row.said(state(row.trouble, row.see("phase"), row.phase()))),
    number("Failing", row => row.said(percent(row.see("failure_rate")))),
    number("Slow", row => row.said(percent(row.see("slow_rate")))),
    total("Good", "circuit_calls_total", "success"),
    total("Failed", "circuit_calls_total", "failure"),
    seldom("Throttled", "circuit_calls_total", "throttled"),
    seldom("Other", "circuit_calls_total", "ignored", "abandoned", "late"),
    total("Rejected", "circuit_rejected_total"),
    minute,
    words("Figures", row => row.figures()),
  ]],
  "bulkhead": ["Bulkheads", [
    words("Places", row => row.said({ part: row.see("in_flight"), whole: row.set("max_concurrent"), trouble: row.trouble })),
    number("Queued", row => count(row.see("queued"))),
    total("Rejected", "bulkhead_rejected_total"),
    seldom("Limit changed", "bulkhead_limit_changes_total"),
  ]],
  "rate limit": ["Rate limits", [
    number("Rate", row => row.set("rate")),
    words("Left of burst", row => row.said({ part: row.see("available"), whole: row.set("burst"), trouble: row.trouble })),
    number("Waiting", row => count(row.see("waiting"))),
    total("Admitted", "rate_limit_admitted_total"),
    total("Rejected", "rate_limit_rejected_total"),
    seldom("Shut", "rate_limit_shut_total"),
  ]],
  "retry": ["Retries", [
    words("Budget", row => row.said(row.see("tokens") === false ? "none" : state(row.trouble, count(row.see("tokens")) + " tokens"))),
    number("Attempts at most", row => count(row.set("max_attempts"))),
    total("Good at once", "retry_calls_total", "first"),
    total("Good after retries", "retry_calls_total", "retried"),
    total("Failed", "retry_calls_total", "failed_first", "failed_retried"),
    total("Attempts", "retry_attempts_total"),
    total("Stopped", "retry_stopped_total"),
  ]],
  "timeout": ["Timeouts", [
    words("Limit", row => time(row.set("limit")) || row.set("limit")),
    total("Ended", "timeout_expired_total"),
    words("By what", row => row.each("timeout_expired_total")),
  ]],
  "fallback": ["Fallbacks", [
    total("Answers", "fallback_answers_total"),
    words("By step", row => (row.sum("fallback_answers_total", "2", "3", "4") ? row.each("fallback_answers_total") : undefined)),
    total("Failed", "fallback_failed_total"),
  ]],
  "cache": ["Caches", [
    words("Room taken", row => row.said({ part: row.see("weight"), whole: row.set("capacity"), trouble: row.trouble })),
    number("Entries", row => count(row.see("entries"))),
    total("Hits", "cache_calls_total", "hit"),
    total("Stale", "cache_calls_total", "stale"),
    total("Misses", "cache_calls_total", "miss"),
    seldom("Passed on", "cache_calls_total", "passed"),
    number("Refreshing", row => count(row.see("refreshing"))),
    seldom("Refreshes failed", "cache_refreshes_total", "failed"),
    seldom("No room to refresh", "cache_refreshes_total", "full"),
    seldom("Evicted", "cache_evicted_total"),
  ]],
  "coalesce": ["Shared calls", [
    number("Flights", row => count(row.see("flights"))),
    number("Waiting", row => count(row.see("waiting"))),
    total("Alone", "coalesce_calls_total", "alone"),
    total("Began", "coalesce_calls_total", "began"),
    total("Joined", "coalesce_calls_total", "joined"),
    seldom("Rejected", "coalesce_rejected_total"),
  ]],
  "chaos": ["Faults", [
    words("State", row => row.said(state(row.trouble, row.see("is_on") ? "on" : "off"))),
    number("Left", row => time(row.see("left"))),
    total("Met", "chaos_faults_total"),
    seldom("Spared", "chaos_spared_total"),
    seldom("Stopped", "chaos_halted_total"),
  ]],
  "experiment": ["Experiments", [
    words("Last run", row => row.said(row.see("outcome") && state(row.trouble, row.see("outcome"), row.see("why")))),
    words("Began", row => row.see("began")),
    words("Now", row => row.see("is_running") && "running"),
    words("Runs", row => row.each("experiment_runs_total")),
  ]],
  "measure": ["Measures", [
    number("In flight", row => count(row.see("in_flight"))),
    number("p50", row => time(row.see("p50"))),
    number("p99", row => time(row.see("p99"))),
    total("Calls", "call_duration_seconds"),
    total("Good", "call_duration_seconds", "success"),
    total("Failed", "call_duration_seconds", "failure"),
    total("Rejected", "call_duration_seconds", "rejected"),
    seldom("Other", "call_duration_seconds", "throttled", "ignored", "abandoned"),
    minute,
  ]],
  "replicas": ["Replicas", [
    words("State", row => row.said(row.see("state")
      ? state(row.trouble, row.see("state"), row.see("why"))
      : state(row.trouble, row.see("panic") ? "panic" : row.trouble, `${count(row.see("healthy"))} of ${count(row.see("replicas"))} healthy`))),
    words("In use", row => (row.see("in_use") ? "yes" : undefined)),
    number("In flight", row => count(row.see("in_flight"))),
    number("Calls", row => count(row.see("calls"))),
    number("Failures", row => count(row.see("failures"))),
    number("Ejections", row => count(row.see("ejections"))),
    number("Weight", row => count(row.set("weight"))),
  ]],
  "per key": ["Layers per key", [
    number("Keys", row => count(row.see("keys"))),
    words("State", row => row.said(state(row.trouble, row.rest(["keys"]) ?? "at rest"))),
    seldom("No room for", "per_key_no_room_total"),
  ]],
  "criticality": ["Criticality", [
    total("Calls", "criticality_calls_total"),
    words("By how much they matter", row => row.each("criticality_calls_total")),
  ]],
};

// What counts as good, failed and rejected in a minute, by kind.
const MINUTES = {
  "circuit breaker": row => [row.sum("circuit_calls_total", "success"), row.sum("circuit_calls_total", "failure"), row.sum("circuit_rejected_total")],
  "measure": row => [row.sum("call_duration_seconds", "success"), row.sum("call_duration_seconds", "failure"), row.sum("call_duration_seconds", "rejected")],
};

// What is seen of an instance, or of all of a name: then `instance` is undefined.
class Row {
  constructor(frame, group, instance, hasTotals, index) {
    Object.assign(this, { frame, group, instance, hasTotals, index });
    this.trouble = instance ? instance.trouble : "well";
    this.id = [group.kind, group.name, instance ? "one" : "all", instance?.key ?? "", index].join("\n");
  }
  see(name) { return own(this.instance?.snapshot, name); }
  set(name) { return own(this.instance?.settings, name); }
  said(value) { return this.instance ? value : undefined; }
  sum(metric, ...labels) {
    const counts = own(own(this.frame.metrics, metric), this.group.name) ?? {};
    const asked = labels.length ? labels.map(label => own(counts, label) ?? 0) : Object.values(counts);
    return asked.reduce((sum, one) => sum + one, 0);
  }
  level(metric, label) { return this.instance ? own(own(own(this.frame.metrics, metric), this.group.name), label) : undefined; }
  total(metric, ...labels) { return this.hasTotals ? count(this.sum(metric, ...labels)) : undefined; }
  minute() { return this.hasTotals ? { minute: minuteOf(this) } : undefined; }
  // All that is not zero, of what no column says.
  rest(known) { return listed(Object.entries(this.instance?.snapshot ?? {}).filter(([name]) => !known.includes(name))); }
  each(metric) { return this.hasTotals ? listed(Object.entries(own(own(this.frame.metrics, metric), this.group.name) ?? {})) : undefined; }
  // The alerts of an objective, each once, since several rules have one severity: "availability (page, ticket)".
  firing() {
    const alerts = new Map();
    for (const alert of (this.see("firing") || "").split(", ").filter(alert => alert)) {
      const [indicator, severity] = alert.split(" ");
      alerts.set(indicator, (alerts.get(indicator) ?? new Set()).add(severity));
    }
    return [...alerts].map(([indicator, severities]) => `${indicator} (${[...severities].join(", ")})`).join(", ");
  }
  // How long it has been in its phase, when it tries again, and why it is not closed.
  phase() {
    const again = this.see("retry_after");
    const parts = ["for " + time(this.see("phase_age")), typeof again === "number" && `tries again in ${time(again)}`];
    if (this.trouble !== "well") parts.push(this.last());
    return parts.filter(part => part).join(", ");
  }
  // The last thing that happened in it.
  last() {
    const { kind, name } = this.group;
    const key = this.instance?.key || null;
    return rounded(this.frame.happenings.find(one => one.kind === kind && one.name === name && one.key === key)?.what ?? "");
  }
  figures() {
    const figures = this.hasTotals ? own(this.group, "figures") : undefined;
    if (!figures) return undefined;
    const parts = [["available", percent(figures.availability)], ["MTBF", time(figures.mtbf)], ["MTTR", time(figures.mttr)]];
    return parts.filter(([, value]) => value).map(part => part.join(" ")).join(", ");
  }
  get named() { return named(this.group.kind, this.group.name, this.key); }
  get of() { return `${this.group.kind} ${this.group.name}${this.key === undefined ? "" : " " + this.key}`; }
  // What stands below the name.
  get below() {
    const { length } = this.group.instances;
    if (this.key !== undefined) return this.key;
    if (this.instance) return undefined;
    const what = this.group.instances.every(one => one.key !== null) ? "key" : "instance";
    return length === 0 ? "gone" : `${count(length)} ${what}${length === 1 ? "" : "s"}`;
  }
  get key() {
    const key = this.instance?.key;
    return key === "" ? `${this.index + 1} (not shown)` : key ?? undefined;
  }
}

const listed = entries => entries.filter(([, value]) => value).map(([name, value]) => `${plain(name)} ${typeof value === "number" ? count(value) : value}`).join(", ") || undefined;

// What its name has counted, if anything.
function gone(frame, group) {
  const row = new Row(frame, group, undefined, true, 0);
  const [, columns] = own(KINDS, group.kind) ?? ["", []];
  return columns.some(column => column.of(row)) ? [row] : [];
}

// One row where there is one instance; else one for the name, and one for each of its instances.
function rowsOf(frame, group) {
  const { instances } = group;
  if (instances.length === 1 && instances[0].key === null) return [new Row(frame, group, instances[0], true, 0)];
  if (instances.length === 0) return gone(frame, group);
  // Which it is of those of its key, so that it stays the same row wherever it stands.
  const index = (instance, at) => instances.slice(0, at).filter(({ key }) => key === instance.key).length;
  const all = instances.map((instance, at) => new Row(frame, group, instance, false, index(instance, at)));
  const main = all.filter(row => row.instance.key === null);
  if (main.length !== 1) return [new Row(frame, group, undefined, true, 0), ...all];
  main[0].hasTotals = true;
  return [main[0], ...all.filter(row => row !== main[0])];
}

// --- The last minute: kept here, from the stream; it begins empty ---

const minutes = new Map();

function minuteOf(row) {
  const sums = MINUTES[row.group.kind](row);
  const id = row.group.kind + "\n" + row.group.name;
  const known = minutes.get(id);
  if (!known) {
    minutes.set(id, { at: row.frame.at, sums, seconds: [] });
    return [];
  }
  // Less than zero where the clock of the server was set back: what was counted meanwhile is of no second.
  const seconds = Math.min(MINUTE, Math.round(row.frame.at - known.at));
  if (seconds !== 0) {
    const each = sums.map((sum, lane) => Math.max(0, sum - known.sums[lane]) / seconds);
    for (let second = 0; second < seconds; second++) known.seconds.push(each);
    known.seconds.splice(0, known.seconds.length - MINUTE);
    Object.assign(known, { at: row.frame.at, sums });
  }
  return known.seconds;
}

// Three lanes, so that the place tells them apart, too: good above the line, failed below it, rejected at the bottom. Each has its own
// scale, since one looks for few failures among many good calls.
function sparkline(seconds) {
  const first = MINUTE - seconds.length;
  const lane = (number, base, height) => {
    const most = Math.max(...seconds.map(second => second[number]));
    const bars = seconds.map((second, at) => {
      const high = Math.max(3, (second[number] / most) * Math.abs(height)) * Math.sign(height);
      return second[number] > 0 ? `M${4 * (first + at)} ${base}v${high.toFixed(1)}h3v${(-high).toFixed(1)}z` : "";
    });
    return bars.join("");
  };
  const sums = [0, 1, 2].map(number => count(Math.round(seconds.reduce((sum, second) => sum + second[number], 0))));
  const label = `Last minute: ${sums[0]} good, ${sums[1]} failed, ${sums[2]} rejected`;
  return drawing("svg", { viewBox: "0 0 240 40", class: "minute", role: "img", "aria-label": label },
    drawing("title", {}, label),
    drawing("path", { class: "axis", d: "M0 18H240" }),
    drawing("path", { class: "good", d: lane(0, 17, -17) }),
    drawing("path", { class: "failed", d: lane(1, 19, 10) }),
    drawing("path", { class: "rejected", d: lane(2, 40, -9) }));
}

// --- Drawing: only what changed ---

const shown = new WeakMap();

function show(cell, value) {
  const said = JSON.stringify(value ?? "");
  if (shown.get(cell) === said) return;
  shown.set(cell, said);
  cell.replaceChildren(...drawn(value));
}

function drawn(value) {
  if (value === undefined || value === false || value === "") return [];
  if (typeof value !== "object") return [String(value)];
  if (value.minute) return [sparkline(value.minute)];
  if ("part" in value) return [bar(value)];
  return [sign(value)];
}

function sign({ trouble, word, more }) {
  const badge = element("span", { class: "state " + trouble }, element("span", { "aria-hidden": "true" }, SIGNS[trouble]), " " + word);
  if (more) badge.append(element("small", {}, more));
  return badge;
}

function bar({ part, whole, trouble }) {
  const width = whole > 0 ? Math.min(84, (84 * part) / whole) : 0;
  const text = typeof whole === "number" ? `${count(part)} of ${count(whole)}` : count(part);
  const said = trouble === "well" ? text : sign({ trouble, word: text });
  return element("span", {}, said, drawing("svg", { viewBox: "0 0 84 6", class: "bar", "aria-hidden": "true" },
    drawing("rect", { class: "all", width: 84, height: 6 }), drawing("rect", { class: "part", width: width.toFixed(1), height: 6 })));
}

const tables = new Map();
let rows = 0;

function tableOf(kind) {
  const [title, columns] = own(KINDS, kind) ?? [plain(kind), [words("State", row => row.rest([]))]];
  const id = "kind-" + kind.replaceAll(" ", "-");
  const titles = ["Name", ...columns.map(column => column.head), "Steer"];
  const heads = titles.map((title, at) => element("th", { role: "columnheader", scope: "col", class: columns[at - 1]?.isNumber ? "number" : "" }, title));
  const head = element("tr", { role: "row" }, ...heads);
  const body = element("tbody", { role: "rowgroup" });
  const table = element("table", { role: "table", "aria-labelledby": id }, element("thead", { role: "rowgroup" }, head), body);
  const section = element("section", { "aria-labelledby": id, "data-kind": kind }, element("h2", { id }, title), table);
  return { section, body, columns, heads, rows: new Map() };
}

function rowOf(table, row) {
  const below = element("small", { dir: "auto" });
  const name = element("th", { role: "rowheader", scope: "row" }, element("bdi", {}, row.group.name), below);
  const cells = table.columns.map(({ head, isNumber }) => element("td", { role: "cell", "data-head": head, class: isNumber ? "number" : "" }));
  const last = element("td", { role: "cell", class: "steer" });
  return { tr: element("tr", { role: "row", id: "row-" + ++rows, "aria-label": row.of }, name, ...cells, last), below, cells, last };
}

function drawTable(kind, rows) {
  if (!tables.has(kind)) tables.set(kind, tableOf(kind));
  const table = tables.get(kind);
  const there = new Set(rows.map(row => row.id));
  for (const [id, { tr }] of table.rows) if (!there.has(id)) { tr.remove(); table.rows.delete(id); }
  const drawn = rows.map((row, at) => drawRow(table, row, at));
  table.columns.forEach((_, at) => {
    const isEmpty = drawn.every(({ cells }) => !cells[at].hasChildNodes());
    [table.heads[at + 1], ...drawn.map(({ cells }) => cells[at])].forEach(cell => { cell.hidden = isEmpty; });
  });
  table.heads.at(-1).hidden = !maySteer || !own(ACTIONS, kind);
  return table;
}

function drawRow(table, row, at) {
  if (!table.rows.has(row.id)) table.rows.set(row.id, rowOf(table, row));
  const drawn = table.rows.get(row.id);
  if (table.body.children[at] !== drawn.tr) table.body.insertBefore(drawn.tr, table.body.children[at] ?? null);
  show(drawn.below, row.below);
  table.columns.forEach((column, at) => show(drawn.cells[at], column.of(row)));
  drawSteer(drawn.last, row);
  return drawn;
}

// Draws, and leaves the focus with the one that has it, also if its row has moved.
function draw(frame) {
  const { activeElement: focused } = document;
  drawFrame(frame);
  if (focused !== document.activeElement) focused.focus({ preventScroll: true });
}

function drawFrame(frame) {
  const kinds = new Map([...Object.keys(KINDS), ...frame.groups.map(group => group.kind)].map(kind => [kind, []]));
  for (const group of frame.groups) kinds.get(group.kind).push(...rowsOf(frame, group));
  let before = null;
  for (const [kind, rows] of kinds) {
    if (rows.length === 0) { tables.get(kind)?.section.remove(); tables.delete(kind); continue; }
    const { section } = drawTable(kind, rows);
    const place = before ? before.nextSibling : $("kinds").firstChild;
    if (place !== section) $("kinds").insertBefore(section, place);
    before = section;
  }
  drawSummary(frame, [...kinds.values()].flat().filter(row => row.instance));
  drawHappenings(frame.happenings ?? []);
}

// --- The summary, and news of it ---

function troubleOf(row) {
  const drains = row.see("draining") && row.trouble !== "wrong" ? "draining" : undefined;
  const word = drains ?? ["phase", "state", "verdict", "outcome", "mode"].map(name => row.see(name)).find(word => word) ?? (row.see("is_met") === false ? "missed" : own(NEEDS, row.group.kind)) ?? row.trouble;
  const why = row.see("why") || row.firing();
  return `: ${plain(word)}${why ? ", " + why : ""}`;
}

const NEEDS = { "objective": "burns its budget", "bulkhead": "full", "rate limit": "used up", "retry": "budget is empty", "replicas": "too few are healthy", "heartbeats": "a node is suspected", "per key": "a circuit is open", "chaos": "on" };

// Where the keys are listed themselves, the layer of theirs says nothing new.
function saysAnew(row, rows) {
  return row.group.kind !== "per key" || !rows.some(other => other.group.name === row.group.name && other.key !== undefined && other.trouble !== "well");
}

function drawSummary(frame, rows) {
  const [wrong, watch] = ["wrong", "watch"].map(trouble => rows.filter(row => row.trouble === trouble && saysAnew(row, rows)));
  const all = `${count(frame.instances)} ${frame.instances === 1 ? "instance" : "instances"}`;
  const parts = [wrong.length && `${count(wrong.length)} wrong`, watch.length && `${count(watch.length)} to watch`].filter(part => part);
  const worst = wrong.length ? "wrong" : watch.length ? "watch" : "well";
  const word = frame.instances === 0 ? "Nothing is listed yet" : parts.length ? `${parts.join(", ")}, of ${all}` : `All well: ${all}`;
  show($("verdict"), state(worst, word));
  document.title = (wrong.length ? `(${wrong.length} wrong) ` : "") + "palisade";
  const troubles = [...wrong, ...watch];
  drawTroubles(troubles);
  $("hidden").hidden = frame.hidden === 0;
  show($("hidden"), `${count(frame.hidden)} of ${all} are not shown: those that are best off.`);
  tell(new Set(troubles.map(row => row.of + troubleOf(row))));
}

function drawTroubles(rows) {
  const first = rows.slice(0, MOST_TROUBLES);
  const more = rows.length - first.length;
  const key = JSON.stringify([first.map(row => [row.id, row.trouble, troubleOf(row)]), more]);
  if (shown.get($("troubles")) === key) return;
  shown.set($("troubles"), key);
  const items = first.map(row => element("li", {},
    element("span", { class: row.trouble, "aria-hidden": "true" }, SIGNS[row.trouble]), " ",
    element("a", { href: "#" + tables.get(row.group.kind).rows.get(row.id).tr.id }, ...row.named, troubleOf(row))));
  if (more > 0) items.push(element("li", {}, `and ${count(more)} more`));
  $("troubles").replaceChildren(...items);
}

let toldTroubles = new Set();
let toldAt = -NEWS_EVERY;

// Tells a screen reader what changed, at most every few seconds.
function tell(troubles) {
  if (now() - toldAt < NEWS_EVERY) return;
  const news = [...troubles].filter(trouble => !toldTroubles.has(trouble));
  const over = [...toldTroubles].filter(trouble => !troubles.has(trouble));
  if (news.length + over.length === 0) return;
  toldTroubles = troubles;
  toldAt = now();
  const some = (all, what) => (all.length > 3 ? [`${all.length} ${what}`] : all.map(one => what === "over" ? "over: " + one : one));
  $("news").textContent = [...some(news, "troubles"), ...some(over, "over")].join(". ");
}

function drawHappenings(happenings) {
  $("nothing").hidden = happenings.length > 0;
  const list = $("happenings").querySelector("ol");
  const key = JSON.stringify(happenings);
  if (shown.get(list) === key) return;
  shown.set(list, key);
  list.replaceChildren(...happenings.map(({ at, kind, name, key, what }) => {
    const when = new Date(at * 1000);
    const stamp = element("time", { datetime: when.toISOString() }, when.toLocaleTimeString("en-GB"));
    return element("li", {}, stamp, " ", element("strong", {}, ...named(kind, name, key)), ": ", element("bdi", {}, rounded(what)));
  }));
}

// --- Steering ---

let maySteer = false;

// An action: its word, its name, what it does, and the fields that it needs.
const ACTIONS = {
  "circuit breaker": [
    ["force_open", "Force open", "All calls are rejected until it is reset."],
    ["force_closed", "Force closed", "All calls pass until it is reset."],
    ["metrics_only", "Metrics only", "All calls pass and are counted, until it is reset."],
    ["reset", "Reset", "It closes, and forgets what it counted."],
  ],
  "bulkhead": [["resize", "Resize", "So many calls may be in flight. With 0 none may.", [["limit", "Places", "max_concurrent"]]]],
  "rate limit": [
    ["set_rate", "Set the rate", "So many calls may pass in so many seconds.", [["calls", "Calls"], ["seconds", "Seconds"]]],
    ["set_burst", "Set the burst", "So many calls may pass at once.", [["calls", "Calls", "burst"]]],
  ],
  "cache": [["clear", "Clear", "It throws away all."]],
  "health": [
    ["drain", "Drain", "It says that it is not ready for calls."],
    ["undrain", "Undrain", "It drains no longer."],
  ],
  "degradation": [["set", "Set the mode", "It stays in force.", [["mode", "Mode"]]], ["auto", "Auto", "Signals decide."]],
  "fallback": [["always", "Always", "It answers all calls."], ["auto", "Auto", "It answers failures."]],
  "chaos": [
    ["start", "Start", "Calls meet its faults for a while."],
    ["halt", "Stop", "Calls meet faults no longer."],
  ],
  "replicas": [
    ["drain", "Drain", "It gets no more calls."],
    ["undrain", "Undrain", "It gets calls again."],
    ["promote", "Promote", "It comes first from now on."],
    ["eject", "Eject", "It gets no calls for a while."],
    ["readmit", "Readmit", "It gets calls again."],
    ["set_weight", "Set the weight", "It gets calls by this weight.", [["weight", "Weight", "weight"]]],
  ],
};

const canSteer = row => maySteer && own(ACTIONS, row.group.kind) && row.group.instances.length > 0 && row.instance?.key !== "" &&
  (row.group.kind === "replicas" ? Boolean(row.instance?.key) : row.hasTotals || Boolean(row.instance?.key));

const latest = new WeakMap();

function drawSteer(cell, row) {
  latest.set(cell, row);
  cell.hidden = !maySteer || !own(ACTIONS, row.group.kind);
  if (!canSteer(row)) return cell.replaceChildren();
  if (cell.firstChild) return undefined;
  const button = element("button", { type: "button", "aria-label": `Steer ${row.of}` }, "Steer");
  button.addEventListener("click", () => ask(latest.get(cell)));
  return cell.append(button);
}

let asked;

function ask(row) {
  asked = row;
  $("ask-title").replaceChildren("Steer ", ...row.named);
  // What takes a change back comes first where there is one.
  const isSet = row.trouble !== "well";
  const actions = ACTIONS[row.group.kind].toSorted((one, other) => isSet * ((other[0] === "reset") - (one[0] === "reset")));
  const select = element("select", { id: "ask-action" }, ...actions.map(([word, title]) => element("option", { value: word }, title)));
  select.addEventListener("change", () => askAbout(row, actions[select.selectedIndex]));
  $("ask-what").replaceChildren(element("label", { for: "ask-action" }, "What to do "), select);
  askAbout(row, actions[0]);
  $("ask").showModal();
}

function askAbout(row, [word, title, does, fields = []]) {
  // A frame has only those that are worst off, and only the keys that are.
  const isOne = row.instance && (row.instance.key !== null || (row.group.instances.length === 1 && row.frame.hidden === 0));
  $("ask-more").textContent = does + (isOne ? "" : " This concerns all of this name, also those that are not shown.");
  $("ask-fields").replaceChildren(...fields.map(([field, label, setting]) => {
    const input = element("input", { name: field, type: field === "mode" ? "text" : "number", min: "0", step: "any", required: "" });
    const value = setting ? row.set(setting) : undefined;
    if (typeof value === "number") input.value = value;
    return element("label", {}, label + " ", input);
  }));
  $("ask-result").textContent = "";
  $("ask-yes").replaceChildren(title + ": ", ...row.named);
  Object.assign($("ask-yes"), { value: word, hidden: false });
  $("ask-no").textContent = "Cancel";
}

let isSending = false;

async function steer(event) {
  event.preventDefault();
  if (isSending) return;
  const request = { kind: asked.group.kind, name: asked.group.name, action: $("ask-yes").value };
  if (asked.instance?.key) request.key = asked.instance.key;
  for (const { name, type, value } of $("ask-fields").querySelectorAll("input")) request[name] = type === "text" ? value : Number(value);
  isSending = true;
  $("ask-result").textContent = "Sending.";
  const { isDone, text } = await send(request);
  isSending = false;
  $("ask-result").textContent = text;
  $("ask-no").textContent = isDone ? "Close" : "Cancel";
  // The focus stays in the dialog: what has it must not be hidden.
  if (isDone) $("ask-no").focus();
  $("ask-yes").hidden = isDone;
}

async function send(request) {
  try {
    const [headers, signal] = [{ "Content-Type": "application/json" }, AbortSignal.timeout(GIVE_UP)];
    const options = { method: "POST", headers, body: JSON.stringify(request), signal };
    const response = await fetch(BASE + "steer", options);
    const text = await response.text();
    return { isDone: response.ok, text: response.ok ? `Done: ${count(JSON.parse(text).steered)} steered.` : `Refused (${response.status}). ${text}` };
  } catch {
    return { isDone: false, text: "No response came. Is the connection lost? See whether it was done before you try again." };
  }
}

// --- The stream: one for this tab ---

let stream;
let heardAt = now();
const REFUSED = { 401: "You are not signed in.", 403: "You may not read this page.", 404: "There is no page any more.", 503: "As many readers as there may be are watching." };

function connect() {
  stream?.close();
  heardAt = now();
  stream = new EventSource(BASE + "events");
  stream.addEventListener("hello", event => { maySteer = JSON.parse(event.data).steer; });
  stream.addEventListener("message", event => {
    heardAt = now();
    say(true, "Live");
    draw(JSON.parse(event.data));
  });
  stream.addEventListener("error", lost);
}

function say(isLive, text) {
  document.body.dataset.live = isLive ? "yes" : "no";
  show($("connection").querySelector(".sign"), isLive ? "●" : "✕");
  show($("said"), text);
}

async function lost() {
  say(false, "Connection lost. Trying again.");
  if (stream.readyState !== EventSource.CLOSED) return;
  const closed = stream;
  setTimeout(() => { if (stream === closed) connect(); }, TRY_AGAIN);
  const status = await fetch(BASE + "events", { method: "HEAD" }).then(response => response.status, () => 0);
  if (stream === closed && REFUSED[status]) say(false, `Connection lost. ${REFUSED[status]} Trying again.`);
}

// A stream may be silent and not broken: a machine that slept, or a server that hangs.
setInterval(() => {
  const silent = now() - heardAt;
  if (silent > SILENCE && stream.readyState === EventSource.OPEN) say(false, "No news any more. Trying again.");
  if (silent > GIVE_UP && stream.readyState !== EventSource.CLOSED) connect();
}, 1_000);

$("host").textContent = location.host;
$("zone").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
$("ask").querySelector("form").addEventListener("submit", steer);
$("ask-no").addEventListener("click", () => $("ask").close());
connect();
