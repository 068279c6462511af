// The prompt beyond one line: a command that blocks counts down and can be given up, a node has several terminals, and a line can
// go to all nodes.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, press, run, script, shows, site, text, tick, type } from "./lib.mjs";

describe("the prompt", () => {
  const here = site();

  test("a command that blocks counts down in simulated time, and ends by itself", async () => {
    const page = await begin(here);
    await type(page, "m1", "BLPOP nothing 2");
    await shows(page, "blocked", /waits, 2\.000 s left/);
    await tick(page, 500);
    await shows(page, "blocked", /waits, 1\.500 s left/);
    await tick(page, 1600);
    await page.locator(id("blocked")).waitFor({ state: "detached" });
    await shows(page, "cli-output-m1", /BLPOP nothing 2\s*\(nil\)/);
    await end(page);
  });

  test("by keys: Ctrl+C gives up, and the script knows how", async () => {
    const page = await begin(here);
    await run(page, "isolate r1");
    await run(page, "isolate r2");
    await type(page, "m1", "SET k 1");
    await type(page, "m1", "WAIT 2 0");
    await shows(page, "blocked", /waits without end/);
    assert.deepEqual(await axe(page), []);
    await focused(page, "cli-m1");
    await press(page, "Control+c");
    await page.locator(id("blocked")).waitFor({ state: "detached" });
    await shows(page, "cli-output-m1", /UNBLOCKED client unblocked via CLIENT UNBLOCK/);
    assert.match(await script(page), /^m1\/98> CLIENT UNBLOCK [0-9]+ ERROR$/m);
    await end(page);
  });

  test("a second terminal goes on while the first waits, each with what it printed", async () => {
    const page = await begin(here);
    await type(page, "m1", "BLPOP queue 0");
    await shows(page, "blocked", /without end/);
    await page.click(id("client-2"));
    await page.waitForSelector(`${id("client-2")}[aria-pressed="true"]`);
    await page.locator(id("blocked")).waitFor({ state: "detached" });
    assert.equal(await type(page, "m1", "RPUSH queue job"), "(integer) 1");
    assert.doesNotMatch(await text(page, "cli-output-m1"), /BLPOP/);
    await page.focus(id("client-1"));
    await press(page, "Enter");
    await shows(page, "cli-output-m1", /BLPOP queue 0\s*1\) "queue"\s*2\) "job"/);
    assert.match(await script(page), /^m1\/2> RPUSH queue job$/m);
    await end(page);
  });

  for (const [width, height, colorScheme] of [[1280, 800, "dark"], [375, 740, "light"]]) {
    test(`a line goes to all nodes, ${width} wide, ${colorScheme}`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768, isMobile: width < 768 });
      await page.focus(id("to-all"));
      await press(page, "Enter");
      await page.waitForSelector(`${id("to-all")}[aria-pressed="true"]`);
      assert.equal(await type(page, "m1", "ROLE").then((t) => /master/.test(t)), true);
      for (const name of ["r1", "r2"]) {
        await page.click(id(`pick-${name}`));
        await shows(page, `cli-output-${name}`, /ROLE[^]*slave/);
      }
      await fits(page);
      assert.deepEqual(await axe(page), []);
      if (width < 768) assert.deepEqual(await lowTargets(page, ".terminals button"), []);
      await page.click(id("to-all"));
      await end(page);
    });
  }
});
