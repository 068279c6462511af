// For everybody: no state of the page breaks WCAG 2.2 AA, in either theme and on a phone; nothing is wider than a window of 320;
// the focus goes where the eye goes; whoever listens is not talked over; zoom, forced colours and less motion are respected.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, id, open, run, serve, site, tick, waitFailure, waitReady } from "./lib.mjs";
import { drawn, lesson, states } from "./states.mjs";

describe("access", () => {
  const here = site();

  const width = (page) => page.evaluate(() => document.documentElement.scrollWidth);

  // look has axe see the page in both themes, on a desk and on a phone. The phone's window is as long as its page: else the
  // deck, which stays in view, covers half a button somewhere.
  async function look(page, name) {
    await drawn(page);
    const behind = await page.evaluate(() =>
      [...document.querySelectorAll(".link")]
        .filter((link) => [...link.children].some((e) => e.getBoundingClientRect().right > link.getBoundingClientRect().right + 1))
        .map((link) => link.textContent),
    );
    assert.deepEqual(behind, [], `${name}: words of a link lie behind a card`);
    assert.deepEqual(await axe(page), [], `${name}, dark`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 375, height: 2600 });
    await drawn(page);
    assert.deepEqual(await axe(page), [], `${name}, light, on a phone`);
    for (const narrow of [768, 320]) {
      await page.setViewportSize({ width: narrow, height: 640 });
      await drawn(page);
      assert.equal(await width(page), narrow, `${name} at ${narrow}`);
    }
  }

  for (const [name, reach] of Object.entries(states)) {
    test(`nothing stands in anybody's way: ${name}`, async () => {
      const page = await begin(here, { colorScheme: "dark" });
      await reach(page);
      await look(page, name);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }

  test("nothing stands in anybody's way: the failure panel", async () => {
    const broken = await serve({ answer: (name) => (/\.wasm/.test(name) ? { status: 404 } : undefined) });
    const page = await open(here.browser, broken.url, { colorScheme: "dark" });
    await waitFailure(page);
    await look(page, "failure");
    await page.context().close();
    await broken.close();
  });

  test("the focus goes through the panels in the order of reading, and can be seen", async () => {
    const page = await begin(here, { viewport: { width: 1440, height: 1000 } });
    await states.cut(page);
    await run(page, "heal m1 r1");
    await tick(page, 2500);
    await page.locator(id("verdict")).waitFor();
    const seen = [];
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const e = document.activeElement;
        if (e === document.body) return null;
        const box = e.getBoundingClientRect(), style = getComputedStyle(e);
        const panel = e.closest("header.bar, section")?.className.split(" ")[0];
        const ring = (s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
        // A prompt's ring is its line's, a range has one of its own.
        const ringed = [e, e.parentElement, e.parentElement?.parentElement].some((x) => x && ring(getComputedStyle(x)));
        // Nor may what scrolls cut off more than a pixel of it, above or below.
        const around = style.outlineStyle === "none" ? 0 : Math.max(0, parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth) - 1);
        let whole = true;
        for (let x = e.parentElement; x; x = x.parentElement) {
          if (getComputedStyle(x).overflowY === "visible") continue;
          const { top, bottom } = x.getBoundingClientRect();
          whole &&= box.top - around >= top && box.bottom + around <= bottom;
        }
        return { panel, what: e.dataset.testid || e.className || e.tagName, visible: box.width > 0 && box.height > 0 && style.visibility !== "hidden", ringed, whole };
      });
      if (!stop) break;
      seen.push(stop);
    }
    assert.deepEqual(seen.filter((s) => !s.visible || !s.ringed || !s.whole), []);
    const order = ["bar", "story", "stage", "node", "tape", "judgement", "wire", "deck"];
    const panels = seen.map((s) => s.panel).filter((p, i, all) => p !== all[i - 1]);
    assert.deepEqual(panels, order);
    await page.context().close();
  });

  test("the narrator speaks at most once in a second and a half while time passes", async () => {
    const page = await begin(here);
    // Its path is too slow for what is written: it is cut off, asks again, is too late, and so on.
    await run(page, "load m1 rate 40/s size 2000 keys 5");
    await run(page, "m1> CONFIG SET client-output-buffer-limit 'replica 20000 0 0'");
    await run(page, "link m1 r1 bandwidth 16kb/s");
    for (let i = 0; i < 2; i++) await page.click(id("faster"));
    await page.click(id("tab-log"));
    await page.evaluate(() => {
      const log = [];
      new MutationObserver((changes) => {
        for (const c of changes) {
          const e = (c.target.nodeType === 1 ? c.target : c.target.parentElement)?.closest('[role="status"], [role="alert"], [aria-live]');
          if (e) log.push(e.textContent);
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
      window.heard = log;
    });
    const millis = 30_000;
    for (let t = 0; t < millis; t += 500) {
      await page.evaluate(() => window.__resync.tick(500));
      await drawn(page);
    }
    const heard = await page.evaluate(() => window.heard);
    assert.ok(heard.length > 2, `it speaks at all: ${heard.join(" | ")}`);
    assert.ok(heard.length <= millis / 1500 + 1, `${heard.length} messages in ${millis / 1000} s: ${heard.slice(0, 30).join(" | ")}`);
    await page.context().close();
  });

  test("at 200 % zoom everything is there, and nothing has to be scrolled sideways", async () => {
    const page = await begin(here, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
    await states.continued(page);
    assert.equal(await width(page), 640);
    for (const name of ["theme", "gallery-open", "try-0", "cut-m1-r2", "verdict-close", "tab-ledger", "cli-m1", "play", "range"]) {
      await page.locator(id(name)).scrollIntoViewIfNeeded();
      await page.locator(id(name)).click({ trial: true, timeout: 5000 });
    }
    await page.context().close();
  });

  test("forced colours: axe finds nothing, and what is chosen can be told from what is not", async () => {
    const page = await begin(here, { forcedColors: "active" });
    await states.continued(page);
    await drawn(page);
    assert.deepEqual(await axe(page), []);
    const look = (name) => page.evaluate((s) => {
      const { backgroundColor, borderColor, borderBottomColor, color, textDecorationLine, outlineStyle } = getComputedStyle(document.querySelector(s));
      return JSON.stringify({ backgroundColor, borderColor, borderBottomColor, color, textDecorationLine, outlineStyle });
    }, id(name));
    for (const [on, off] of [["pick-m1", "pick-r1"], ["tab-cli", "tab-log"]]) assert.notEqual(await look(on), await look(off), `${on} looks like ${off}`);
    await page.focus(id("play"));
    await page.keyboard.press("Tab");
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
    await page.context().close();
  });

  test("less motion: nothing moves by itself, in no panel", async () => {
    const page = await begin(here, { reducedMotion: "reduce" });
    await page.click(id("play"));
    await run(page, "m1> SET color blue");
    await page.evaluate(() => window.__resync.tick(20)); // the bytes are on their way
    await run(page, "sever m1 r2");
    await tick(page, 30);
    await run(page, "heal m1 r2");
    await tick(page, 3000);
    await drawn(page);
    assert.deepEqual(await page.evaluate(() => document.getAnimations().filter((a) => a.effect.getComputedTiming().duration > 1).map((a) => a.transitionProperty ?? a.animationName)), []);
    await run(page, "m1> SET color red");
    await tick(page, 20);
    const painted = await page.evaluate(() => {
      const canvas = document.querySelector(".world__flights");
      return canvas.width > 0 && canvas.height > 0 && canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v);
    });
    assert.equal(painted, false);
    await page.context().close();
  });

  test("a story is told without a word too many", async () => {
    const page = await begin(here);
    await waitReady(page);
    await lesson(page, "short-outage");
    await page.evaluate(() => {
      window.heard = [];
      new MutationObserver(() => window.heard.push(document.querySelector('[data-testid="status"]').textContent)).observe(document.querySelector('[data-testid="status"]'), { childList: true, characterData: true, subtree: true });
    });
    for (let t = 0; t < 9000; t += 300) {
      await page.evaluate(() => window.__resync.tick(300));
      await drawn(page);
    }
    const heard = await page.evaluate(() => window.heard);
    assert.ok(heard.length <= 7, heard.join(" | "));
    await page.context().close();
  });
});
