// A dataset that is as large as may be goes into a node and out of it a slice at a time: the page says how far it is, takes a
// change of mind, and answers meanwhile.

import assert from "node:assert/strict";
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

describe("a large dataset", () => {
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

  test("leaves the page free to answer", async (t) => {
    const page = await open(here.browser, here.server.url);
    await waitReady(page);
    await page.click(id("tab-data"));
    await page.evaluate(() => {
      window.tasks = [];
      new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
    });
    const longest = async (what) => {
      const tasks = await page.evaluate(() => new Promise((done) => setTimeout(() => done(window.tasks.splice(0)), 100)));
      t.diagnostic(`${what}: tasks of 50 ms or more: ${tasks.join(", ") || "none"}`);
      return Math.max(0, ...tasks);
    };
    await longest("before");
    await page.setInputFiles(id("rdb-file"), dump);
    await shows(page, "rdb-note", /^✓ m1 starts with "dump\.rdb": 58,000 keys/);
    const load = await longest("loading");
    await Promise.all([page.waitForEvent("download"), page.click(id("rdb-save"))]);
    const save = await longest("writing");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});
