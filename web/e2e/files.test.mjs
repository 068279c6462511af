// A dataset that is as large as may be goes into a node and out of it a slice at a time: the page says how far it is, takes a
// change of mind, and answers meanwhile.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "node:test";
import { begin, end, id, open, run, script, shows, site, state, tick, trace, waitReady } from "./lib.mjs";

// dump is an RDB file of so many keys, with the shortest names and values, which take the longest for each byte.
const keys = 58_000;
const dump = {
  name: "dump.rdb",
  mimeType: "",
  buffer: Buffer.concat([
    Buffer.from("REDIS0009\xfe\x00", "latin1"),
    ...Array.from({ length: keys }, (_, i) => Buffer.from(`\x00\x05${i.toString(16).padStart(5, "0")}\x01v`, "latin1")),
    Buffer.from("\xff\0\0\0\0\0\0\0\0", "latin1"), // zeros: no checksum
  ]),
};

describe("a dataset", () => {
  const here = site();

  const chosen = (nodes, name) => nodes.find((n) => n.name === name);

  test("says how far it is, can be given up at any time without a trace, and is loaded by lines of the script", async () => {
    const page = await begin(here);
    await run(page, "unload m1");
    await run(page, "node x");
    await run(page, "x> SET own key");
    await tick(page, 500);
    await page.click(id("pick-x"));
    await page.click(id("tab-data"));
    const before = [await state(page), await script(page), await trace(page)];
    const give = async (ticks) => {
      await page.setInputFiles(id("rdb-file"), dump);
      await shows(page, "opening", /Loading "dump.rdb"… \d+ %/);
      for (let i = 0; i < ticks; i++) await tick(page, 25);
    };

    for (const [ticks, near] of [[1, /… [1-9] %/], [36, /… [5-9]\d %/]]) {
      await give(ticks);
      await shows(page, "opening", near);
      await shows(page, "rdb-note", near);
      await shows(page, "status", /Loading "dump.rdb"… \d+ %/);
      assert.equal(chosen((await state(page)).nodes, "x").keys, ticks < 32 ? 1 : 0, "the node has its own key until it has ended");
      await page.click(id("opening-cancel"));
      await page.locator(id("opening")).waitFor({ state: "detached" });
      await shows(page, "rdb-note", /everything is as it was/);
      assert.deepEqual([await state(page), await script(page), await trace(page)], before);
    }

    await give(0);
    for (let i = 0; i < 100 && (await page.locator(id("opening")).count()) > 0; i++) await tick(page, 25);
    await shows(page, "rdb-note", /^✓ x starts with "dump\.rdb": 58,000 keys/);
    assert.equal(chosen((await state(page)).nodes, "x").keys, keys);
    assert.match(await script(page), /^kill x\nrestore x "UkVESVM[^"]+"\nstart x$/m);

    const download = page.waitForEvent("download");
    await page.click(id("rdb-save"));
    await shows(page, "opening", /Writing x.rdb… \d+ %/);
    for (let i = 0; i < 100 && (await page.locator(id("opening")).count()) > 0; i++) await tick(page, 25);
    assert.equal((await download).url().startsWith("blob:"), true);
    await shows(page, "rdb-note", /^✓ x\.rdb has 5\d\d,\d\d\d B/);
    await end(page);
  });

  test("goes to the node that it is dropped on", async () => {
    const page = await begin(here);
    await run(page, "unload m1");
    await page.click(id("tab-data"));
    for (const [on, node] of [[`${id("node-r1")} p`, "r1"], [id("app"), "m1"]]) {
      await page.evaluate((on) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File(["REDIS0009\xfe\0\0\x01k\x01v\xff\0\0\0\0\0\0\0\0"].map((s) => Uint8Array.from(s, (c) => c.charCodeAt(0))), "dump.rdb"));
        document.querySelector(on).dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
      }, on);
      await shows(page, "rdb-note", new RegExp(`^✓ ${node} starts with "dump\\.rdb": 1 key`));
      assert.match(await script(page), new RegExp(`^restore ${node} `, "m"));
    }
    await end(page);
  });

  test("is text, whatever its names and values look like", async () => {
    const page = await begin(here);
    await run(page, "unload m1");
    await page.click(id("tab-data"));
    const evil = "<img src=x onerror=window.pwned=1>'\"`<svg onload=window.pwned=1>";
    const text = (s) => Buffer.concat([Buffer.from([0x40, s.length]), Buffer.from(s, "latin1")]); // a length of 14 bits
    const body = [Buffer.from("REDIS0009\xfe\0\0", "latin1"), text(evil), text(evil), Buffer.from("\xff\0\0\0\0\0\0\0\0", "latin1")];
    await page.setInputFiles(id("rdb-file"), { name: `${evil.replaceAll(" ", "")}.rdb`, mimeType: "", buffer: Buffer.concat(body) });
    await shows(page, "rdb-note", /^✓ m1 starts with ".*onerror/);
    await tick(page, 3000);
    await page.locator(".keys th").getByText("<img src=x onerror=").first().waitFor(); // as it is, and not as what it looks like
    for (const tab of ["cli", "log", "script", "data"]) await page.click(id(`tab-${tab}`));
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(await page.locator("img, [onerror], [onload]").count(), 0);
    await end(page);
  });

  // work resolves to the milliseconds that the page's thread computed in each of its tasks while f was done, whatever else the
  // machine does: the longest first.
  async function work(page, f) {
    await here.browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
    await f();
    const { traceEvents } = JSON.parse(await here.browser.stopTracing());
    const frame = traceEvents.find((e) => e.name === "FireAnimationFrame");
    return traceEvents
      .filter((e) => e.ph === "X" && e.tid === frame.tid && e.pid === frame.pid && /RunTask$|PerformMicrotaskCheckpoint$/.test(e.name))
      .map((e) => (e.tdur ?? e.dur) / 1000)
      .sort((a, b) => b - a);
  }

  // In one piece the file takes half a second here, which is nine tenths of all that the page does meanwhile.
  test("leaves the page free to answer", async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), "resync-files-"));
    const file = path.join(folder, "dump.rdb");
    await writeFile(file, dump.buffer);
    const page = await open(here.browser, here.server.url);
    await waitReady(page);
    await page.click(id("tab-data"));
    await page.evaluate(() => {
      window.long = [];
      new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
    });
    for (const [what, f] of [
      ["loading", async () => {
        await page.setInputFiles(id("rdb-file"), file);
        await shows(page, "rdb-note", /^✓ m1 starts with "dump\.rdb": 58,000 keys/);
      }],
      ["writing", () => Promise.all([page.waitForEvent("download"), page.click(id("rdb-save"))])],
    ]) {
      await page.evaluate(() => (window.long.length = 0));
      const tasks = await work(page, f);
      const all = tasks.reduce((a, b) => a + b, 0);
      t.diagnostic(`${what}: ${Math.round(all)} ms of work, the longest tasks ${tasks.slice(0, 5).map(Math.round).join(", ")}; by the clock, of 50 ms or more: ${await page.evaluate(() => window.long.join(", "))}`);
      assert.ok(what !== "loading" || tasks[0] < all / 4, `${what}: one task has ${tasks[0]} ms of ${all}`);
      assert.ok(tasks[0] < 200, `${what}: a task has ${tasks[0]} ms`);
    }
    assert.deepEqual(page.complaints, []);
    await page.context().close();
    await rm(folder, { recursive: true });
  });
});
