// The help: the keys, and what is exact here and what is not.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, press, run, shows, site, text, tick, waitReady } from "./lib.mjs";

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

  for (const width of [375, 320]) {
    test(`at ${width} the table view is behind the help, and has the stream as tables`, async () => {
      const page = await begin(here, { viewport: { width, height: 740 }, hasTouch: true, isMobile: true });
      await tick(page, 500);
      await page.tap(id("help"));
      await page.tap(id("help-table"));
      await page.waitForSelector(`${id("help-table")}[aria-pressed="true"]`);
      await page.tap(".help__head > .btn");
      await page.locator(".nodes").waitFor();
      await shows(page, "tape", /block 1 of 2.*filling.*r1.*in step/s);
      assert.equal(await page.locator(".tape__plot").count(), 0);
      await fits(page);
      assert.deepEqual(await axe(page), []);
      await end(page);
    });
  }

  test("W goes to the wire", async () => {
    const page = await begin(here);
    await page.locator("#node-m1").focus();
    await press(page, "w");
    await page.waitForFunction(() => document.activeElement.closest("#wire"));
    await end(page);
  });

  test("what goes away leaves the focus where the reader came from", async () => {
    const page = await begin(here);
    const by = async (button, to) => {
      await page.focus(button);
      await press(page, "Enter");
      await focused(page, to);
    };
    await page.focus(id("help"));
    await press(page, "Enter");
    await page.locator(id("help-panel")).waitFor();
    await by(".help__head > .btn", "help");
    await page.click(id("tab-script"));
    await by(id("edit"), "editor");
    await by(id("editor-discard"), "edit");
    await by(id("edit"), "editor");
    await by(id("editor-run"), "edit");
    await end(page);
  });

  test("a knob is turned where it stands, and says what it did not take", async () => {
    const page = await begin(here);
    await page.click(id("tab-config"));
    const knob = page.locator(id("knob-repl-timeout"));
    const top = () => page.locator(id("config-m1")).evaluate((e) => e.scrollTop);
    await knob.fill("abc");
    const before = await top();
    await press(page, "Enter");
    await shows(page, "knob-repl-timeout-error", /"abc": .*ERR/);
    assert.equal(await knob.inputValue(), "60");
    assert.equal(await knob.getAttribute("aria-invalid"), "true");
    assert.deepEqual(await axe(page), []);
    await knob.fill("30");
    await press(page, "Enter");
    await page.waitForSelector('.knob[data-changed="true"] #knob-repl-timeout');
    assert.equal(await page.locator(id("knob-repl-timeout-error")).isVisible(), false);
    assert.equal(await top(), before);
    await run(page, "kill m1");
    await page.waitForSelector("#knob-repl-timeout:disabled");
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
