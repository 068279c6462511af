// The story that the page is for, in a real browser: a write reaches the replica, the link is cut, the writes go on, and
// when it heals the master says CONTINUE or FULLRESYNC and why. Once by clicks, once by keys alone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, enter, fits, focused, id, open, press, run, script, shows, site, text, tick, trace, type, waitReady } from "./lib.mjs";

const commas = (number) => Number(number).toLocaleString("en");
const digits = (text) => Number(text.replace(/[^0-9]/g, ""));

describe("the story", () => {
  const here = site();

  // info types INFO replication and resolves to its fields.
  async function info(page, node) {
    const reply = await type(page, node, "INFO replication");
    return Object.fromEntries(reply.split("\n").filter((line) => line.includes(":")).map((line) => line.split(":")));
  }

  test("by clicks: a cut replica continues where it stopped", async () => {
    const page = await begin(here);
    assert.equal(await page.locator(id("app")).getAttribute("data-state"), "ready");

    assert.equal(await type(page, "m1", "SET color blue"), "OK");
    await tick(page, 500);
    await page.click(id("pick-r1"));
    assert.equal(await type(page, "r1", "GET color"), '"blue"');
    await tick(page, 2000);
    const stopped = Number((await info(page, "r1")).slave_repl_offset);

    await page.click(id("cut-m1-r1"));
    await page.waitForSelector(`${id("link-m1-r1")}[data-state="severed"]`);
    await page.click(id("pick-m1"));
    assert.equal(await type(page, "m1", 'SET color "green and red"'), "OK");
    assert.equal(await type(page, "m1", "INCR visits"), "(integer) 1");
    const head = Number((await info(page, "m1")).master_repl_offset);
    assert.ok(head > stopped, `${head} is written, ${stopped} was applied`);

    await shows(page, "forecast-r1", new RegExp(`CONTINUE.*m1 sends the missing ${commas(head - stopped)} B`));
    await shows(page, "flag-r1", new RegExp(`r1 will ask for ${commas(stopped + 1)}`));

    await page.click(id("guess-continue"));
    await page.click(id("heal-m1-r1"));
    await tick(page, 2000);
    await page.waitForSelector(`${id("verdict")}[data-verdict="continue"]`);
    assert.match(await text(page, "check-history"), /✓ yes/);
    assert.match(await text(page, "check-held"), /✓ yes/);
    const [first, want, next] = (await page.locator(`${id("check-held")} .cell__line`).textContent()).split("≤").map(digits);
    assert.ok(first <= want && want <= next);
    assert.equal(want, stopped + 1);
    assert.equal(next, head + 1);
    assert.equal(digits(await text(page, "verdict-cost")), head - stopped);
    assert.match(await text(page, "verdict-log"), new RegExp(`Sending ${head - stopped} bytes of backlog starting from offset ${stopped + 1}\\.$`));
    await shows(page, "status", /CONTINUE/);

    await tick(page, 2000);
    const master = await info(page, "m1");
    await page.click(id("pick-r1"));
    const replica = await info(page, "r1");
    assert.equal(replica.slave_repl_offset, master.master_repl_offset);
    assert.equal(replica.master_link_status, "up");
    await shows(page, "node-m1", new RegExp(`m1master${commas(master.master_repl_offset)}[0-9a-f]{6}master_repl_offset`));
    await shows(page, "node-r1", new RegExp(`${commas(replica.slave_repl_offset)}[0-9a-f]{6}slave_repl_offset`));
    assert.equal(await type(page, "r1", "GET color"), '"green and red"');

    const done = await script(page);
    assert.match(done, /^sever m1 r1$/m);
    assert.match(done, /^m1> SET color "green and red"$/m);
    await end(page);
  });

  test("by keys alone: the same", async () => {
    const page = await begin(here);
    await press(page, "/");
    assert.equal(await enter(page, "m1", "SET color blue"), "OK");
    await tick(page, 500);
    await press(page, "Escape", "2", "/"); // back to the node, to the other one, to its prompt
    assert.equal(await enter(page, "r1", "GET color"), '"blue"');
    await press(page, "ArrowUp");
    assert.equal(await page.locator(id("cli-r1")).inputValue(), "GET color");
    await press(page, "ArrowDown");
    assert.equal(await page.locator(id("cli-r1")).inputValue(), "");

    await press(page, "Escape", "x");
    await page.waitForSelector(`${id("link-m1-r1")}[data-state="severed"]`);
    await press(page, "1", "/");
    assert.equal(await enter(page, "m1", "SET color green"), "OK");
    await shows(page, "forecast-r1", /CONTINUE/);
    await press(page, "Escape", "2", "h");
    await tick(page, 2500);
    await page.waitForSelector(`${id("verdict")}[data-verdict="continue"]`);
    await end(page);
  });

  for (const [width, height] of [[1280, 800], [375, 740]]) {
    test(`by keys: the focus stays in the story when a question ends by itself, ${width} wide`, async () => {
      const page = await begin(here, { viewport: { width, height } });
      await run(page, "sever m1 r1");
      await tick(page, 300);
      await page.focus(id("guess-continue"));
      await run(page, "heal m1 r1");
      await tick(page, 3000);
      await page.locator(id("guess-continue")).waitFor({ state: "detached" });
      await focused(page, "lead");
      await press(page, "Tab");
      assert.equal(await page.evaluate(() => document.activeElement.closest(".story") !== null), true, "the next control is the story's");
      // Elsewhere it is left alone.
      await run(page, "sever m1 r1");
      await page.focus(id("theme"));
      await run(page, "heal m1 r1");
      await tick(page, 3000);
      await page.locator(id("guess-continue")).waitFor({ state: "detached" });
      await focused(page, "theme");
      await end(page);
    });
  }

  test("every control can be reached with Tab, and Space presses the one that has the focus", async () => {
    const page = await begin(here);
    const wanted = ["theme", "power-m1", "load-m1", "cut-m1-r1", "pick-r1", "tab-log", "cli-m1", "play", "step-fwd", "slower"];
    const reached = new Set();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => document.activeElement?.dataset.testid ?? ""));
    }
    assert.deepEqual(wanted.filter((name) => !reached.has(name)), []);

    await page.locator(id("cut-m1-r2")).focus();
    await page.keyboard.press("Space");
    await page.waitForSelector(`${id("link-m1-r2")}[data-state="severed"]`);
    const { playing } = await tick(page, 0);
    assert.equal(playing, true, "Space on a button is not the key for pause");
    await end(page);
  });

  test("the backlog overflows: everything is sent again", async () => {
    const page = await begin(here);
    await page.click(id("cut-m1-r1"));
    await page.click(id("load-m1"));
    for (let i = 0; i < 4; i++) await page.click(id("faster"));
    let state = await tick(page, 500);
    assert.equal(state.forecasts[0].answer, "continue");
    for (let i = 0; i < 20 && state.forecasts[0].answer === "continue"; i++) state = await tick(page, 250);
    assert.equal(state.forecasts[0].answer, "fullresync");
    await shows(page, "forecast-r1", /FULLRESYNC.*too late/);
    await page.waitForSelector(`${id("flag-r1")}[data-late="true"]`);

    await page.click(id("load-m1"));
    await page.click(id("heal-m1-r1"));
    await tick(page, 500);
    await page.waitForSelector(`${id("verdict")}[data-verdict="fullresync"]`);
    assert.match(await text(page, "check-history"), /✓ yes/);
    assert.match(await text(page, "check-held"), /✗ no, [0-9,]+ B too late/);
    state = await tick(page, 500);
    const [m1, r1] = state.nodes;
    assert.equal(r1.offset, m1.offset);
    assert.equal(r1.keys, m1.keys);
    await end(page);
  });

  for (const colorScheme of ["light", "dark"]) {
    for (const [width, height] of [[1440, 900], [375, 812]]) {
      test(`axe finds nothing: ${colorScheme}, ${width} wide`, async () => {
        const page = await begin(here, { viewport: { width, height }, colorScheme });
        assert.deepEqual(await axe(page), [], "at first");
        await page.click(id("cut-m1-r1"));
        await tick(page, 1000);
        assert.deepEqual(await axe(page), [], "cut");
        await page.click(id("guess-fullresync"));
        await page.click(id("heal-m1-r1"));
        await tick(page, 2500);
        await page.waitForSelector(id("verdict"));
        assert.deepEqual(await axe(page), [], "answered");
        await run(page, "kill m1");
        await page.click(id("tab-log"));
        await page.click(id("help"));
        assert.deepEqual(await axe(page), [], "killed, log and help");
        await end(page);
      });
    }
  }

  for (const [width, height] of [[1440, 900], [1100, 800], [768, 1024], [640, 420], [375, 812], [320, 640]]) {
    test(`nothing is wider than a window of ${width}`, async () => {
      const page = await begin(here, { viewport: { width, height } });
      await run(page, "sever m1 r1");
      await run(page, "load m1 rate 50/s");
      await tick(page, 3000);
      await fits(page);
      await run(page, "heal m1 r1");
      await tick(page, 3000);
      await page.waitForSelector(id("verdict"));
      await fits(page);
      const clipped = await page.evaluate(() =>
        [...document.querySelectorAll(".card, .cell, .fore, .btn, .choice")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className),
      );
      assert.deepEqual(clipped, []);
      await end(page);
    });
  }

  test("the theme goes round and is remembered", async () => {
    const page = await begin(here, { colorScheme: "dark" });
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme ?? "");
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.click(id("theme"));
    assert.equal(await theme(), "light");
    assert.notEqual(await background(), dark);
    await page.reload();
    await waitReady(page);
    assert.equal(await theme(), "light");
    await page.click(id("theme"));
    await page.click(id("theme"));
    assert.equal(await theme(), "");
    await end(page);
  });

  test("it plays by itself, and not for those who asked for less motion", async () => {
    const clock = async (page) => parseFloat(await text(page, "clock"));
    const page = await open(here.browser, here.server.url);
    await waitReady(page);
    const from = await clock(page);
    await page.waitForFunction(([selector, t]) => parseFloat(document.querySelector(selector).textContent) > t + 0.3, [id("clock"), from]);
    await page.waitForSelector(`${id("link-m1-r1")}[data-state="severed"]`); // nobody has touched anything: it shows what it is for
    await page.waitForFunction(() => /touch anything/.test(document.querySelector(".story__where").textContent)); // the panels are drawn one after the other
    await page.keyboard.press("Space");
    await page.waitForFunction(() => !/touch anything/.test(document.querySelector(".story__where").textContent));
    await shows(page, "clock", /paused/);
    const stopped = await clock(page);
    await page.evaluate(async () => {
      for (let i = 0; i < 20; i++) await new Promise(requestAnimationFrame);
    });
    assert.equal(await clock(page), stopped);
    await end(page);

    const calm = await open(here.browser, here.server.url, { reducedMotion: "reduce" });
    await waitReady(calm);
    await shows(calm, "clock", /paused/);
    assert.equal(await calm.locator(id("link-m1-r1")).getAttribute("data-state"), "up");
    await end(calm);
  });

  test("the same acts give the same events, here and after a reload", async () => {
    const play = async () => {
      const page = await begin(here);
      await type(page, "m1", "SET a 1");
      await tick(page, 700);
      await page.click(id("cut-m1-r2"));
      await tick(page, 1300);
      await page.click(id("heal-m1-r2"));
      await tick(page, 2000);
      const happened = await trace(page);
      await end(page);
      return happened;
    };
    const once = await play();
    assert.ok(once.split("\n").length > 50);
    assert.equal(await play(), once);
  });
});
