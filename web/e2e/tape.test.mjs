// The stream looked at closely: what is lost is hatched, and commands and bytes are those that the engine holds.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, id, lowTargets, press, run, shows, site, text, tick, touches } from "./lib.mjs";

describe("the tape", () => {
  const here = site();

  const cells = (page) => page.locator(".tape__cell text:first-child").allTextContents();

  test("what only the old master has is hatched as lost, to the byte", async () => {
    const page = await begin(here);
    await run(page, "isolate m1");
    const before = await tick(page, 300);
    await run(page, "m1> SET order:1 paid");
    await run(page, "m1> SET order:2 paid");
    await run(page, "r1> REPLICAOF NO ONE");
    await page.click(id("pick-r1"));
    const { nodes } = await tick(page, 500);
    const own = nodes[0].offset - before.nodes[1].offset;
    await page.waitForSelector(`${id("cursor-m1")}[data-own="${own}"] .f-lost-hatch`);
    await shows(page, "tape", new RegExp(`${own} B that only m1 has`));
    assert.match(await page.locator(".tape__plot").getAttribute("aria-label"), new RegExp(`m1 has ${own} B that r1 has not`));
    assert.deepEqual(await axe(page), []);
    await end(page);
  });

  test("what a replica lacks and its master no longer holds is hatched on both", async () => {
    const page = await begin(here);
    await run(page, "sever m1 r1");
    await run(page, "load m1 rate 500/s");
    await tick(page, 2000);
    await page.waitForSelector(`${id("cursor-r1")}[data-gone="true"] .f-gone`);
    await run(page, "blackhole m1 > r2"); // and what goes into the dark is hatched on the wire
    await tick(page, 400);
    await page.waitForSelector('.wire__arrow[data-lost="true"] .f-lost-hatch');
    await end(page);
  });

  test("by keys: the window, the commands, the bytes, and back", async () => {
    const page = await begin(here);
    await run(page, "m1> SET color blue");
    await tick(page, 300);
    await page.locator("#node-m1").focus();
    await press(page, "t");
    await shows(page, "tape-zoom", /commands/);
    assert.match((await page.locator(".tape__chip text").allTextContents()).at(-1), /^SET color/);
    await press(page, "t");
    await shows(page, "tape-zoom", /bytes/);
    await page.locator(".tape__cell").first().waitFor();
    assert.match((await cells(page)).join(""), /\*3\\r\\n\$3\\r\\nSET\\r\\n\$5\\r\\ncolor\\r\\n\$4\\r\\nblue\\r\\n$/);
    assert.equal(await page.locator(".tape__cell .hex").last().textContent(), "0A");
    assert.deepEqual(await axe(page), []);

    // Along the stream, and back to its end.
    const about = await text(page, "tape");
    await page.focus(id("tape-back"));
    await press(page, "Enter");
    await page.waitForFunction(([s, t]) => document.querySelector(s).textContent.trim() !== t, [id("tape"), about]);
    assert.doesNotMatch((await cells(page)).join(""), /blue/);
    await page.click(id("tape-on"));
    await page.waitForSelector(`${id("tape-on")}[disabled]`);
    await page.locator("#node-m1").focus();
    await press(page, "t");
    await shows(page, "tape-zoom", /window/);
    assert.equal(await page.locator(".tape__chip").count(), 0);
    await end(page);
  });

  for (const [name, width, height] of [["a wide page", 1440, 900], ["a phone", 375, 812]]) {
    test(`the answer on the card is shown on the wire, on ${name}`, async () => {
      const page = await begin(here, { viewport: { width, height } });
      await run(page, "sever m1 r1");
      await run(page, "m1> SET a 1");
      await run(page, "heal m1 r1");
      await tick(page, 5000); // longer ago than the wire reaches
      await page.click(id("verdict-wire"));
      await shows(page, "wire-detail", /^m1 → r1, handshake, .*\+CONTINUE/);
      const chosen = page.locator(".wire__arrow--chosen");
      assert.equal(await chosen.count(), 1);
      assert.ok(await chosen.evaluate((e) => {
        const { top, bottom, left } = e.getBoundingClientRect(), plot = document.querySelector(".wire__plot").getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight && left >= plot.left;
      }), "it can be seen");
      assert.equal(await page.locator('[data-testid="link-m1-r1"]').getAttribute("data-said"), "true");
      await end(page);
    });
  }

  test("a packet that is chosen on the wire comes into sight", async () => {
    const page = await begin(here, { viewport: { width: 1440, height: 900 } });
    await run(page, "m1> SET first 1");
    await tick(page, 100);
    await run(page, "load m1 rate 200/s");
    await tick(page, 1000);
    await page.click(id("tape-closer"));
    await page.click(id("table-view"));
    await page.locator(".wire__table button").first().click();
    await page.waitForFunction(() => document.querySelector('.tape [data-testid="tape-on"]')?.disabled === false);
    await end(page);
  });

  for (const [width, height, colorScheme] of [[375, 740, "light"], [768, 1024, "dark"]]) {
    test(`at ${width}, ${colorScheme}: nothing is too wide, and a finger hits it`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768, isMobile: width < 768 });
      await page.click(id("tape-closer"));
      await shows(page, "tape-zoom", /commands/);
      await page.click(id("tape-closer"));
      await page.locator(".tape__cell").first().waitFor();
      await fits(page);
      assert.deepEqual(await axe(page), []);
      if (width < 768) assert.deepEqual(await lowTargets(page, ".tape button"), []);
      await end(page);
    });
  }

  test("Ctrl and the wheel look closer at the stream; the wheel alone does not", async () => {
    const page = await begin(here);
    const { x, y, width } = await page.locator(".tape__body").boundingBox();
    await page.mouse.move(x + width / 2, y + 40);
    await page.mouse.wheel(0, -120);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -120);
    await shows(page, "tape-zoom", /commands/);
    await page.mouse.wheel(0, -120);
    await shows(page, "tape-zoom", /bytes/);
    await page.mouse.wheel(0, 120);
    await shows(page, "tape-zoom", /commands/);
    await page.keyboard.up("Control");
    await page.mouse.wheel(0, 120);
    await page.waitForTimeout(100); // in which nothing is to happen
    assert.equal(await text(page, "tape-zoom"), "commands");
    assert.equal(await page.evaluate(() => devicePixelRatio), 1, "the page is not zoomed");
    await end(page);
  });

  for (const [width, height, colorScheme] of [[375, 740, "dark"], [768, 1024, "light"]]) {
    test(`two fingers look closer, one scrolls the page, ${width} wide, ${colorScheme}`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: true, isMobile: true });
      const touch = await touches(page);
      const panels = page.locator(".app__panels");
      await page.locator(".tape").evaluate((e) => e.scrollIntoView({ block: "center" }));
      const scrolled = () => panels.evaluate((e) => e.scrollTop);
      const at = await page.locator(".tape__body").boundingBox();
      const [x, y] = [at.x + at.width / 2, at.y + 40];
      const before = await scrolled();

      await touch("touchStart", [x - 40, y], [x + 40, y]);
      for (const far of [50, 60, 70]) await touch("touchMove", [x - far, y], [x + far, y + 5]);
      await touch("touchEnd");
      await shows(page, "tape-zoom", /commands/);
      // One above the other, as a page is scrolled: this is no scrolling.
      await touch("touchStart", [x, y - 30], [x, y + 30]);
      for (const far of [40, 50, 65, 75]) await touch("touchMove", [x, y - 30], [x, y + far]);
      await touch("touchEnd");
      await shows(page, "tape-zoom", /bytes/);
      await touch("touchStart", [x - 100, y], [x + 100, y]);
      for (const far of [90, 70, 60]) await touch("touchMove", [x - far, y], [x + far, y]);
      await touch("touchEnd");
      await shows(page, "tape-zoom", /commands/);
      assert.deepEqual([await scrolled(), await page.evaluate(() => visualViewport.scale)], [before, 1]);
      assert.deepEqual(await axe(page), []);

      // One finger, and two of which one is beside the drawing, are the browser's.
      await touch("touchStart", [x, y]);
      for (const up of [10, 25, 40, 60]) await touch("touchMove", [x, y + up]);
      await touch("touchEnd");
      await page.waitForFunction(([s, top]) => document.querySelector(s).scrollTop < top - 20, [".app__panels", before]);
      assert.equal(await text(page, "tape-zoom"), "commands");
      for (let last; last !== (last = await scrolled()); ) await page.waitForTimeout(100); // what was pushed rolls on
      const beside = await page.locator(".tape__head h2").boundingBox();
      const top = (await page.locator(".tape__body").boundingBox()).y;
      await touch("touchStart", [100, top + 20], [beside.x + 20, beside.y + 10]);
      for (const right of [150, 200, 280]) await touch("touchMove", [right, top + 20], [beside.x + 20, beside.y + 10]);
      await touch("touchEnd");
      await page.waitForTimeout(100); // in which nothing is to happen
      assert.equal(await text(page, "tape-zoom"), "commands");
      await end(page);
    });
  }
});
