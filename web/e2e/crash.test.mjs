// When the program ends, wherever that happens, the reader gets the script that leads there. The browser is made to break
// under the page: what it throws is a panic to Go.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { axe, begin, id, open, run, serve, shows, site, state, tick, waitFailure } from "./lib.mjs";
import { drawn } from "./states.mjs";

describe("a panic", () => {
  const here = site();

  // Each breaks what the page needs, and then makes the page need it.
  const breaks = {
    "in a handler": async (page) => {
      await page.evaluate(() => (Event.prototype.preventDefault = () => { throw new Error("a broken event"); }));
      await page.locator(id("cli-m1")).press("Enter").catch(() => {});
      return "m1> SET color blue";
    },
    "while the page is drawn": async (page) => {
      await page.evaluate(() => (Element.prototype.setAttribute = () => { throw new Error("a broken document"); }));
      await page.click(id("cut-m1-r1")).catch(() => {});
      return "sever m1 r1";
    },
    "in a frame": async (page) => {
      await page.evaluate(() => {
        HTMLCanvasElement.prototype.getContext = () => { throw new Error("a broken canvas"); };
        document.getElementById("flights").replaceWith(Object.assign(document.createElement("canvas"), { id: "flights" }));
        window.__resync.run("m1> SET last words");
        window.__resync.tick(20);
      }).catch(() => {});
      return "m1> SET last words";
    },
  };

  for (const [where, breakIt] of Object.entries(breaks)) {
    test(`${where} ends with a panel that offers the script, and the script leads to the same`, async () => {
      const page = await begin(here);
      await run(page, "m1> SET color blue");
      await run(page, "load m1 rate 100/s");
      await tick(page, 1230);
      const trace = await page.evaluate(() => window.__resync.trace());
      await page.waitForTimeout(1500); // the script is kept as often as a fiftieth of the time allows
      const line = await breakIt(page);
      assert.match(await waitFailure(page), /The engine stopped.*panic:.*a broken.*the script that led here/);
      assert.deepEqual(await axe(page), []);
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("#failure-script")]);
      assert.equal(download.suggestedFilename(), "what-led-here.resync");
      const script = await readFile(await download.path(), "utf8");
      assert.match(script, /^# The engine stopped: panic: .*a broken/);
      assert.ok(script.includes(`\n${line}\n`), script);
      await page.context().close();

      const again = await begin(here);
      await again.click(id("tab-script"));
      const most = trace.slice(0, trace.lastIndexOf("\n", trace.length - 200));
      await drawn(again);
      await again.setInputFiles(id("script-file"), { name: "again.resync", mimeType: "", buffer: Buffer.from(script) });
      await again.waitForFunction(([line, length]) => window.__resync.script().includes(line) && window.__resync.trace().length >= length, [line, most.length], { polling: 100 });
      assert.ok((await again.evaluate(() => window.__resync.trace())).startsWith(most), "the same events, again");
      await again.context().close();
    });
  }

  test("before anything was done offers no script", async () => {
    const broken = await serve({ answer: (name) => (/\.wasm/.test(name) ? { status: 404 } : undefined) });
    const page = await open(here.browser, broken.url);
    await waitFailure(page);
    assert.equal(await page.locator("#failure-script").isVisible(), false);
    await page.context().close();
    await broken.close();
  });
});

describe("long work", () => {
  const here = site();

  test("a long way back says how far it is, and can be given up", async () => {
    const page = await begin(here);
    await run(page, "load m1 rate 1000/s");
    for (let i = 0; i < 4; i++) await page.click(id("faster"));
    for (let i = 0; i < 10; i++) await tick(page, 1000);
    await run(page, "unload m1");
    await tick(page, 100);
    // Clicks along the line of time, until one is far from what is kept of the past. The frames that the way takes are this test's.
    let nanos, far = false;
    for (let part = 0.9; part > 0.1 && !far; part -= 0.07) {
      nanos = (await state(page)).nanos;
      await page.evaluate((part) => {
        const range = document.querySelector('[data-testid="range"]');
        range.value = range.max * part;
        range.dispatchEvent(new Event("input", { bubbles: true }));
      }, part);
      await drawn(page);
      far = (await page.locator(id("stay")).count()) > 0;
    }
    await shows(page, "stay", /going there… \d+ %/);
    await page.click(id("stay"));
    await page.locator(id("stay")).waitFor({ state: "detached" });
    assert.equal((await state(page)).nanos, nanos, "it stays where it was");
    await page.context().close();
  });
});
