// The help: the keys, and what is exact here and what is not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, press, site } from "./lib.mjs";

describe("the help", () => {
  const here = site();

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
