// After the first visit the page needs no network, keeps to its folder, and takes a newer version only when its reader says so.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { axe, dist, launch, open, serve, waitReady } from "./lib.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

// visit opens the page and waits until everything of it is kept.
async function visit(t, host = {}, address = "") {
  const server = await serve(host);
  t.after(() => server.close());
  const page = await open(browser, new URL(address, server.url).href);
  t.after(() => page.context().close());
  page.server = server;
  await waitReady(page);
  await kept(page);
  return page;
}

const kept = (page) => page.evaluate(async () => void (await navigator.serviceWorker.ready));
const caches = (page) => page.evaluate(async () => (await window.caches.keys()).sort());

for (const at of ["/", "/a/b c/"]) {
  test(`the page starts without a network, in ${at}`, async (t) => {
    const page = await visit(t, { at });
    const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
    assert.equal(scope, page.server.url);
    await page.server.close();
    for (const address of ["", "?x=1#test=1", "index.html"]) {
      await page.goto(new URL(address, page.server.url).href);
      await waitReady(page);
      assert.ok(await page.locator("h1").count());
    }
    assert.deepEqual(page.complaints, []);
  });
}

test("what the page loaded is not asked for twice by a host that lets it be kept", async (t) => {
  const page = await visit(t);
  await page.reload();
  await waitReady(page);
  const asked = page.server.requests.filter((name) => name.includes("/play."));
  assert.equal(asked.length, 1, asked.join(" "));
});

test("a page in a frame keeps nothing", async (t) => {
  const server = await serve();
  t.after(() => server.close());
  for (const sandbox of ["", ' sandbox="allow-scripts"', ' sandbox="allow-scripts allow-same-origin"']) {
    server.extra("host.html", `<!doctype html><title>Host</title><link rel="icon" href="data:,"><iframe${sandbox} src="index.html"></iframe>`);
    const page = await open(browser, server.url + "host.html");
    const frame = await (await page.waitForSelector("iframe")).contentFrame();
    await waitReady(frame);
    await frame.evaluate(() => new Promise((resolve) => requestIdleCallback(() => setTimeout(resolve, 300))));
    assert.deepEqual(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0, sandbox);
    assert.deepEqual(await caches(page), []);
    await page.context().close();
  }
});

test("a newer version is announced, waits, and comes when the reader says so", async (t) => {
  const [index, worker] = await Promise.all(["index.html", "worker.js"].map((name) => readFile(path.join(dist, name), "utf8")));
  let newer = false;
  const page = await visit(t, {
    answer: (name) => {
      if (newer && name === "index.html") return { body: index.replace(/<title>/, "<title>Newer ") };
      if (newer && name === "worker.js") return { body: worker.replace(/version:"[0-9a-f]+"/, 'version:"newer"'), type: "text/javascript" };
    },
  });
  await page.evaluate(async () => {
    await caches.open("another page's");
    await caches.open("resync /elsewhere/ 1");
  });
  const note = page.getByTestId("update");
  assert.equal(await note.isVisible(), false, "there is nothing to say yet");
  newer = true;
  await page.reload();
  await waitReady(page);
  await note.waitFor();
  assert.match(await page.locator("#update-text").textContent(), /newer version.*ends with a reload/);
  assert.deepEqual(await axe(page), []);
  assert.ok(!(await page.title()).startsWith("Newer"), "the page goes on as it is");
  await page.getByRole("button", { name: "Not now" }).click();
  assert.equal(await note.isVisible(), false);

  await page.reload();
  await waitReady(page);
  assert.ok(!(await page.title()).startsWith("Newer"), "a reload alone changes nothing");
  await note.waitFor();
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Reload", exact: true }).click()]);
  await waitReady(page);
  assert.ok((await page.title()).startsWith("Newer"));
  assert.deepEqual(await caches(page), ["another page's", "resync /a/b%20c/ newer", "resync /elsewhere/ 1"]);
  assert.deepEqual(page.complaints, []);
});

test("a newer version that begins to come while the page is told of the present one is announced as well", async (t) => {
  const worker = await readFile(path.join(dist, "worker.js"), "utf8");
  let newer = false;
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const page = await visit(t, {
    answer: async (name) => {
      if (newer && name === "worker.js") return { body: worker.replace(/version:"[0-9a-f]+"/, 'version:"newer"'), type: "text/javascript" };
      if (newer && name === "index.html") await held; // the newer worker fetches the page when it is installed
    },
  });
  t.after(() => release());
  await page.exposeFunction("told", () => release());
  await page.addInitScript(() => {
    const register = navigator.serviceWorker.register;
    navigator.serviceWorker.register = async (...given) => {
      const registration = await register.apply(navigator.serviceWorker, given);
      while (!registration.installing) await new Promise((resolve) => setTimeout(resolve, 20));
      setTimeout(() => window.told(), 100);
      return registration;
    };
  });
  newer = true;
  await page.reload();
  await page.getByTestId("update").waitFor();
});

test("a page that is never idle is kept as well", { timeout: 60_000 }, async (t) => {
  const server = await serve();
  t.after(() => server.close());
  const page = await open(browser, "about:blank");
  t.after(() => page.context().close());
  await page.addInitScript(() => (window.requestIdleCallback = (then, { timeout } = {}) => timeout && setTimeout(then, timeout)));
  await page.goto(server.url);
  await waitReady(page);
  await kept(page);
});

test("a version of which only a part is there yet is not taken", async (t) => {
  const worker = await readFile(path.join(dist, "worker.js"), "utf8");
  let newer = false;
  const page = await visit(t, {
    answer: (name) => {
      if (newer && name === "worker.js") return { body: worker.replace(/version:"[0-9a-f]+"/, 'version:"newer"').replace(/play\./g, "play.0"), type: "text/javascript" };
    },
  });
  newer = true;
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const failed = new Promise((resolve) =>
      registration.addEventListener("updatefound", () => {
        const next = registration.installing;
        next.addEventListener("statechange", () => next.state === "redundant" && resolve());
      }),
    );
    await registration.update().catch(() => {});
    await failed;
  });
  assert.equal(await page.getByTestId("update").isVisible(), false);
  await page.reload();
  await waitReady(page);
});
