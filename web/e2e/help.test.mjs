// The help: the keys, and what is exact here and what is not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, press, run, shows, site, text, waitReady } from "./lib.mjs";

describe("the help", () => {
  const here = site();

  test("the narrator is muted but for verdicts, and stays so: by keys", async () => {
    const page = await begin(here);
    await press(page, "?");
    await page.focus(id("mute"));
    await press(page, "Enter");
    await page.waitForSelector(`${id("mute")}[aria-pressed="true"]`);
    await press(page, "Escape");
    const before = await text(page, "status");
    await run(page, "sever m1 r1");
    await shows(page, "link-m1-r1", /severed/);
    assert.equal(await text(page, "status"), before);
    await page.reload();
    await waitReady(page);
    await press(page, "?");
    await page.waitForSelector(`${id("mute")}[aria-pressed="true"]`);
    await end(page);
  });

  test("W goes to the wire", async () => {
    const page = await begin(here);
    await page.locator("#node-m1").focus();
    await press(page, "w");
    await page.waitForFunction(() => document.activeElement.closest("#wire"));
    await end(page);
  });

  for (const [width, height, colorScheme] of [[1280, 800, "light"], [768, 1024, "dark"], [375, 740, "dark"]]) {
    test(`says what is exact, what is simpler and what is missing: ${width}, ${colorScheme}, by keys`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768, isMobile: width < 768 });
      await press(page, "?");
      await page.locator(id("help-panel")).waitFor();
      await page.focus(id("help-real"));
      await press(page, "Enter");
      await page.locator(id("fidelity")).waitFor();
      await focused(page, "help-real");
      const titles = await page.locator(".help__sheet h2").allTextContents();
      assert.deepEqual(titles, ["Exact", "Simplified", "Not here", "Commands"]);
      assert.ok((await page.locator(".help__sheet code").count()) > 8);
      assert.deepEqual(await axe(page), []);
      await fits(page);
      if (width < 768) assert.deepEqual(await lowTargets(page, ".help button"), []);
      await press(page, "Escape");
      await page.locator(id("help-panel")).waitFor({ state: "detached" });
      await end(page);
    });
  }
});
