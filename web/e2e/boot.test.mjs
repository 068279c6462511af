// The page starts wherever a plain file server, a disk or a sandbox puts it, and says what is wrong where it cannot.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { axe, build, dist, launch, open, project, remove, serve, tree, waitFailure, waitReady } from "./lib.mjs";

// program is the program as it is shipped, and damages are what may become of it on its way.
const program = await (async () => {
  const assets = path.join(dist, "assets");
  return readFile(path.join(assets, (await readdir(assets)).find((name) => name.endsWith(".wasm.lzma"))));
})();
const flipped = (at) => program.map((byte, i) => (i === at ? byte ^ 1 : byte));
const damages = { "cut off": program.subarray(0, 100_000), "changed by a bit": flipped(program.length >> 1), "changed in its last bytes": flipped(program.length - 2) };

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

// visit opens the site on a host of the given kind, and closes both when the test ends.
async function visit(t, host = {}, address = "", options = {}) {
  const server = await serve(host);
  t.after(() => server.close());
  const page = await open(browser, new URL(address, server.url).href, options);
  t.after(() => page.context().close());
  page.server = server;
  return page;
}

// works checks that the page is ready and drawn by the program, without any complaint.
async function works(page) {
  await waitReady(page);
  assert.equal(await page.locator("#root").count(), 0, "the loading page is gone");
  assert.ok(await page.locator("h1").count(), "the page has a heading");
  assert.deepEqual(page.complaints ?? [], []);
}

describe("the page starts", () => {
  test("in a folder whose name has to be escaped", async (t) => {
    const page = await visit(t);
    await works(page);
    const asked = page.server.requests.filter((name) => name.includes("play."));
    assert.equal(asked.length, 1, `the program is asked for once, not as ${asked}`);
  });

  test("under its file's name, with a query and a fragment", async (t) => {
    const page = await visit(t, {}, "index.html?x=1#y");
    await works(page);
    assert.ok(page.url().endsWith("/a/b%20c/index.html?x=1#y"), page.url());
  });

  test("in a folder of another name", async (t) => works(await visit(t, { at: "/renamed/" })));
  test("at the top of a host", async (t) => works(await visit(t, { at: "/" })));

  for (const [name, host] of [
    ["where the host calls the program text", { type: (name) => (name.endsWith(".lzma") ? "text/plain" : undefined) }],
    ["where the host calls the program nothing", { type: (name) => (name.endsWith(".lzma") ? "" : undefined) }],
  ]) {
    test(name, async (t) => {
      const page = await visit(t, host);
      await works(page);
      assert.ok(!page.server.requests.some((name) => name.endsWith(".wasm.js")), "without the twin");
    });
  }

  test("where the host has no .lzma files", async (t) => {
    const page = await visit(t, { answer: (name) => (name.endsWith(".lzma") ? { status: 404 } : undefined) });
    await waitReady(page);
    assert.ok(page.server.requests.some((name) => name.endsWith(".wasm.js")), "the twin was loaded");
  });

  test("where the host answers with a page of its own for .lzma files", async (t) => {
    await works(await visit(t, { answer: (name) => (name.endsWith(".lzma") ? { body: "<!doctype html>hello" } : undefined) }));
  });

  for (const how in damages) {
    test(`where the program is ${how}`, async (t) => {
      const page = await visit(t, { answer: (name) => (name.endsWith(".lzma") ? { body: damages[how] } : undefined) });
      await works(page);
      assert.ok(page.server.requests.some((name) => name.endsWith(".wasm.js")), "the twin was loaded");
    });
  }

  test("in a browser that unpacks nothing by itself, and there a link without its script", async (t) => {
    const server = await serve();
    t.after(() => server.close());
    const context = await browser.newContext();
    t.after(() => context.close());
    await context.addInitScript(() => {
      delete globalThis.DecompressionStream;
      delete globalThis.CompressionStream;
    });
    const page = await context.newPage();
    await page.goto(server.url + `#v=1&a=${deflateRawSync("node m1\n").toString("base64url")}`);
    await works(page);
    assert.match(await page.getByTestId("notice").innerText(), /script in this link cannot be unpacked.*this browser is too old/);
  });

  test("under a strict policy", async (t) => {
    const policy =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";
    await works(await visit(t, { policy }));
  });

  test("without compiling while it loads", async (t) => {
    const server = await serve();
    t.after(() => server.close());
    const context = await browser.newContext();
    t.after(() => context.close());
    await context.addInitScript(() => delete WebAssembly.compileStreaming);
    const page = await context.newPage();
    await page.goto(server.url);
    await works(page);
  });

  test("with the whole of go-app as well", async (t) => {
    const whole = await build("./wasm/main", { flags: ["-whole"] });
    t.after(() => remove(whole));
    await works(await visit(t, { dir: whole }));
  });

  for (const cors of [true, false]) {
    test(`in a sandboxed frame of a host ${cors ? "with" : "without"} CORS`, async (t) => {
      const server = await serve({ cors });
      t.after(() => server.close());
      server.extra("host.html", `<!doctype html><title>Host</title><link rel="icon" href="data:,"><iframe sandbox="allow-scripts" src="index.html"></iframe>`);
      const page = await open(browser, server.url + "host.html");
      t.after(() => page.context().close());
      const frame = await (await page.waitForSelector("iframe")).contentFrame();
      await waitReady(frame);
      assert.equal(await frame.locator("#root").count(), 0);
      // Without CORS the browser itself reports the one request that it blocks; nothing else may go wrong.
      const others = page.complaints.filter((line) => cors || !/play\.[0-9a-f]+\.wasm\.lzma|net::ERR_FAILED/.test(line));
      assert.deepEqual(others, []);
    });
  }

  test("from a disk", async (t) => {
    const page = await open(browser, pathToFileURL(path.join(dist, "index.html")).href);
    t.after(() => page.context().close());
    await waitReady(page);
    const others = page.complaints.filter((line) => !/play\.[0-9a-f]+\.wasm\.lzma|net::ERR_FAILED/.test(line));
    assert.deepEqual(others, []);
  });
});

describe("before the program runs", () => {
  // 1.6 Mb/s with 150 ms to and fro, and a processor four times slower: a telephone of some years ago, on a train.
  test("on a slow line and a slow processor the picture comes first, then how far it is, and the page can be used", async (t) => {
    const server = await serve();
    t.after(() => server.close());
    const page = await open(browser, "about:blank");
    t.after(() => page.context().close());
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.addInitScript(() => {
      window.told = [];
      new MutationObserver(() => {
        const text = document.getElementById("load-text")?.textContent;
        if (text && text !== told.at(-1)) told.push(text);
      }).observe(document, { subtree: true, childList: true, characterData: true });
    });
    await page.goto(server.url, { waitUntil: "commit" });
    await page.getByTestId("poster").waitFor();
    const far = () => page.evaluate(() => [document.documentElement.dataset.state, performance.getEntriesByName("first-contentful-paint").length]);
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length);
    assert.deepEqual(await far(), ["loading", 1]);
    await waitReady(page, 90_000);
    const told = await page.evaluate(() => window.told);
    const bytes = told.map((text) => parseFloat(text.match(/^Loading ([\d.]+) of/)?.[1])).filter((n) => n >= 0);
    assert.ok(bytes.length > 20 && bytes.every((n, i) => i === 0 || n > bytes[i - 1]), told.join("; "));
    assert.equal(told.at(-1), "Starting");
    await page.getByTestId("cut-m1-r1").click();
    await page.getByTestId("forecast-r1").waitFor();
    assert.deepEqual(page.complaints.filter((line) => !line.includes(server.url)), []); // it came from about:blank
  });

  test("the page says how far it is, in bytes", async (t) => {
    const size = program.length;
    let release;
    const server = await serve();
    t.after(() => server.close());
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/*.wasm.lzma", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(server.url);
    assert.equal(await page.locator("html").getAttribute("data-state"), "loading");
    assert.equal(await page.getByRole("status").textContent(), `Loading 0.00 of ${(size / 1e6).toFixed(2)} MB`);
    assert.equal(await page.getByTestId("load-bar").getAttribute("max"), String(size));
    assert.ok(await page.locator("#root > h1").isVisible());
    assert.deepEqual(await axe(page), []);
    release();
    await waitReady(page);
  });

  test("the download can be given up, and begun again", async (t) => {
    let hold = true;
    async function* slowly() {
      const half = program.length >> 1;
      yield program.subarray(0, half);
      if (hold) await new Promise(() => {});
      for (let at = half; at < program.length; at += 100_000) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        yield program.subarray(at, at + 100_000);
      }
    }
    const server = await serve({ answer: (name) => (name.endsWith(".lzma") ? { body: slowly() } : undefined) });
    t.after(() => server.close());
    const page = await open(browser, server.url);
    t.after(() => page.context().close());
    await page.getByRole("status").filter({ hasText: `Loading ${(program.length / 2e6).toFixed(2)} of` }).waitFor();
    await page.getByTestId("cancel").click();
    const run = page.getByTestId("run");
    await run.waitFor();
    assert.equal(await page.getByTestId("cancel").isVisible(), false);
    assert.match(await page.locator("#load-text").textContent(), new RegExp(`not loaded: ${(program.length / 1e6).toFixed(2)} MB`));
    assert.equal(await page.locator("html").getAttribute("data-state"), "loading");
    assert.ok(await page.locator("#root > h1").isVisible(), "the picture stays");
    assert.deepEqual(await axe(page), []);
    hold = false;
    await run.click();
    await waitReady(page);
    assert.deepEqual(page.complaints.filter((line) => !/ERR_ABORTED/.test(line)), []);
  });

  test("a page on a line that costs asks first", async (t) => {
    const server = await serve();
    t.after(() => server.close());
    const context = await browser.newContext();
    t.after(() => context.close());
    await context.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByTestId("run").waitFor();
    assert.deepEqual(server.requests.filter((name) => /\.wasm\./.test(name)), []);
    await page.getByTestId("run").click();
    await waitReady(page);
  });

  // waiting opens a page whose program is held back until release is called, and adds up what moves in it.
  async function waiting(t, viewport) {
    const server = await serve();
    t.after(() => server.close());
    const context = await browser.newContext({ viewport });
    t.after(() => context.close());
    const page = await context.newPage();
    await page.addInitScript(() => {
      window.shifts = 0;
      new PerformanceObserver((list) => list.getEntries().forEach((e) => (window.shifts += e.value))).observe({ type: "layout-shift", buffered: true });
    });
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route("**/*.wasm.lzma", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(server.url + "#test=1");
    await page.getByRole("status").filter({ hasText: "Loading 0.00 of" }).waitFor();
    return { page, release };
  }

  for (const [width, height] of [[1280, 800], [768, 1024], [600, 800], [375, 700]]) {
    test(`the page is there already, and stays where it is, in a window of ${width}`, async (t) => {
      const { page, release } = await waiting(t, { width, height });
      const look = () =>
        page.evaluate(() =>
          [...document.querySelectorAll(".app :is(section, article, header, h1, h2, p, button, svg)")]
            .filter((e) => e.checkVisibility() && !e.closest(".sr, .patterns") && !e.matches(".tape__plot > svg, .wire__plot > svg"))
            .map((e) => {
              const { x, y, width, height } = e.getBoundingClientRect();
              return [e.tagName, e.classList[0], ...[x, y, width, height].map((v) => Math.round(v))].join(" ") + (e.closest("svg") ? "" : ` ${e.textContent}`);
            }),
        );
      const before = await look();
      assert.ok(before.length > 40, `${before.length} elements`);
      assert.equal(await page.locator("#root").evaluate((e) => e.querySelector("button").matches(":disabled, [inert] *")), true, "nothing pretends to work");
      release();
      await waitReady(page);
      assert.deepEqual(await look(), before);
      assert.ok((await page.evaluate(() => window.shifts)) < 0.01, `the layout shifted by ${await page.evaluate(() => window.shifts)}`);
    });
  }

  // Few windows are as wide as one that a picture was drawn for. In all others it is laid out as the page will be, and its
  // drawings reach as far.
  for (const [width, height] of [[320, 640], [375, 812], [414, 896], [600, 960], [720, 900], [768, 1024], [834, 1112], [844, 390], [1024, 768], [1180, 820], [1280, 800], [1440, 900]]) {
    test(`nothing of the picture is cut or covered in a window of ${width}`, async (t) => {
      const { page, release } = await waiting(t, { width, height });
      const faults = await page.evaluate(() => {
        const out = [], line = document.querySelector(".load__line").getBoundingClientRect();
        const scrolls = ".tabs, .node__nodes, .node__chips, .story__try, .stage"; // to the side, and may go on beyond the edge
        const walk = document.createTreeWalker(document.querySelector(".poster"), NodeFilter.SHOW_TEXT);
        for (let text; (text = walk.nextNode()); ) {
          const around = text.parentElement, range = document.createRange();
          if (!text.data.trim() || !around.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || around.closest(".sr, select")) continue;
          range.selectNodeContents(text);
          const box = around.closest("svg") ? around.getBoundingClientRect() : range.getBoundingClientRect();
          if ((box.left < 0 || box.right > innerWidth) && !around.closest(scrolls)) out.push(`cut: ${text.data}`);
          const below = Math.min(box.bottom, around.closest(".app__panels")?.getBoundingClientRect().bottom ?? box.bottom);
          if (box.left < line.right && box.right > line.left && box.top < line.bottom && below > line.top) out.push(`covered: ${text.data}`);
        }
        for (const e of document.querySelectorAll("#root, .poster *")) {
          if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX) && !e.matches(scrolls)) out.push(`too wide: ${e.className}`);
        }
        if (document.documentElement.scrollWidth > innerWidth) out.push("the page is too wide");
        return out;
      });
      const look = () =>
        page.evaluate(() => {
          const box = (e) => ["x", "y", "width", "height"].map((side) => e.getBoundingClientRect()[side]);
          const parts = ".bar, .bar__pick, .story, .stage, .card, .link, .node, .cli, .prompt, .tape, .tape__names, .tape__plot, .tape__plot .l-hair, .judgement, .wire, .wire__plot, .deck, .deck__line";
          return [...document.querySelectorAll(parts)].filter((e) => e.checkVisibility()).map((e) => [e.classList[0], ...box(e)]);
        });
      const before = await look();
      release();
      await waitReady(page);
      const after = await look();
      assert.deepEqual(faults, []);
      assert.deepEqual(before.map(([name]) => name), after.map(([name]) => name));
      // The program guesses the tape's room before it can measure it, some 8 px too small on phones.
      const far = (part, i) => part.some((v, j) => j && Math.abs(v - after[i][j]) > 2);
      const moved = before.filter(far).map((part) => [part, after[before.indexOf(part)]].join(" to "));
      assert.deepEqual(moved, []);
      assert.ok((await page.evaluate(() => window.shifts)) < 0.01, `the layout shifted by ${await page.evaluate(() => window.shifts)}`);
    });
  }

  test("its colours are the reader's", async (t) => {
    const page = await visit(t);
    await waitReady(page);
    await page.evaluate(() => localStorage.setItem("resync:theme", "dark"));
    await page.route("**/*.wasm.lzma", () => {});
    await page.reload();
    await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === "rgb(13, 17, 23)", null, { timeout: 5000 });
    assert.equal(await page.locator("html").getAttribute("data-state"), "loading");
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`it needs no program to be readable, ${colorScheme}`, async (t) => {
      const page = await visit(t, {}, "", { javaScriptEnabled: false, colorScheme });
      await page.locator("noscript strong", { hasText: "This page needs JavaScript" }).waitFor();
      assert.equal(await page.getByTestId("load-bar").isVisible(), false);
      assert.ok(await page.locator("#root .poster .card").first().isVisible(), "there is a picture");
      assert.ok(await page.locator("#root .poster .deck__clock").first().isVisible(), "all of it");
      await page.locator("noscript summary", { hasText: "A short outage" }).click();
      await page.locator("noscript pre", { hasText: "expect r1.last_resync = partial" }).waitFor();
      const ground = await page.locator("#root").evaluate((e) => getComputedStyle(e).backgroundColor);
      assert.equal(ground, colorScheme === "dark" ? "rgb(13, 17, 23)" : "rgb(255, 255, 255)");
    });
  }

  test("it says so where its scripts are missing", async (t) => {
    const page = await visit(t, { answer: (name) => (name.includes("boot.") ? { status: 404 } : undefined) });
    const stuck = page.getByText("this page's scripts are blocked or missing");
    assert.equal(await stuck.isVisible(), false, "not at once");
    await page.evaluate(() => document.getAnimations().forEach((animation) => animation.finish()));
    assert.equal(await stuck.isVisible(), true);
  });
});

// A reader notices when the browser does nothing for 50 ms, and a phone takes several times as long as a desk's machine. How fast
// this one is nobody knows, and others wear down its caches: so a piece is held against the whole start, which takes a second or
// so of the processor, and the best of three starts counts.
test("the program starts in small pieces", async (t) => {
  const server = await serve();
  t.after(() => server.close());
  const starts = [];
  const part = ([longest, ...others]) => longest / others.reduce((sum, task) => sum + task, longest);
  do starts.push(await longestTasks(server.url));
  while (starts.length < 3 && part(starts.at(-1)) >= 1 / 15);
  t.diagnostic(starts.map((tasks) => `${(100 * part(tasks)).toFixed(1)} %: ${tasks.slice(0, 4).map(Math.round).join(", ")} ms`).join("; "));
  assert.ok(part(starts.at(-1)) < 1 / 15, "one task has a fifteenth of the whole start or more");
});

// longestTasks resolves to the time of the processor, in ms, that the browser's tasks take from the first picture until the page
// is ready and a little longer, the longest first.
async function longestTasks(url) {
  const alone = await launch();
  try {
    const page = await alone.newPage();
    await alone.startTracing(page, { categories: ["toplevel", "loading", "blink.user_timing"] });
    await page.goto(url);
    await waitReady(page);
    await page.waitForTimeout(500); // the first frames
    const { traceEvents } = JSON.parse(await alone.stopTracing());
    const ready = traceEvents.find((e) => e.name === "resync-ready");
    const painted = traceEvents.find((e) => e.name === "firstContentfulPaint" && e.pid === ready.pid);
    assert.ok(painted.ts < ready.ts, "the picture comes first");
    const tasks = traceEvents.filter((e) => /RunTask$/.test(e.name) && e.pid === ready.pid && e.tid === ready.tid && e.ts >= painted.ts && e.tdur);
    assert.ok(tasks.length > 100, `${tasks.length} tasks were seen`);
    return tasks.map((e) => e.tdur / 1000).sort((a, b) => b - a);
  } finally {
    await alone.close();
  }
}

describe("the error panel says what is wrong", () => {
  // refuse makes the browser one that refuses a program as soon as it begins.
  const refuse = () =>
    (WebAssembly.compileStreaming = async (response) => {
      const reader = response.body.getReader();
      await reader.read();
      await reader.cancel();
      throw new WebAssembly.CompileError("unknown opcode");
    });
  const cases = [
    { name: "a policy that blocks WebAssembly", host: { policy: "script-src 'self'; style-src 'self'" }, says: /policy blocks WebAssembly.*'wasm-unsafe-eval'/ },
    {
      name: "a program that is not there",
      host: { answer: (name) => (name.includes("play.") ? { status: 404 } : undefined) },
      says: /not where it should be.*answered 404.*play\.[0-9a-f]+\.wasm\.lzma.*upload the whole folder/,
    },
    {
      name: "a page in place of the program",
      host: { answer: (name) => (name.includes("play.") ? { body: "<!doctype html>hello" } : undefined) },
      says: /something else.*<!doctype html>/,
    },
    ...Object.keys(damages).map((how) => ({
      name: `a program that is ${how}`,
      host: { answer: (name) => (name.endsWith(".lzma") ? { body: damages[how] } : name.endsWith(".wasm.js") ? { status: 404 } : undefined) },
      says: /arrived damaged.*broke off or was changed/,
    })),
    {
      name: "a host that hangs up",
      route: (page) => page.route("**/play.*", (route) => route.abort("connectionreset")),
      says: /could not be loaded.*Check the connection/,
    },
    { name: "a browser without WebAssembly", init: () => delete globalThis.WebAssembly, says: /runs no WebAssembly.*Use a current/ },
    { name: "a browser of 2021", init: () => delete CanvasRenderingContext2D.prototype.roundRect, says: /too old.*Safari 16/ },
    { name: "a browser that refuses the program", init: refuse, says: /cannot run the engine.*unknown opcode/ },
    {
      name: "a browser that refuses what a damaged program begins with",
      init: refuse,
      host: { answer: (name) => (name.endsWith(".lzma") ? { body: damages["changed in its last bytes"] } : name.endsWith(".wasm.js") ? { status: 404 } : undefined) },
      says: /arrived damaged/,
    },
  ];

  for (const { name, host, route, init, says } of cases) {
    test(name, async (t) => {
      const server = await serve(host);
      t.after(() => server.close());
      const context = await browser.newContext();
      t.after(() => context.close());
      if (init) await context.addInitScript(init);
      const page = await context.newPage();
      await route?.(page);
      await page.goto(server.url);
      assert.match(await waitFailure(page), says);
      assert.equal(await page.locator("html").getAttribute("data-state"), "error");
      assert.equal(await page.getByTestId("load-bar").isVisible(), false, "nothing is loading any more");
      assert.ok(await page.getByRole("alert").isVisible());
      assert.deepEqual(await axe(page), []);
    });
  }

  test("and reloading after the cause is gone starts the page", async (t) => {
    let down = true;
    const page = await visit(t, { answer: (name) => (down && name.includes("play.") ? { status: 503 } : undefined) });
    assert.match(await waitFailure(page), /answered 503/);
    down = false;
    await page.getByRole("button", { name: "Reload the page" }).click();
    await waitReady(page);
  });
});

describe("the built site", () => {
  test("is the same bytes for the same tree, wherever that lies", async (t) => {
    const home = await mkdtemp(path.join(tmpdir(), "resync-tree-"));
    t.after(() => rm(home, { recursive: true, force: true }));
    const places = [path.join(home, "here"), path.join(home, "some where else")];
    for (const name of ["assets", "engine", "wasm", "web", "go.mod", "go.sum", "index.html"]) {
      await cp(path.join(project, name), path.join(places[0], name), {
        recursive: true,
        filter: (file) => !file.includes("node_modules"),
      });
    }
    await cp(places[0], places[1], { recursive: true });
    const builder = path.join(home, "builder"); // compiled once: from each place it would be again, which takes most of the time
    await promisify(execFile)("go", ["build", "-o", builder, "./wasm/site"], { cwd: project });
    const sites = [];
    for (const cwd of places) {
      const out = path.join(home, `site ${sites.length}`);
      await promisify(execFile)(builder, ["build", "-draft", "-out", out], { cwd });
      sites.push(await tree(out));
    }
    const [one, two] = sites;
    assert.ok(Object.keys(one).length > 5);
    assert.deepEqual(Object.keys(two), Object.keys(one));
    for (const name in one) assert.ok(one[name].equals(two[name]), `${name} differs`);
  });

  // A finger leaves its hover behind, and a button stays pale as if it could not be pressed.
  test("has no style for hovering where nothing hovers", async () => {
    const folder = path.join(project, "assets/css");
    let rules = 0;
    for (const name of await readdir(folder)) {
      for (const line of (await readFile(path.join(folder, name), "utf8")).split("\n").filter((line) => line.includes(":hover"))) {
        rules++;
        assert.match(line, /^@media \(hover: hover\) \{ /, name);
      }
    }
    assert.ok(rules > 10);
  });

  test("refers to nothing outside its folder", async () => {
    const page = await readFile(path.join(dist, "index.html"), "utf8");
    const addresses = [...page.matchAll(/\b(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
    assert.deepEqual(addresses.filter((address) => /^(\/|[a-z]+:)/i.test(address)), []);
  });
});
