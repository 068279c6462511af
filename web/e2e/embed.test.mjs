// The page in other people's pages: the element, the frame it makes, and what the two say to each other.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { axe, dist, focused, id, launch, open, project, serve, shows, tick, type, waitReady } from "./lib.mjs";

let browser, player, cors;
before(async () => {
  player = await serve();
  cors = await serve({ cors: true });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await player?.close();
  await cors?.close();
});

const icon = `<link rel="icon" href="data:,">`;

// host serves a page of somebody else that holds body, and opens it. The player is another server, which the element may
// use as its own origin: own. Complaints about the player being a third party are none here.
async function host(t, body, { own = false, policy, from = cors, options = {}, head = "" } = {}) {
  const server = own ? from : await serve({ policy });
  if (!own) t.after(() => server.close());
  const name = `host-${Math.random().toString(36).slice(2)}.html`;
  server.extra(name, `<!doctype html><html lang="en"><title>Host</title>${icon}${head}<script type="module" src="${own ? "" : from.url}v1/embed.js"></script><body><h1>Host</h1>${body}`);
  const page = await open(browser, server.url + name, { viewport: { width: 800, height: 900 }, ...options });
  t.after(() => page.context().close());
  page.complain = () => page.complaints.filter((line) => !line.startsWith("third party: " + from.origin));
  return page;
}

const element = (attributes = "", id = "one") => `<resync-playground id="${id}" title="A short outage" ${attributes}><p class="figure">The figure.</p></resync-playground>`;

// running waits until an element shows the program.
const running = (page, id = "one") => page.waitForFunction((id) => {
  const e = document.getElementById(id);
  if (e.state === "error") throw new Error(e.shadowRoot.querySelector("[role=alert]").textContent);
  return /ready|playing|paused/.test(e.state ?? "");
}, id, { timeout: 60_000 });

// inFrame is the frame of an element.
async function inFrame(page, id = "one") {
  const handle = await page.evaluateHandle((id) => document.getElementById(id).shadowRoot.querySelector("iframe"), id);
  return handle.asElement().contentFrame();
}

// on calls a method of an element.
const on = (page, method, ...args) => page.evaluate(([method, args]) => document.getElementById("one")[method](...args), [method, args]);

describe("the frame by itself", () => {
  test("has its layout at every size, and no fault in either theme", async (t) => {
    for (const [width, height, seen, unseen] of [
      [640, 420, ["stage", "tape", "lead", "cli-m1", "play"], []],
      [640, 390, ["stage", "tape", "lead", "play"], ["cli-m1"]],
      [640, 320, ["stage", "tape", "play"], ["cli-m1", "lead"]],
      [320, 420, ["stage", "tape", "lead", "cli-m1", "play"], []],
    ]) {
      for (const theme of ["light", "dark"]) {
        const page = await open(browser, `${player.url}embed.html#v=1&theme=${theme}`, { viewport: { width, height } });
        await waitReady(page);
        for (const id of seen) assert.ok(await page.getByTestId(id).isVisible(), `${width}x${height}: ${id} is seen`);
        for (const id of unseen) assert.equal(await page.getByTestId(id).isVisible(), false, `${width}x${height}: ${id} is not`);
        assert.deepEqual(await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]), [0, 0], `${width}x${height} overflows`);
        assert.deepEqual(await axe(page), []);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      }
    }
  });

  test("honours what its fragment asks for", async (t) => {
    const page = await open(browser, `${player.url}embed.html#v=1&s=short-outage&view=tape&controls=minimal&motion=off&keys=off&speed=5&pace=true&readonly=1&autoplay=off`);
    t.after(() => page.context().close());
    await waitReady(page);
    assert.equal(await page.getByTestId("tape").isVisible(), true);
    for (const id of ["stage", "lead", "cli-m1"]) assert.equal(await page.getByTestId(id).count(), 0, id);
    const state = () => page.evaluate(() => JSON.parse(window.__resync?.news?.() ?? "{}"));
    assert.equal(await page.getAttribute("meta[name=robots]", "content"), "noindex");
    assert.equal(await page.locator("link[rel=manifest]").count(), 0);
    await page.getByTestId("open-full").waitFor();
    assert.match(await page.getByTestId("open-full").getAttribute("href"), /^index\.html#v=1&s=short-outage/);
    assert.deepEqual(page.complaints, []);
    assert.equal((await state()).state.speed, 5);
    await page.keyboard.press(" ");
    assert.equal((await state()).state.playing, false, "single keys are off");
    await page.evaluate(() => window.__resync.embed("seek", "t", "100"));
    await page.getByTestId("open-full").hover();
    await page.mouse.down(); // the link is made while the button goes down and up again
    await page.waitForFunction(() => document.querySelector('[data-testid="open-full"]').getAttribute("href") === "index.html#v=1&s=short-outage&t=100");
    for (const [view, id] of [["wire", "wire"], ["cli", "cli-m1"], ["stage", "stage"]]) {
      await page.evaluate((view) => window.__resync.embed("set", "view", view), view);
      await page.evaluate(() => window.__resync.embed("set", "readonly", "0"));
      await page.getByTestId(id).waitFor();
    }
    await page.evaluate(() => window.__resync.embed("set", "controls", "none"));
    await page.getByTestId("play").waitFor({ state: "detached" });
    await page.evaluate(() => window.__resync.embed("set", "controls", "full"));
    await page.getByTestId("gallery-open").waitFor();
  });

  for (const [width, hasTouch] of [[640, false], [480, true], [320, true]]) {
    test(`counts down what blocks its prompt, and gives it up, ${width} wide`, async () => {
      const page = await open(browser, `${player.url}embed.html#v=1&test=1`, { viewport: { width, height: 420 }, hasTouch });
      await waitReady(page);
      await type(page, "m1", "BLPOP nothing 5");
      await tick(page, 1500);
      await shows(page, "blocked", /^◷ waits, 3\.500 s left$/);
      for (const name of ["blocked", "unblock", "cli-m1"]) {
        const { x, y, width: wide, height } = await page.getByTestId(name).boundingBox();
        assert.ok(wide > 40 && x >= 0 && x + wide <= width && y + height <= 420, `${name}: ${[x, y, wide, height]}`);
        assert.equal(await page.evaluate(([x, y]) => document.elementFromPoint(x, y).dataset.testid, [x + wide / 2, y + height / 2]), name, `${name} is covered`);
      }
      assert.deepEqual(await axe(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await (hasTouch ? page.tap(id("unblock")) : page.click(id("unblock")));
      await page.getByTestId("blocked").waitFor({ state: "detached" });
      await focused(page, "cli-m1");
      await shows(page, "cli-output-m1", /UNBLOCKED client unblocked via CLIENT UNBLOCK/);
      await type(page, "m1", "WAIT 9 0");
      await shows(page, "blocked", /waits without end/);
      await page.keyboard.press("Control+c");
      await page.getByTestId("blocked").waitFor({ state: "detached" });
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }

  test("changes nothing for the reader where it is read-only, and all for the host", async (t) => {
    const page = await open(browser, `${player.url}embed.html#v=1&readonly=1`);
    t.after(() => page.context().close());
    await waitReady(page);
    await page.locator("h1").click();
    for (const key of ["x", "k", "g", "r", "b"]) await page.keyboard.press(key);
    const links = () => page.evaluate(() => JSON.parse(window.__resync.embed("state")).result.links.map((l) => l.state));
    assert.deepEqual(await links(), ["up", "up"]);
    assert.equal(await page.getByTestId("cut-m1-r1").isVisible(), false);
    await page.evaluate(() => window.__resync.embed("run", "sever m1 r1"));
    assert.deepEqual(await links(), ["severed", "up"]);
  });
});

describe("the element", () => {
  test("is small", async () => {
    const built = await readFile(path.join(dist, "v1/embed.js"));
    assert.ok(built.length < 12_000, `${built.length} bytes`);
    assert.match(built.toString(), /\bsize="\d\.\d MB"/);
  });

  for (const [name, own, attributes, sandbox] of [
    ["on another origin", false, "", "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-same-origin"],
    ["on the page's own origin", true, "", "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"],
    ["on the page's own origin, trusted", true, "trusted", "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-same-origin"],
  ]) {
    test(`shows its children, and after a click the program: ${name}`, async (t) => {
      const page = await host(t, element(`scenario="short-outage" lazy="click" ${attributes}`), { own });
      assert.equal(await page.locator(".figure").isVisible(), true);
      const button = page.getByRole("button", { name: /^Run it · \d\.\d MB$/ });
      assert.equal(await page.locator("iframe").count(), 0, "nothing is loaded before");
      assert.deepEqual(await axe(page), []);
      await button.click();
      await running(page);
      assert.equal(await page.locator(".figure").isVisible(), false);
      const [box, title, given, alone] = await page.evaluate(() => {
        const frame = document.getElementById("one").shadowRoot.querySelector("iframe");
        let reachable = false;
        try {
          reachable = Boolean(frame.contentDocument);
        } catch {}
        return [frame.sandbox.value, frame.title, [frame.referrerPolicy, frame.allow], reachable];
      });
      assert.equal(box, sandbox);
      assert.equal(title, "A short outage");
      assert.deepEqual(given, ["no-referrer", "fullscreen; clipboard-write"]);
      assert.equal(alone, attributes === "trusted", "only a trusted frame of the page's own can be reached");
      const frame = await inFrame(page);
      await frame.getByTestId("stage").waitFor();
      assert.deepEqual(page.complain().filter((line) => !(attributes === "trusted" && line.includes("can escape its sandboxing"))), []);
    });
  }

  test("runs in the era that its page asks for, and says why where it cannot", async (t) => {
    const page = await host(t, element(`scenario="playground" profile="2.8" lazy="eager"`));
    await running(page);
    const frame = await inFrame(page);
    await frame.locator('[data-testid="node-m1"] .badge', { hasText: "Redis 2.8" }).waitFor();
    assert.match(await on(page, "permalink"), /profile=2\.8/);
    await page.evaluate(() => document.getElementById("one").setAttribute("profile", "2.6"));
    await frame.getByTestId("notice").waitFor();
    assert.match(await frame.getByTestId("notice").innerText(), /wants every node to be a Redis 2\.6, and m1 cannot be one/);
    assert.deepEqual(page.complain(), []);
  });

  test("its own origin without Access-Control-Allow-Origin: it runs all the same, or says what to do", async (t) => {
    const page = await host(t, element(`lazy="eager"`), { own: true, from: player });
    await running(page);
    const broken = await serve({ policy: "connect-src 'none'", answer: (name) => (name.endsWith(".wasm.js") ? { status: 404 } : undefined) });
    t.after(() => broken.close());
    const other = await host(t, element(`lazy="eager"`), { own: true, from: broken });
    await other.waitForFunction(() => document.getElementById("one").state === "error", null, { timeout: 60_000 });
    const said = await other.getByRole("alert").innerText();
    assert.match(said, /Access-Control-Allow-Origin: \*/);
    assert.match(said, /trusted/);
    assert.equal(await other.locator(".figure").isVisible(), true, "the figure stays");
  });

  test("works under strict policies of both sides, and says so where it may not", async (t) => {
    const frames = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *`;
    const strict = await serve({ policy: frames, cors: true });
    t.after(() => strict.close());
    const page = await host(t, element(`lazy="eager"`), { from: strict, policy: `default-src 'none'; img-src data: ${strict.origin}; script-src ${strict.origin}; frame-src ${strict.origin}` });
    await running(page);
    await (await inFrame(page)).getByTestId("stage").waitFor();
    assert.deepEqual(page.complain(), []);

    const forbidden = await host(t, element(`lazy="eager"`), { from: strict, policy: `default-src 'none'; img-src data: ${strict.origin}; script-src ${strict.origin}` });
    await forbidden.waitForFunction(() => document.getElementById("one").state === "error", null, { timeout: 30_000 });
    assert.ok((await forbidden.getByRole("alert").innerText()).includes(`frame-src ${strict.origin}`));
  });

  test("leaves its children where scripts are off", async (t) => {
    const page = await host(t, element(), { options: { javaScriptEnabled: false } });
    assert.equal(await page.locator(".figure").isVisible(), true);
  });

  test("starts when it comes into sight, and not before", async (t) => {
    const page = await host(t, `<div id="far"></div>` + element(), { head: `<link rel="stylesheet" href="data:text/css,%23far{height:4000px}">` });
    await page.waitForTimeout(500);
    assert.equal(await page.locator("iframe").count(), 0);
    await page.evaluate(() => document.getElementById("one").scrollIntoView());
    await running(page);
  });

  test("follows the page's theme", async (t) => {
    const page = await host(t, element(`lazy="eager"`));
    await running(page);
    const frame = await inFrame(page);
    const theme = (name) => frame.waitForFunction((name) => (document.documentElement.dataset.theme ?? "") === name, name);
    for (const [mark, value, name] of [
      ["data-theme", "dark", "dark"], ["data-md-color-scheme", "slate", "dark"], ["data-md-color-scheme", "default", "light"],
      ["class", "coal js", "dark"], ["class", "js rust", "light"], ["class", "dark", "dark"], ["data-theme", "light", "light"],
    ]) {
      await page.evaluate(([mark, value]) => document.documentElement.setAttribute(mark, value), [mark, value]);
      await theme(name);
      await page.evaluate((mark) => document.documentElement.removeAttribute(mark), mark);
      await theme("");
    }
    await page.evaluate(() => document.getElementById("one").setAttribute("theme", "dark"));
    await theme("dark");
  });

  test("takes changed attributes while it runs", async (t) => {
    const page = await host(t, element(`lazy="eager" autoplay="off"`));
    await running(page);
    const frame = await inFrame(page);
    const set = (name, value) => page.evaluate(([name, value]) => document.getElementById("one").setAttribute(name, value), [name, value]);
    await set("view", "tape");
    await frame.getByTestId("stage").waitFor({ state: "detached" });
    await set("view", "");
    await set("readonly", "");
    await frame.getByTestId("cli-m1").waitFor({ state: "detached" });
    await set("title", "Another");
    assert.equal(await page.evaluate(() => document.getElementById("one").shadowRoot.querySelector("iframe").title), "Another");
    await set("height", "500");
    assert.equal(await page.evaluate(() => document.getElementById("one").clientHeight), 500);
    await set("scenario", "split-brain");
    await frame.getByRole("heading", { level: 1, name: /brain/i }).waitFor();
    assert.deepEqual(page.complain(), []);
  });

  test("opens a script file and a permalink", async (t) => {
    const packed = deflateRawSync(Buffer.from("title \"By link\"\nnode m1\nnode r1 replicaof m1\n")).toString("base64url");
    const page = await host(t, element(`lazy="eager" src="${player.url}#v=1&amp;a=${packed}"`) + element(`lazy="eager" src="story.resync"`, "two"));
    for (const id of ["one", "two"]) await page.waitForFunction((id) => document.getElementById(id).state !== "loading", id, { timeout: 60_000 });
    await (await inFrame(page)).getByRole("heading", { name: "By link" }).waitFor();
    assert.match(await page.getByRole("alert").innerText(), /story\.resync: 404/);
    const own = await host(t, element(`lazy="eager" src="assets/scenarios/short-outage.resync"`), { own: true });
    await running(own);
    await (await inFrame(own)).getByRole("heading", { name: "A short outage" }).waitFor();
  });

  test("has methods and events", async (t) => {
    const page = await host(t, element(`lazy="click"`));
    await page.evaluate(() => {
      window.heard = [];
      for (const type of ["ready", "state", "step", "command", "verdict", "resize", "link", "error", "wire"]) addEventListener("resync-" + type, (e) => heard.push([type, e.detail]));
    });
    await on(page, "step", 0); // starts it
    await on(page, "pause");
    assert.equal(await page.getAttribute("#one", "state").then((s) => /ready|paused|playing/.test(s)), true);
    assert.equal((await on(page, "exec", "m1", "SET greeting hello")).reply, "OK");
    assert.equal((await on(page, "exec", "m1", ["SET", "odd \"key\"", "a b\n"])).reply, "OK");
    assert.equal((await on(page, "exec", "m1", ["STRLEN", "odd \"key\""])).reply, "(integer) 4");
    assert.equal((await on(page, "exec", "m1", "LPUSH greeting x")).error, true);
    await assert.rejects(on(page, "exec", "nobody", "PING"), /no node "nobody"/);
    await on(page, "fault", "m1-r1", "sever");
    await on(page, "step", 3);
    await on(page, "heal", "m1-r1");
    await on(page, "play");
    await page.waitForFunction(() => heard.some(([type, d]) => type === "verdict" && d.replica === "r1" && d.reply === "CONTINUE" && d.first <= d.ask && d.histlen === d.next - d.first));
    await on(page, "pause");
    await page.waitForFunction(() => heard.some(([type, d]) => type === "command" && d.node === "m1" && d.line === "SET greeting hello" && d.reply === "OK"));
    await page.waitForFunction(() => document.getElementById("one").state === "paused");
    const link = await on(page, "permalink");
    assert.match(link, /index\.html#v=1.*&a=/);
    const snapshot = await on(page, "snapshot");
    await on(page, "load", "short-outage");
    await page.waitForFunction(() => heard.some(([type, d]) => type === "state" && d.scenario === "short-outage"));
    await page.waitForFunction(() => heard.some(([type, d]) => type === "step" && d.id === 1 && d.heading));
    await assert.rejects(on(page, "load", "nowhere"), /no scenario/);
    await on(page, "load", { log: "title \"Given\"\nnode given\n" });
    assert.equal((await on(page, "exec", "given", "PING")).reply, "PONG", "what was loaded is there");
    await (await inFrame(page)).getByRole("heading", { level: 1, name: "Given" }).waitFor();
    await on(page, "load", { link });
    assert.match((await on(page, "exec", "m1", "GET greeting")).reply, /hello/);
    await on(page, "restore", snapshot);
    await page.waitForFunction(() => heard.at(-1) && document.getElementById("one").state);
    assert.match((await on(page, "exec", "r1", "GET greeting")).reply, /hello/);
    await on(page, "seek", 100);
    await page.waitForFunction(() => heard.some(([type, d]) => type === "state" && d.t === 100));
    await on(page, "subscribe", ["wire"]);
    await on(page, "step", 40);
    await page.waitForFunction(() => heard.some(([type, d]) => type === "wire" && d.fact === "Sent"));
    await assert.rejects(on(page, "step", 1e9), /number of events/);
    assert.equal(await page.evaluate(() => heard.filter(([type]) => type === "error").length), 0);
    assert.deepEqual(page.complain(), []);
  });

  // Vue and React set a property where an element has one of the name, and take it back with null or undefined.
  test("keeps its method step where a framework sets the attribute of that name", async (t) => {
    const page = await host(t, "");
    await page.waitForFunction(() => customElements.get("resync-playground"));
    const links = await page.evaluate(async () => {
      const e = document.createElement("resync-playground");
      for (const [name, value] of Object.entries({ id: "one", title: "A short outage", scenario: "short-outage", lazy: "click", step: "3" })) name in e ? (e[name] = value) : e.setAttribute(name, value);
      document.querySelector("h1").after(e);
      const links = [await e.permalink()];
      for (const none of [null, undefined]) {
        e.step = none;
        links.push(await e.permalink());
        e.step = 2;
        links.push(await e.permalink());
      }
      return links.map((link) => new URLSearchParams(link.split("#")[1]).get("step"));
    });
    assert.deepEqual(links, ["3", null, "2", null, "2"]);
    assert.equal(await page.getAttribute("#one", "step"), "2");
    await on(page, "step", 1);
    await running(page);
    assert.equal(await page.getAttribute("#one", "step"), "2", "a call is no change of the attribute");
  });

  // Frames of opaque origin have no cache in common. The page around them fetches once, and needs no headers of the server for it.
  test("loads the program once for all frames of a page, and each for itself where that is forbidden", async (t) => {
    for (const [policy, want] of [[undefined, /^play\.\w+\.wasm\.lzma$/], ["connect-src 'none'", /^play\.\w+\.wasm\.js$/]]) {
      const server = await serve({ policy });
      t.after(() => server.close());
      const page = await host(t, ["one", "two", "three"].map((id) => element(`height="200" lazy="click"`, id)).join(""), { own: true, from: server });
      await page.evaluate(() => Promise.all(["one", "two"].map((id) => document.getElementById(id).start())));
      await page.evaluate(() => document.getElementById("three").start());
      for (const id of ["one", "two", "three"]) await running(page, id);
      assert.match(await (await inFrame(page, "two")).evaluate(() => window.origin), /^null$/);
      const loaded = server.requests.map((r) => path.basename(r)).filter((name) => want.test(name));
      assert.equal(loaded.length, policy ? 3 : 1, server.requests.join("\n"));
      if (!policy) assert.deepEqual(page.complain(), []);
    }
  });

  test("pauses the others of its group when it plays", async (t) => {
    const page = await host(t, ["a", "a", "b"].map((group, i) => element(`height="200" lazy="click" autoplay="off" group="${group}"`, `e${i}`)).join(""));
    const playing = (want) => page.waitForFunction((want) => [...document.querySelectorAll("resync-playground")].filter((e) => e.state === "playing").map((e) => e.id).join() === want, want, { timeout: 60_000 });
    for (const [i, want] of [[0, "e0"], [2, "e0,e2"], [1, "e1,e2"]]) {
      await page.evaluate((i) => document.getElementById("e" + i).play(), i);
      await playing(want);
    }
    assert.deepEqual(page.complain(), []);
  });

  // Two in sight begin at once. Whichever is ready first plays, and the other stands still: neither ever stops one.
  test("plays by itself where no other does, and stops none", async (t) => {
    const page = await host(t, element(`height="300"`) + element(`height="300"`, "two"));
    await page.evaluate(() => {
      window.states = {};
      addEventListener("resync-state", (e) => (states[e.target.id] ??= []).push(e.detail.playing));
    });
    for (const id of ["one", "two"]) await running(page, id);
    await page.waitForFunction(() => Object.values(states).flat().includes(true));
    await page.waitForTimeout(1500);
    const [one, two] = await page.evaluate(() => ["one", "two"].map((id) => states[id].join()));
    assert.equal([one, two].filter((s) => s.includes("true")).length, 1, `${one} and ${two}`);
    for (const s of [one, two]) assert.doesNotMatch(s, /true.*false/);
    // A word that means nothing is told of here as well.
    await page.evaluate((html) => {
      addEventListener("resync-error", (e) => (window.wrong = e.detail.message));
      document.body.insertAdjacentHTML("beforeend", html);
    }, element(`height="300" lazy="eager" autoplay="twice"`, "three"));
    await page.waitForFunction(() => /autoplay.*twice|twice.*autoplay/.test(window.wrong));
    assert.deepEqual(page.complain(), []);
  });

  test("leaves memory to those that are looked at: of more than three, the oldest that stands still goes, and comes back", async (t) => {
    const ids = ["e0", "e1", "e2", "e3", "e4"];
    const page = await host(t, ids.map((id) => element(`height="1000" lazy="click" autoplay="off"`, id)).join(""));
    for (const id of ids) {
      await page.evaluate((id) => document.getElementById(id).scrollIntoView(), id);
      await page.evaluate((id) => document.getElementById(id).start().then((e) => e.exec("m1", "SET name " + id)), id);
      await page.waitForTimeout(400);
    }
    await page.waitForFunction(() => ["e0", "e1"].every((id) => document.getElementById(id).state === "poster"));
    assert.equal(page.frames().length, 4);
    await page.evaluate(() => document.getElementById("e0").scrollIntoView());
    assert.match(await page.evaluate(() => document.getElementById("e0").exec("m1", "GET name").then((r) => r.reply)), /e0/);
    await page.waitForFunction(() => document.getElementById("e2").state === "poster");
  });

  // As in a chapter of a manual: a reader goes through it from the first to the last, and back.
  test("ten on one page cost one download, and three of them memory", async (t) => {
    const ids = Array.from({ length: 10 }, (_, i) => "e" + i);
    const server = await serve();
    t.after(() => server.close());
    const page = await host(t, ids.map((id) => `<p>What is said of it.</p>${element(`height="420"`, id)}`).join(""), { own: true, from: server });
    const see = (id) => page.evaluate((id) => document.getElementById(id).scrollIntoView({ block: "center" }), id);
    const high = await page.evaluate(() => document.body.scrollHeight);
    for (const id of [...ids, "e0"]) {
      await see(id);
      await running(page, id);
    }
    assert.match(await page.evaluate(() => document.getElementById("e0").exec("m1", "SET seen yes").then((r) => r.reply)), /OK/);
    await page.waitForFunction(() => [...document.querySelectorAll("resync-playground")].filter((e) => e.state !== "poster").length <= 4);
    assert.ok(page.frames().length <= 5, `${page.frames().length - 1} frames`);
    assert.equal(server.requests.filter((name) => name.endsWith(".wasm.lzma")).length, 1);
    assert.equal(await page.evaluate(() => document.body.scrollHeight), high, "the page around them stays as long as it was");
    assert.deepEqual(page.complain(), []);
  });

  test("is sandboxed in a page out of srcdoc as well, which has its origin from the page around", async (t) => {
    const inner = `<!doctype html><script type="module" src="v1/embed.js"></script>${element(`lazy="eager" autoplay="off"`)}`;
    cors.extra("srcdoc.html", `<!doctype html><title>Host</title>${icon}<iframe id="outer" width="800" height="600" srcdoc="${inner.replaceAll('"', "&quot;")}"></iframe>`);
    const page = await open(browser, cors.url + "srcdoc.html");
    t.after(() => page.context().close());
    const outer = await (await page.waitForSelector("#outer")).contentFrame();
    await outer.waitForFunction(() => /ready|paused/.test(document.getElementById("one")?.state), null, { timeout: 60_000 });
    assert.equal(await (await inFrame(outer)).evaluate(() => window.origin), "null");
    assert.deepEqual(page.complaints, []);
  });

  test("opens the whole page in a tab that has its storage", async (t) => {
    const page = await host(t, element(`lazy="eager" autoplay="off"`), { own: true });
    await running(page);
    const [tab] = await Promise.all([page.context().waitForEvent("page"), (await inFrame(page)).getByTestId("open-full").click()]);
    await waitReady(tab);
    assert.notEqual(await tab.evaluate(() => window.origin), "null");
    assert.match(tab.url(), /index\.html#v=1/);
  });

  test("takes attributes that were changed while it loaded", async (t) => {
    const page = await host(t, element(`lazy="click" autoplay="off"`));
    await page.evaluate(() => {
      const e = document.getElementById("one");
      e.start();
      const wait = () => (e.shadowRoot.querySelector("iframe") ? change() : setTimeout(wait));
      const change = () => {
        e.setAttribute("readonly", "readonly");
        e.setAttribute("scenario", "split-brain");
        e.setAttribute("view", "stage");
      };
      wait();
    });
    await running(page);
    const frame = await inFrame(page);
    await frame.getByRole("heading", { level: 1, name: /brain/i }).waitFor();
    await frame.waitForFunction(() => document.getElementById("app").dataset.readonly === "true" && document.getElementById("app").dataset.view === "stage");
  });

  test("says what is wrong with its attributes, from the start and later, and goes on", async (t) => {
    const page = await host(t, element(`lazy="click" view="bogus" speed="abc" theme="purple" node="nobody" scenario="nowhere" height="tall" min-height="5"`));
    await page.evaluate(() => {
      window.wrong = [];
      addEventListener("resync-error", (e) => wrong.push(e.detail));
      document.getElementById("one").start();
    });
    await running(page);
    await page.waitForFunction(() => wrong.some((d) => d.message.includes("nowhere")));
    const said = await page.evaluate(() => wrong.map((d) => d.message).join(" "));
    for (const words of ['not "bogus"', 'not "abc"', "purple", "nobody", "nowhere", 'height is pixels, auto or any length of CSS, and not "tall"']) assert.ok(said.includes(words), `${words} in: ${said}`);
    assert.doesNotMatch(said, /min-height/);
    const frame = await inFrame(page);
    assert.match(await frame.getByTestId("notice").innerText(), /not "bogus".*nobody/, "who looks at it is told as well");
    for (const [name, value] of [
      ["view", "worse"], ["speed", "-1"], ["theme", "green"], ["node", "none"], ["motion", "x"], ["src", "gone.resync"],
      ["height", "420xp"], ["max-height", "huge"], ["lazy", "often"], ["pace", "fast"], ["controls", "many"], ["keys", "some"],
    ]) {
      await page.evaluate(([name, value]) => {
        wrong.length = 0;
        document.getElementById("one").setAttribute(name, value);
      }, [name, value]);
      await page.waitForFunction(() => wrong.length);
      const [{ code, message }] = await page.evaluate(() => wrong);
      assert.equal(code, name === "src" ? "src" : "invalid");
      assert.ok(message.includes(value), message);
    }
    assert.match(await page.getAttribute("#one", "state"), /playing|paused/);
    await page.evaluate(() => (wrong.length = 0));
    await on(page, "load", { log: "node m1\nsevr m1 r1\n  wait soon\nheal m1\n" });
    await page.waitForFunction(() => wrong.length);
    for (const place of ["line 2, column 1", "line 3, column 8", "line 4, column 8"]) assert.ok((await page.evaluate(() => wrong[0].message)).includes(place), place);
    await frame.getByText("More that is wrong").click();
    await frame.getByText("line 3, column 8").waitFor();
    await frame.getByTestId("cli-m1").waitFor(); // and no editor, for which there is no tab
    assert.deepEqual(await axe(frame), []);
  });

  test("gives the selection back when node is taken away, and starts when lazy becomes eager", async (t) => {
    const page = await host(t, element(`lazy="click" autoplay="off" node="r1"`));
    await page.evaluate(() => document.getElementById("one").setAttribute("lazy", "eager"));
    await running(page);
    const frame = await inFrame(page);
    await frame.getByTestId("cli-r1").waitFor();
    await page.evaluate(() => document.getElementById("one").removeAttribute("node"));
    await frame.getByTestId("cli-m1").waitFor();
  });

  test("shows the scenario's picture above its words, unless they have one, in the page's colours", async (t) => {
    const page = await host(t, element(`lazy="click" scenario="split-brain"`) + element(`lazy="click" src="${player.url}#v=1&amp;s=short-outage"`, "two") +
      element(`lazy="click" scenario="nowhere"`, "three") + `<resync-playground id="four" title="x" lazy="click"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=" alt=""></resync-playground>`, {
      head: `<link rel="stylesheet" href="data:text/css,html{background:%23111;color:%23EEE}">`, options: { viewport: { width: 800, height: 2000 } } });
    const picture = (id) => page.evaluate((id) => {
      const image = document.getElementById(id).shadowRoot.querySelector("img");
      return { hidden: image.hidden, from: image.src, alt: image.alt, width: image.naturalWidth, scheme: image.style.colorScheme };
    }, id);
    await page.waitForFunction(() => ["one", "two"].every((id) => document.getElementById(id).shadowRoot.querySelector("img").complete));
    assert.deepEqual(await picture("one"), { hidden: false, from: cors.url + "posters/split-brain.svg", alt: "A short outage", width: 900, scheme: "dark" });
    assert.equal((await picture("two")).from, cors.url + "posters/short-outage.svg");
    await page.waitForFunction(() => document.getElementById("three").shadowRoot.querySelector("img").hidden, null);
    assert.equal((await picture("four")).hidden, true);
    assert.equal(await page.locator("#one .figure").isVisible(), true);
    assert.deepEqual(await axe(page), []);
    const still = await page.evaluate(() => document.getElementById("one").offsetHeight);
    assert.equal(still, 422);
  });

  test("can be cancelled while it loads, says how far it is, and keeps the focus where the reader is", async (t) => {
    let slow = true;
    const late = await serve({ cors: true, answer: async (name) => {
      if (slow && /play\.\w+\.wasm/.test(name)) await new Promise((r) => setTimeout(r, 4000));
    } });
    t.after(() => late.close());
    const page = await host(t, element(`lazy="click" autoplay="off"`), { from: late });
    const at = () => page.evaluate(() => document.getElementById("one").shadowRoot.activeElement?.textContent);
    const said = () => page.evaluate(() => document.getElementById("one").shadowRoot.querySelector("[role=status]").textContent);
    await page.getByRole("button").focus();
    await page.keyboard.press("Enter");
    assert.equal(await at(), "Cancel");
    assert.equal(await said(), "Loading: A short outage");
    await page.getByText(/^\d+\.\d of \d\.\d MB$/).waitFor();
    assert.deepEqual(await axe(page), []);
    await page.keyboard.press("Enter");
    assert.match(await at(), /^Run it/);
    assert.equal(await page.getAttribute("#one", "state"), "poster");
    assert.equal(await page.locator("iframe").count(), 0);
    slow = false;
    await page.keyboard.press("Enter");
    await running(page);
    assert.equal(await said(), "It runs: A short outage");
    assert.deepEqual(await page.evaluate(() => [document.activeElement.id, document.getElementById("one").shadowRoot.activeElement.tagName]), ["one", "IFRAME"]);
    const broken = await host(t, element(`lazy="click" src="gone.resync"`));
    await broken.getByRole("button").click();
    await broken.getByRole("button", { name: "Retry" }).waitFor();
  });

  test("answers from its poster what needs no engine, and what cannot be", async (t) => {
    const page = await host(t, element(`lazy="click" seed="7" scenario="short-outage"`));
    await on(page, "pause");
    await on(page, "subscribe", ["wire"]);
    assert.equal(await on(page, "snapshot"), null);
    assert.equal(await on(page, "permalink"), cors.url + "index.html#v=1&s=short-outage&seed=7");
    for (const nothing of [undefined, null, "", {}, 7, { log: 7 }, { scenario: " " }]) {
      const said = await page.evaluate((nothing) => document.getElementById("one").load(nothing).catch((e) => [e instanceof Error, e.code, e.message]), nothing);
      assert.deepEqual(said, [true, "invalid", "load has a scenario, a log or a link"], `load(${JSON.stringify(nothing)})`);
    }
    assert.equal(await page.locator("iframe").count(), 0);
    assert.equal(await page.getAttribute("#one", "state"), "poster");
    await assert.rejects(page.evaluate(() => document.createElement("resync-playground").start()), /in no document/);
    await page.evaluate(() => addEventListener("resync-wire", () => (window.wired = true)));
    await on(page, "step", 40);
    await page.waitForFunction(() => window.wired);
  });

  test("stands still where it begins out of sight", async (t) => {
    const page = await host(t, `<div id="far"></div>` + element(`lazy="eager"`), { head: `<link rel="stylesheet" href="data:text/css,%23far{height:4000px}">` });
    await page.evaluate(() => addEventListener("resync-state", (e) => (window.moment = e.detail.t)));
    await running(page);
    await page.waitForTimeout(600);
    const before = await page.evaluate(() => moment);
    await page.waitForTimeout(1200);
    assert.equal(await page.evaluate(() => moment), before);
    await page.evaluate(() => document.getElementById("one").scrollIntoView());
    await page.waitForFunction((before) => moment > before, before);
  });

  test("sees the colour of its page, however that is written and wherever it is", async (t) => {
    const page = await host(t, element(`lazy="click"`));
    for (const [sheet, want] of [
      ["body{background:oklch(20% 0.02 250)}", "dark"], ["body{background:color(display-p3 0.95 0.95 0.9)}", "light"], ["html{background:#123}", "dark"],
      ["html{background:#123} body{background:white}", "light"], ["html{color-scheme:dark}", "dark"], ["html{color-scheme:only light}", "light"], ["html{color-scheme:light dark}", "light dark"], ["", "light dark"],
    ]) {
      const got = await page.evaluate((sheet) => {
        const style = new CSSStyleSheet();
        style.replaceSync(sheet);
        document.adoptedStyleSheets = [style];
        const e = document.getElementById("one");
        e.setAttribute("theme", "auto");
        e.setAttribute("theme", "host");
        return e.shadowRoot.querySelector("img").style.colorScheme;
      }, sheet);
      assert.equal(got, want, sheet);
    }
  });

  // As a transition begins, the colour is still the old one.
  test("sees the colour of its page after a transition, and after a style sheet that comes late", async (t) => {
    const page = await host(t, element(`lazy="click"`), { head: "<style>body { background: #FFF } .night body { background: #111 } .slow body { transition: background .3s }</style>" });
    const scheme = (want) => page.waitForFunction((want) => document.getElementById("one").shadowRoot?.querySelector("img").style.colorScheme === want, want, { timeout: 5000 });
    await scheme("light");
    for (const [mark, want] of [["slow night", "dark"], ["slow", "light"]]) {
      await page.evaluate((mark) => (document.documentElement.className = mark), mark);
      await scheme(want);
    }
    await page.evaluate(() => (document.documentElement.className = ""));
    const add = (tag, properties) => page.evaluate(([tag, properties]) => document.head.append(Object.assign(document.createElement(tag), properties)), [tag, properties]);
    await add("style", { textContent: "body { background: #222 }" });
    await scheme("dark");
    await add("link", { rel: "stylesheet", href: "data:text/css,body{background:%23EEE}" });
    await scheme("light");
  });

  test("takes any length for its height", async (t) => {
    const page = await host(t, `<div id="box">${element(`lazy="click"`)}</div>`, { head: `<link rel="stylesheet" href="data:text/css,%23box{height:800px}">` });
    for (const [attributes, want] of [
      [{ height: "300" }, 300], [{ height: "50%" }, 400], [{ height: "30rem" }, 480], [{ height: "50vh" }, 450], [{ height: "calc(10rem + 40px)" }, 200],
      [{ height: "tall" }, 420], [{}, 420], [{ height: "auto", "min-height": "30rem" }, 480], [{ height: "auto", "max-height": "25vh" }, 225],
    ]) {
      const got = await page.evaluate((attributes) => {
        const e = document.getElementById("one");
        for (const name of ["height", "min-height", "max-height"]) e.toggleAttribute(name, false);
        for (const name in attributes) e.setAttribute(name, attributes[name]);
        return e.clientHeight;
      }, attributes);
      assert.equal(got, want, JSON.stringify(attributes));
    }
  });

  test("prints its children, and nothing that needs a screen", async (t) => {
    const page = await host(t, element(`lazy="eager" autoplay="off" scenario="short-outage"`));
    await running(page);
    assert.equal(await page.locator(".figure").isVisible(), false);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator(".figure").isVisible(), true);
    for (const part of ["iframe", "button", "progress"]) assert.equal(await page.locator(`resync-playground ${part}`).first().isVisible(), false, part);
  });

  test("runs under the policy that the site is built with, in a frame of opaque origin", async (t) => {
    const headers = await readFile(path.join(dist, "_headers"), "utf8");
    const policy = headers.match(/^\/embed\.html\n(?:  .*\n)*?  Content-Security-Policy: (.*)$/m)[1];
    const guarded = await serve({ policy, cors: true });
    t.after(() => guarded.close());
    cors.extra("opaque.html", `<!doctype html><title>Host</title>${icon}<iframe sandbox="allow-scripts" src="${guarded.url}embed.html#v=1"></iframe>`);
    const page = await open(browser, cors.url + "opaque.html");
    t.after(() => page.context().close());
    const frame = await (await page.waitForSelector("iframe")).contentFrame();
    await waitReady(frame);
    assert.equal(await frame.evaluate(() => window.origin), "null");
  });

  test("takes the height that its content needs, between limits, and comes to rest", async (t) => {
    const page = await host(t, element(`lazy="click" height="auto" scenario="playground"`));
    await page.evaluate(() => {
      window.sizes = [];
      addEventListener("resync-resize", (e) => sizes.push(e.detail.h));
      document.getElementById("one").start();
    });
    await running(page);
    await page.waitForFunction(() => sizes.length);
    await page.waitForTimeout(1500);
    const before = await page.evaluate(() => sizes.length);
    await page.waitForTimeout(1500);
    assert.ok(await page.evaluate(() => sizes.length) - before <= 1, `it rests: ${await page.evaluate(() => sizes)}`);
    const frame = await inFrame(page);
    assert.ok(await frame.evaluate(() => { const s = document.querySelector(".stage"); return s.scrollHeight <= s.clientHeight + 1; }), "nothing is cut off");
    await page.evaluate(() => document.getElementById("one").setAttribute("max-height", "300"));
    assert.equal(await page.evaluate(() => document.getElementById("one").clientHeight), 300);
    await page.evaluate(() => {
      document.getElementById("one").removeAttribute("max-height");
      document.getElementById("one").setAttribute("view", "stage"); // which needs less than the frame takes at least
    });
    await frame.getByTestId("tape").waitFor({ state: "detached" });
    await page.waitForTimeout(1500);
    assert.ok(await frame.evaluate(() => document.querySelector(".embed__deck").getBoundingClientRect().bottom <= innerHeight), "the controls are in sight");
  });

  test("goes away without a trace, and comes back to where it was", async (t) => {
    const page = await host(t, element(`lazy="eager" autoplay="off"`));
    await running(page);
    await on(page, "exec", "m1", "SET greeting kept");
    await page.waitForFunction(() => document.getElementById("one").state === "paused");
    await (await inFrame(page)).getByTestId("cut-m1-r1").click();
    await page.waitForTimeout(300); // less than a second: what was done is kept at once
    await page.evaluate(() => {
      window.kept = document.getElementById("one");
      kept.remove();
    });
    assert.equal(page.frames().length, 1, "the frame is gone");
    await assert.rejects(page.evaluate(() => kept.play().then(() => document.body.append(kept))), /./);
    await page.evaluate(() => document.body.append(kept));
    await running(page);
    assert.match((await on(page, "exec", "m1", "GET greeting")).reply, /kept/);
    assert.equal(await (await inFrame(page)).evaluate(() => JSON.parse(window.__resync.embed("state")).result.links[0].state), "severed");
    assert.equal(page.frames().length, 2);
    assert.deepEqual(page.complain(), []);
  });

  test("goes on where it was moved while it loads, and is as its attributes say that were changed outside", async (t) => {
    const page = await host(t, element(`lazy="click" autoplay="off"`));
    await page.evaluate(() => {
      const e = document.getElementById("one");
      e.start();
      document.querySelector("h1").after(e);
    });
    await running(page);
    await on(page, "exec", "m1", "SET greeting kept");
    await page.waitForTimeout(300);
    await page.evaluate(() => {
      const e = document.getElementById("one");
      e.remove();
      e.setAttribute("scenario", "split-brain");
      document.body.append(e);
    });
    await running(page);
    await (await inFrame(page)).getByRole("heading", { level: 1, name: /brain/i }).waitFor();
  });

  test("lets the focus through", async (t) => {
    const page = await host(t, `<a href="#a" id="before">before</a>${element(`lazy="eager" autoplay="off"`)}<a href="#b" id="after">after</a>`);
    await running(page);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY", "it takes no focus by itself");
    for (const [from, to, key] of [["before", "after", "Tab"], ["after", "before", "Shift+Tab"]]) {
      await page.focus("#" + from);
      let inside = 0;
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press(key);
        const at = await page.evaluate(() => document.activeElement.id);
        if (at === "one") inside++;
        if (at === to) break;
      }
      assert.equal(await page.evaluate(() => document.activeElement.id), to);
      assert.ok(inside > 5, `${inside} stops inside`);
    }
  });
});

describe("the protocol", () => {
  // speak opens a page with a bare frame and what it takes to be its parent.
  async function speak(t) {
    const page = await host(t, `<iframe id="frame" sandbox="allow-scripts allow-same-origin" src="${cors.url}embed.html#v=1&autoplay=off"></iframe>`);
    await waitReady(await (await page.waitForSelector("#frame")).contentFrame());
    await page.evaluate(() => {
      window.got = [];
      window.welcomes = 0;
      addEventListener("message", (e) => {
        if (e.data.type === "unsupported") window.unsupported = e.data;
        if (e.data.type !== "welcome") return;
        window.welcomes++;
        window.welcome = e.data;
        window.port = e.ports[0];
        port.onmessage = (m) => got.push(m.data);
      });
      window.child = document.getElementById("frame").contentWindow;
      window.hello = (more) => child.postMessage({ ns: "resync", v: 1, type: "hello", id: "a", nonce: "n", ...more }, "*");
      window.ask = (m) => new Promise((resolve) => {
        const look = () => {
          const reply = got.find((g) => g.rid === m.rid && g.rid !== undefined);
          reply ? resolve(reply) : setTimeout(look, 10);
        };
        port.postMessage(m);
        look();
      });
    });
    return page;
  }
  const greet = async (page) => {
    await page.evaluate(() => hello());
    await page.waitForFunction(() => window.port);
  };

  test("welcomes once, and only its parent's well-formed hello", async (t) => {
    const page = await speak(t);
    await page.evaluate(() => {
      for (const m of [null, 7, "hello", {}, [], { ns: "other", v: 1, type: "hello", id: "a", nonce: "n" }, { ns: "resync", v: 2, type: "hello", id: "a", nonce: "n" }]) child.postMessage(m, "*");
      hello({ id: 7 });
      hello({ nonce: "x".repeat(101) });
      hello({ type: "load" });
      // another window, whose parent is the same page
      const other = document.createElement("iframe");
      other.srcdoc = "<!doctype html>";
      document.body.append(other);
      other.onload = () => {
        const script = other.contentDocument.createElement("script");
        script.textContent = `parent.child.postMessage({ ns: "resync", v: 1, type: "hello", id: "evil", nonce: "n" }, "*")`;
        other.contentDocument.body.append(script);
      };
    });
    await page.waitForTimeout(500);
    assert.equal(await page.evaluate(() => welcomes), 0);
    await greet(page);
    await page.evaluate(() => hello());
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => welcomes), 1);
    const { ns, v, id, nonce, caps, build } = await page.evaluate(() => welcome);
    assert.deepEqual([ns, v, id, nonce], ["resync", 1, "a", "n"]);
    assert.match(build, /^[0-9a-f]{10}$/);
    assert.deepEqual(await page.evaluate(() => unsupported), { ns: "resync", v: 1, type: "unsupported", id: "a", nonce: "n" }, "another version has an answer");
    assert.ok(["load", "play", "exec", "snapshot", "permalink"].every((c) => caps.includes(c)));
  });

  test("answers what it does not know, and is harmed by nothing", async (t) => {
    const page = await speak(t);
    await greet(page);
    const ask = (m) => page.evaluate((m) => ask(m), m);
    const code = async (m) => (await ask(m)).error?.code;
    assert.equal(await code({ rid: 1, type: "eval", text: "1" }), "unsupported");
    assert.equal(await code({ rid: 2, type: "constructor" }), "unsupported");
    assert.equal(await code({ rid: 3, type: "__proto__" }), "unsupported");
    assert.equal(await code({ rid: 4, type: "exec", node: "m1", line: "x".repeat(70_000) }), "size");
    assert.equal(await code({ rid: 5 }), "invalid");
    assert.equal(await code({ rid: 6, type: "seek", t: "soon" }), "invalid");
    assert.equal(await code({ rid: 7, type: "seek", t: -5 }), "invalid");
    assert.equal(await code({ rid: 8, type: "step", n: 1e12 }), "invalid");
    assert.equal(await code({ rid: 9, type: "set", base: "https://example.com" }), "invalid");
    assert.equal(await code({ rid: 10, type: "set", theme: { a: 1 } }), "invalid");
    for (const [i, [key, value]] of [["theme", "purple"], ["view", "bogus"], ["speed", "abc"], ["node", "nobody"], ["controls", null]].entries())
      assert.equal(await code({ rid: 100 + i, type: "set", [key]: value }), "invalid", key);
    assert.equal(await code({ rid: 110, type: "set", theme: "dark", view: "tape", speed: 2, readonly: true, node: "r1" }), undefined);
    assert.equal(await code({ rid: 111, type: "subscribe", topics: ["wire", "secrets"] }), "invalid");
    assert.equal(await code({ rid: 112, type: "subscribe", topics: ["wire", "state"] }), undefined);
    assert.equal(await code({ rid: 11, type: "load", scenario: "../../secret" }), "invalid");
    assert.equal(await code({ rid: 12, type: "load", link: "https://example.com/#v=9" }), "invalid");
    assert.equal(await code({ rid: 13, type: "fault", target: "m1-r1", kind: "explode" }), "refused");
    assert.equal(await code({ rid: 14, type: "fault", target: { evil: 1 }, kind: "sever" }), "invalid");
    assert.equal(await code({ rid: 15, type: "restore", snapshot: { v: 1, link: 7 } }), "invalid");
    assert.equal(await code({ rid: 16, type: "exec", node: "m1", argv: ["ECHO", "<img src=x onerror=alert(1)>"] }), undefined);
    assert.equal(await code({ rid: 17, type: "subscribe", topics: "wire" }), "invalid");
    const cyclic = await page.evaluate(() => {
      const m = { rid: 18, type: "play" };
      m.self = m;
      return ask(m);
    });
    assert.equal(cyclic.error.code, "size");
    const odd = await page.evaluate(() => Promise.all([new Date(0), new Map(), new Uint8Array(2), /x/, [new Error("x")]].map((word, i) => ask({ rid: "odd" + i, type: "exec", node: "m1", argv: ["ECHO", word] }))));
    assert.deepEqual(odd.map((o) => o.error?.code), Array(5).fill("invalid"), "only what is plain is taken");
    assert.equal((await ask({ rid: 19, type: "state" })).result.nodes.length, 3);
    // Names may have hyphens, as what stands between them has.
    assert.equal(await code({ rid: 20, type: "load", log: "node m-1\nnode m-1-r replicaof m-1\nuntil m-1-r.master_link_status = up\n" }), undefined);
    for (const [rid, request, want] of [[21, { type: "fault", target: "m-1-m-1-r", kind: "sever" }, "severed"], [22, { type: "heal", target: "m-1-m-1-r" }, "up"], [23, { type: "fault", target: "m-1-r", kind: "kill" }, undefined]]) {
      assert.equal(await code({ rid, ...request }), undefined, JSON.stringify(request));
      if (want) assert.equal((await ask({ rid: rid + 10, type: "state" })).result.links[0].state, want);
    }
    const frame = await (await page.waitForSelector("#frame")).contentFrame();
    assert.match(frame.url(), /embed\.html#/);
    assert.equal(await frame.evaluate(() => document.querySelectorAll("img, #app script").length), 0);
    assert.deepEqual(page.complain(), []);
  });

  test("stands a flood", async (t) => {
    const page = await speak(t);
    await greet(page);
    await page.waitForTimeout(1100);
    const [done, refused, seconds] = await page.evaluate(async () => {
      got.length = 0;
      const from = performance.now();
      for (let i = 0; i < 2000; i++) port.postMessage({ rid: "f" + i, type: "exec", node: "m1", line: "INCR n" });
      while (got.filter((g) => String(g.rid).startsWith("f")).length < 2000) await new Promise((r) => setTimeout(r, 20));
      return [got.filter((g) => g.ok).length, got.filter((g) => g.error?.code === "rate").length, (performance.now() - from) / 1000];
    });
    assert.equal(done + refused, 2000);
    // The frame counts by its own seconds, which a busy machine draws out.
    assert.ok(done >= 50 && done <= 50 * (seconds + 2), `${done} of 2000 were done in ${seconds} s`);
    await page.waitForTimeout(1100);
    // One request after the other, each with its own state behind it: four of those are told in a second.
    const [states, span] = await page.evaluate(async () => {
      got.length = 0;
      const from = performance.now();
      for (let i = 0; i < 30; i++) await ask({ rid: "after" + i, type: "exec", node: "m1", line: "INCR n" });
      return [got.filter((g) => g.type === "state").length, (performance.now() - from) / 1000];
    });
    assert.ok(states <= 4 * span + 1, `${states} states in ${span} s`);
    assert.equal((await page.evaluate(() => ask({ rid: "last", type: "play" }))).ok, true);
  });

  test("the element hears nobody but its frame", async (t) => {
    const page = await host(t, element(`lazy="eager"`));
    await page.evaluate(() => {
      // Before the frame has answered: everybody says welcome.
      const evil = () => {
        const { port1, port2 } = new MessageChannel();
        window.evil = port1;
        postMessage({ ns: "resync", v: 1, type: "welcome", id: "1", nonce: "guess" }, "*", [port2]);
      };
      for (let i = 0; i < 5; i++) evil();
      evil.onmessage = () => (window.fooled = true);
    });
    await running(page);
    await on(page, "pause");
    assert.equal(await page.evaluate(() => window.fooled), undefined);
  });
});

describe("an example", () => {
  test("in plain HTML runs, and so does the script of the README", async (t) => {
    const text = await readFile(path.join(project, "assets/examples/plain/index.html"), "utf8");
    cors.extra("plain.html", text.replaceAll("https://resync.example/", cors.url));
    const page = await open(browser, cors.url + "plain.html");
    t.after(() => page.context().close());
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    await page.waitForFunction(() => /ready|playing|paused/.test(document.querySelector("resync-playground").state), null, { timeout: 60_000 });
    assert.deepEqual(await axe(page), []);
    const [, script] = (await readFile(path.join(project, "README.md"), "utf8")).match(/```js\n([^]*?)```/);
    await page.evaluate(`(async () => {${script}})()`);
    assert.ok(said.includes("OK"), said.join("\n"));
    await page.evaluate(() => document.querySelector("resync-playground").play());
    while (!said.some((line) => /^r1 (CONTINUE|FULLRESYNC) ./.test(line))) await page.waitForEvent("console");
    assert.deepEqual(page.complaints, []);
  });
});
