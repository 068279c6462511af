// What the browser tests share: a file server that can misbehave in known ways, a browser, and a page that is watched.
//
//   const here = site();
//   const page = await begin(here);  // with #test=1 the page's time stands still but for tick(), so nothing waits for luck
//   await run(page, "sever m1 r1");
//   await shows(page, "link-m1-r1", /severed/);
//   assert.deepEqual(await axe(page), []);
//   await end(page);

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const execute = promisify(execFile);

// project is the project's folder; dist the built site that is tested.
export const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
export const dist = path.join(project, "dist");

// build builds a site of any program beside dist, in cwd if that is not this project, with further flags of the builder,
// and resolves to its folder. Whoever asked removes it.
export async function build(program, { cwd = project, flags = [] } = {}) {
  const out = path.join(await mkdtemp(path.join(tmpdir(), "resync-site-")), "site");
  await execute("go", ["run", "./wasm/site", "build", "-draft", "-out", out, "-program", program, ...flags], { cwd });
  return out;
}

// remove deletes what build made.
export async function remove(site) {
  await rm(path.dirname(site), { recursive: true, force: true });
}

// What Chromium is to leave out. Two pages behind the address bar of each new window take nearly half of the time that opening one
// takes, and load beside what a test looks at. A second list replaces Playwright's own, so what that has is repeated.
const features = [
  "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
  "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "LensOverlay",
  "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "TcpPortRandomizationWin",
  "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch",
];

// launch starts Chromium, which must be in the PATH, with further flags.
export async function launch(...flags) {
  return chromium.launch({
    executablePath: await chromiumPath(),
    headless: true,
    args: [
      "--no-sandbox", // needed by root, and in most containers
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disable-features=${features}`,
      ...flags,
    ],
  });
}

async function chromiumPath() {
  for (const name of ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]) {
    for (const folder of process.env.PATH.split(path.delimiter)) {
      const file = path.join(folder, name);
      if (await stat(file).catch(() => null)) return file;
    }
  }
  throw new Error("There is no chromium in the PATH. On Debian: apt-get install chromium");
}

const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".resync": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
};

// serve serves a folder on the loopback interface, at a path that has to be escaped. The options are the ways in which
// hosts differ:
//
//   dir       the folder, dist if it is left out
//   at        the path it is served at
//   type      the Content-Type of everything but pages, instead of the right one
//   cors      say Access-Control-Allow-Origin: *
//   policy    say this Content-Security-Policy
//   answer    (path) => {status, body, type, encoding} or undefined, or a promise of it: answers for the folder. A body may be an
//             async generator of its pieces
//   unpacked  send dist's program as it is, with nothing that unpacks it: a page is there in four fifths of the time
//
// extra(path, body) adds a page of one's own, at the same place.
export async function serve({ dir = dist, at = "/a/b c/", type, cors, policy, answer, unpacked } = {}) {
  if (unpacked) answer = await asItIs();
  const pages = new Map();
  const requests = [];
  const server = createServer(async (request, response) => {
    const address = decodeURIComponent(new URL(request.url, "http://host").pathname);
    requests.push(address);
    if (!address.startsWith(at)) return end(404, "not here");
    const name = address.slice(at.length) || "index.html";
    const answered = await answer?.(name);
    if (answered) {
      if (answered.encoding) response.setHeader("Content-Encoding", answered.encoding);
      return end(answered.status ?? 200, answered.body ?? "", answered.type ?? "text/html");
    }
    if (pages.has(name)) return end(200, pages.get(name), types[".html"]);
    const file = path.join(dir, name);
    if (!file.startsWith(dir)) return end(404, "not here");
    const body = await readFile(file).catch(() => null);
    if (body === null) return end(404, "not here");
    const extension = path.extname(name);
    const right = types[extension] ?? "application/octet-stream";
    end(200, body, extension === ".html" || !type ? right : type(name) ?? right);

    function end(status, body, contentType = "text/plain") {
      if (cors) response.setHeader("Access-Control-Allow-Origin", "*");
      if (policy) response.setHeader("Content-Security-Policy", policy);
      response.writeHead(status, { "Content-Type": contentType });
      if (body[Symbol.asyncIterator]) Readable.from(body).pipe(response);
      else response.end(body);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  return {
    origin,
    url: origin + encodeURI(at),
    requests,
    extra: (name, body) => pages.set(name, body),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

// asItIs answers for the packed program with the program, and for what unpacks it with what leaves it alone.
async function asItIs() {
  const packed = (await readdir(path.join(dist, "assets"))).find((name) => name.endsWith(".wasm.lzma"));
  const { stdout: program } = await execute("xz", ["--format=lzma", "-dc", path.join(dist, "assets", packed)], { encoding: "buffer", maxBuffer: 1 << 26 });
  const through = "globalThis.resyncLzma = () => ({ push: (bytes) => bytes, end: () => new Uint8Array(0) });";
  return (name) => {
    if (name === `assets/${packed}`) return { body: program, type: "application/octet-stream" };
    if (/^assets\/lzma\..*js$/.test(name)) return { body: through, type: types[".js"] };
  };
}

// site is what the tests of a file, or of a describe, are about: the built page on a server, and a browser. Both start before
// the first test and end behind the last. How the program is unpacked has tests of its own.
export function site() {
  const here = {};
  before(async () => {
    // A test's page lives for seconds: to compile the program a second time, for speed, takes longer than it saves.
    here.browser = await launch("--js-flags=--liftoff-only");
    here.server = await serve({ unpacked: true });
  });
  after(async () => {
    await here.browser?.close();
    await here.server?.close();
  });
  return here;
}

// open opens an address in a browser context of its own and watches it. page.complaints collects what a clean page has
// none of: errors and warnings on the console, uncaught errors, requests that failed, requests to anybody else.
// options are those of Playwright's newContext.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => page.complaints.push(`uncaught: ${error.message}`));
  page.on("requestfailed", (request) => page.complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  const home = new URL(url);
  page.on("request", (request) => {
    const to = new URL(request.url());
    const own = to.protocol === home.protocol && to.host === home.host;
    if (!own && !["data:", "blob:", "about:"].includes(to.protocol)) page.complaints.push(`third party: ${to}`);
  });
  await page.goto(url);
  return page;
}

// waitReady waits until the program has drawn the page. It fails at once, with the panel's text, when it cannot. The
// page may be a frame.
export async function waitReady(page, timeout = 30_000) {
  await page.waitForFunction(() => ["ready", "error"].includes(document.documentElement.dataset.state), null, { timeout });
  const failure = await failureOf(page);
  if (failure) throw new Error(`the page failed: ${failure}`);
}

// begin opens the page for a test, with time in the test's hand, and waits until it is drawn; end closes it, and it must have
// had nothing to complain about.
export async function begin({ browser, server }, options) {
  const page = await open(browser, server.url + "#test=1", options);
  await waitReady(page);
  return page;
}

export async function end(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

// id is the selector of an element that tests and hosts rely on.
export const id = (name) => `[data-testid="${name}"]`;

const inside = (page, name, argument) => page.evaluate(([name, argument]) => window.__resync[name](argument), [name, argument]);

// tick lets so many milliseconds of the reader's time pass, run runs one line of the script as if it were clicked, and seek
// goes behind so many events. They resolve to how everything stands then, as state does.
export const tick = async (page, millis) => JSON.parse(await inside(page, "tick", millis));
export const run = async (page, line) => JSON.parse(await inside(page, "run", line));
export const seek = async (page, event) => JSON.parse(await inside(page, "seek", event));
export const state = async (page) => JSON.parse(await inside(page, "state"));

// trace is what has happened, one event a line; script is what was done.
export const trace = (page) => inside(page, "trace");
export const script = (page) => inside(page, "script");

// text is what an element says now. shows waits until it says something that matches: the page draws a moment after it knows.
export const text = async (page, name) => (await page.locator(id(name)).textContent()).replace(/\s+/g, " ").trim();
export const shows = (page, name, pattern) =>
  page.waitForFunction(
    ([selector, source]) => new RegExp(source).test(document.querySelector(selector)?.textContent ?? ""),
    [id(name), pattern.source],
  );

// focused waits until the element with this name has the focus.
export const focused = (page, name) => page.waitForFunction((name) => document.activeElement?.dataset.testid === name, name);

// press presses keys, one after the other.
export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

// type gives a command at a node's prompt with the keyboard, and resolves to the reply, once it is drawn; enter is the same where
// the prompt has the focus already, or is about to have it.
export async function type(page, node, command) {
  await page.locator(id(`cli-${node}`)).waitFor(); // the page draws a moment after a click
  await page.locator(id(`cli-${node}`)).focus();
  return enter(page, node, command);
}

export async function enter(page, node, command) {
  const turns = page.locator(`${id(`cli-output-${node}`)} .cli__turn`);
  await page.locator(id(`cli-output-${node}`)).waitFor();
  await focused(page, `cli-${node}`);
  const before = await turns.count();
  await page.keyboard.type(command);
  await page.keyboard.press("Enter");
  await turns.nth(before).waitFor();
  return turns.nth(before).locator(".cli__reply").textContent();
}

// fits checks that nothing is wider than the window: nobody scrolls a page to the side.
export async function fits(page, what) {
  const { width } = page.viewportSize();
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, what);
}

// lowTargets is what a finger is to hit, of those that the selector finds, and is lower than 44 CSS pixels.
export const lowTargets = (page, selector) =>
  page.evaluate(
    (selector) => [...document.querySelectorAll(selector)].filter((e) => e.offsetHeight && e.offsetHeight < 44).map((e) => e.outerHTML.slice(0, 80)),
    selector,
  );

// touches resolves to a way to touch the page as fingers do: touch("touchStart", [x, y], [x, y]), then "touchMove", "touchEnd".
export async function touches(page) {
  const session = await page.context().newCDPSession(page);
  return (type, ...points) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], i) => ({ x, y, id: i })) });
}

// waitFailure waits for the error panel and resolves to its text.
export async function waitFailure(page, timeout = 30_000) {
  await page.waitForSelector("#failure:not([hidden])", { timeout });
  return failureOf(page);
}

async function failureOf(page) {
  return page.evaluate(() => {
    const panel = document.getElementById("failure");
    return panel.hidden ? "" : panel.textContent.replace(/\s+/g, " ").trim();
  });
}

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// axe resolves to what breaks WCAG 2.2 A or AA, one line for each: the rule, what it wants, and where.
export async function axe(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }),
  );
  return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

// tree resolves to a folder's files by their path, for comparing two of them.
export async function tree(dir) {
  const names = (await readdir(dir, { recursive: true })).sort();
  const files = {};
  for (const name of names) {
    const file = path.join(dir, name);
    if ((await stat(file)).isFile()) files[name] = await readFile(file);
  }
  return files;
}
