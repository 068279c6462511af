// The prompt beyond one line: a command that blocks counts down and can be given up, a node has several terminals, a line can
// go to all nodes, and lines that are pasted run one by one.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, press, run, script, seek, shows, site, text, tick, type } from "./lib.mjs";

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

  test("the last reply stays in sight when its room becomes smaller, and what is read above it stays too", async () => {
    const page = await begin(here);
    await page.setViewportSize({ width: 1280, height: 900 });
    for (let i = 0; i < 12; i++) await type(page, "m1", `SET k${i} ${i}`);
    const last = () =>
      page.evaluate((sel) => {
        const box = document.querySelector(sel), turns = box.querySelectorAll(".cli__turn");
        const inside = box.getBoundingClientRect(), turn = turns[turns.length - 1].getBoundingClientRect();
        return { turns: turns.length, below: Math.round(turn.bottom - inside.bottom), high: Math.round(inside.height), top: turns[0].getBoundingClientRect().top - inside.top };
      }, id("cli-output-m1"));
    await tick(page, 100);
    const before = await last();
    assert.ok(before.turns >= 12 && before.below <= 0, JSON.stringify(before));
    await run(page, "sever m1 r1");
    await tick(page, 3000);
    await run(page, "heal m1 r1");
    await tick(page, 6000);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator(".verdict__log").waitFor();
    const after = await last();
    assert.ok(after.high < before.high, "the room has not become smaller");
    assert.ok(after.below <= 0, JSON.stringify(after));
    await page.evaluate((sel) => (document.querySelector(sel).scrollTop = -1e6), id("cli-output-m1"));
    await page.setViewportSize({ width: 1280, height: 820 });
    await tick(page, 100);
    assert.ok((await last()).top > 0, "what was read has gone");
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

  test("by keys: a process that stands still is left, as Ctrl+C leaves redis-cli", async () => {
    const page = await begin(here);
    await run(page, "freeze m1");
    await page.focus(id("cli-m1"));
    await page.keyboard.type("PING");
    await press(page, "Enter");
    await tick(page, 1500);
    await shows(page, "blocked", /m1 stands still and does not answer, 1\.5 s/);
    await fits(page);
    assert.deepEqual(await axe(page), []);
    await press(page, "Control+c");
    await page.locator(id("blocked")).waitFor({ state: "detached" });
    await shows(page, "cli-output-m1", /# terminal 1 is left waiting/);
    await focused(page, "cli-m1");
    await run(page, "thaw m1");
    await page.click(id("client-1"));
    await shows(page, "cli-output-m1", /PING\s*PONG/);
    await end(page);
  });

  for (const [width, height, colorScheme] of [[1280, 800, "dark"], [375, 740, "light"]]) {
    test(`says what was meant below the reply, and in the past that it branches, ${width} wide, ${colorScheme}`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768, isMobile: width < 768 });
      assert.equal(await type(page, "m1", "SETT a 1"), "(error) ERR unknown command 'SETT', with args beginning with: 'a' '1' ");
      await shows(page, "note", /^Did you mean SET\?$/);
      await seek(page, 900);
      await shows(page, "prompt-past", /The past of A: branch B begins here/);
      await page.focus(id("cli-m1"));
      await page.keyboard.type("SET a");
      await page.locator(".prompt:not([hidden]) .prompt__ghost", { hasText: "value" }).waitFor();
      // Both stand in the middle of a line that is as high as the input, so on one baseline.
      const lines = await page.evaluate(() =>
        [".prompt:not([hidden]) input", ".prompt:not([hidden]) .prompt__ghost"].map((s) => {
          const e = document.querySelector(s);
          return [getComputedStyle(e).lineHeight, e.getBoundingClientRect().top];
        }));
      assert.deepEqual(lines[0], lines[1]);
      await fits(page);
      assert.deepEqual(await axe(page), []);
      if (width >= 1280) {
        const [prompt, tape] = await Promise.all([".prompt:not([hidden])", ".tape"].map((s) => page.locator(s).boundingBox()));
        assert.ok(prompt.y + prompt.height <= tape.y, "the prompt is in sight");
      }
      await press(page, "Enter");
      await page.locator(id("prompt-past")).waitFor({ state: "detached" });
      await end(page);
    });
  }

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

  for (const width of [375, 320]) {
    test(`by touch, ${width} wide: the keys over the keyboard begin a line, go back through the lines before and end one`, async () => {
      const page = await begin(here, { viewport: { width, height: 667 }, hasTouch: true, isMobile: true });
      const value = () => page.inputValue(id("cli-m1"));
      const ghost = (words) => page.locator(".prompt:not([hidden]) .prompt__ghost", { hasText: words }).waitFor();
      const chips = await page.locator(".node__chip").evaluateAll((all) => all.map((e) => [e.textContent, e.offsetWidth >= 44 && e.offsetHeight >= 44]));
      assert.deepEqual(chips, ["REPLICAOF", "SET", "INFO", "WAIT", "↑", "⏎"].map((sign) => [sign, true]));
      await page.locator(".node__chips").scrollIntoViewIfNeeded();
      const scrolled = () => page.evaluate(() => [scrollY, document.querySelector(".app__panels").scrollTop]);
      await page.tap(id("chip-SET"));
      await focused(page, "cli-m1"); // which opens the keyboard, and it stays open
      const before = await scrolled();
      await page.evaluate((s) => document.querySelector(s).addEventListener("blur", (e) => (e.target.dataset.left = "yes")), id("cli-m1"));
      for (const [sign, line, rest] of [["REPLICAOF", "REPLICAOF ", "host port"], ["WAIT", "WAIT ", "numreplicas timeout"], ["SET", "SET ", "key value"]]) {
        await page.tap(id(`chip-${sign}`));
        await ghost(rest);
        assert.equal(await value(), line);
      }
      await page.keyboard.type("colour blue");
      await page.tap(id("chip-⏎"));
      await shows(page, "cli-output-m1", /SET colour blue\s*OK/);
      assert.equal(await value(), "");
      await page.tap(id("chip-INFO"));
      assert.equal(await value(), "INFO replication");
      await page.tap(id("chip-⏎"));
      await shows(page, "cli-output-m1", /INFO replication\s*# Replication/);
      for (const line of ["INFO replication", "SET colour blue"]) {
        await page.tap(id("chip-↑"));
        assert.equal(await value(), line);
      }
      await page.keyboard.type("!");
      assert.equal(await value(), "SET colour blue!", "the caret stands at the end");
      assert.equal(await page.locator(id("cli-m1")).getAttribute("data-left"), null, "the focus was there all the time");
      assert.deepEqual(await scrolled(), before);
      assert.deepEqual(await axe(page), []);
      await fits(page);
      await page.tap(id("pick-r2"));
      await page.tap(id("chip-INFO"));
      await focused(page, "cli-r2");
      assert.equal(await page.inputValue(id("cli-r2")), "INFO replication");
      await end(page);
    });
  }

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

  // paste puts a text on the clipboard and presses Ctrl+V where the focus is.
  async function paste(page, text) {
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.evaluate((text) => navigator.clipboard.writeText(text), text);
    await press(page, "Control+v");
  }
  const value = (page, name) => page.locator(id(name)).inputValue();

  test("lines that are pasted run one by one, and what has not ended stays at the prompt", async () => {
    const page = await begin(here);
    await page.focus(id("cli-m1"));
    await page.keyboard.type("SET color blue EX");
    await press(page, "ArrowLeft", "ArrowLeft", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft");
    await paste(page, "red\r\nGET color\n\nSTRLEN color\nSET ✓ 1");
    await shows(page, "cli-output-m1", /SET color red\s*OK.*GET color\s*"red".*STRLEN color\s*\(integer\) 3/s);
    assert.equal(await value(page, "cli-m1"), "SET ✓ 1 EX");
    assert.match(await script(page), /m1> SET color red\nm1> GET color\nm1> STRLEN color\n$/);
    await focused(page, "cli-m1");
    await press(page, "ArrowUp");
    await page.waitForFunction((s) => document.querySelector(s).value === "STRLEN color", id("cli-m1"));

    // One line is the browser's own business: it can be undone.
    await press(page, "Control+a", "Delete");
    await paste(page, "GET color");
    assert.equal(await value(page, "cli-m1"), "GET color");
    await press(page, "Control+z");
    assert.equal(await value(page, "cli-m1"), "");
    await end(page);
  });

  for (const [width, height, colorScheme] of [[1280, 800, "light"], [375, 740, "dark"]]) {
    test(`a page of documentation is pasted whole, ${width} wide, ${colorScheme}`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768, isMobile: width < 768 });
      await page.focus(id("cli-m1"));
      await paste(page, '127.0.0.1:6379> SET bike:1 Deimos\nOK\n127.0.0.1:6379> BLPOP bikes 5\n(nil)\n127.0.0.1:6379> GET bike:1\n"Deimos"\n');
      await shows(page, "blocked", /waits, 5\.000 s left, 1 line behind it/);
      await shows(page, "cli-output-m1", /# 3 pasted lines without a prompt left out/);
      assert.equal(await value(page, "cli-m1"), "");
      await fits(page);
      if (width >= 1280) {
        const [prompt, tape] = await Promise.all([".prompt:not([hidden])", ".tape"].map((s) => page.locator(s).boundingBox()));
        assert.ok(prompt.y + prompt.height <= tape.y, "the prompt is in sight");
      }
      assert.deepEqual(await axe(page), []);
      await focused(page, "cli-m1");
      await press(page, "Control+c");
      await shows(page, "cli-output-m1", /UNBLOCKED.*GET bike:1\s*"Deimos"/s);
      assert.doesNotMatch(await script(page), /> OK/);
      await end(page);
    });
  }

  test("a paste of megabytes is refused at once, and as many lines as there may be are run", async () => {
    const page = await begin(here);
    await page.focus(id("cli-m1"));
    await page.keyboard.type("GET ");
    await paste(page, "SET k v\n".repeat(1 << 20));
    await shows(page, "cli-output-m1", /# nothing pasted was run\s*It has more than 65,536 characters/);
    assert.equal(await value(page, "cli-m1"), "GET ");
    assert.doesNotMatch(await script(page), /SET k v/);
    await press(page, "Control+a", "Delete");
    await paste(page, Array.from({ length: 200 }, (_, i) => `SET k ${i}\n`).join(""));
    await shows(page, "opening", /Running the pasted lines… [0-9]+ %/);
    await page.keyboard.type("ECHO next"); // the prompt stays with the reader
    await press(page, "Enter");
    await tick(page, 1000);
    await page.locator(id("opening")).waitFor({ state: "detached" });
    await shows(page, "cli-output-m1", /SET k 199\s*OK.*ECHO next\s*"next"/s);
    await page.keyboard.type("GET k");
    await press(page, "Enter");
    await shows(page, "cli-output-m1", /GET k\s*"199"/);
    await paste(page, "INCR n\n".repeat(200));
    await page.click(id("opening-cancel"));
    await page.locator(id("opening")).waitFor({ state: "detached" });
    assert.doesNotMatch(await script(page), /INCR n/);
    await end(page);
  });

  test("what would take the page's memory is refused at the prompt", async () => {
    const page = await begin(here);
    assert.match(await type(page, "m1", "SETRANGE k 500000000 x"), /^Not sent: values of 1,048,576 B are the most/);
    await end(page);
  });
});
