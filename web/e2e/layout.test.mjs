// Where things are: nothing cut or on top of another at the widths that people have, and on narrow pages node and wire take
// turns under the tape.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, press, run, shows, site, state, tick, touches, type } from "./lib.mjs";
import { drawn, lesson, states, stop } from "./states.mjs";

describe("layout", () => {
  const here = site();

  const phone = { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true };
  const box = (page, selector) => page.locator(selector).boundingBox();

  // crossed are the pairs of words in a drawing that are on top of each other, and the words that are on one of these bars.
  const crossed = (page, selector, bars = "nothing") =>
    page.evaluate(([selector, bars]) => {
      const seen = (selector) => [...document.querySelectorAll(selector)].map((e) => ({ text: e.textContent || "a bar", box: e.getBoundingClientRect() })).filter(({ box }) => box.width > 0);
      const meet = ({ box: a }, { box: b }) => a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2;
      const words = seen(selector);
      return words.flatMap((a, i) => [...words.slice(i + 1), ...seen(bars)].filter((b) => meet(a, b)).map((b) => `${a.text} / ${b.text}`));
    }, [selector, bars]);

  for (const width of [1280, 1440, 1024, 768]) {
    test(`the bar at ${width}: one line, and a fact is whole or left out`, async () => {
      const page = await begin(here, { viewport: { width, height: 800 } });
      const wrong = await page.evaluate(() =>
        [...document.querySelectorAll(".bar button, .bar__facts span")]
          .filter((e) => {
            const facts = document.querySelector(".bar__facts").getBoundingClientRect();
            const { left, right, top, height } = e.getBoundingClientRect();
            const hidden = e.matches("span") && top >= facts.bottom;
            return !hidden && e.offsetHeight > 0 && (height > 40 || right > innerWidth || (e.matches(".bar__facts span") && (left < facts.left || right > facts.right + 1)));
          })
          .map((e) => e.textContent),
      );
      assert.deepEqual(wrong, []);
      if (width >= 1280) assert.equal(await page.getByText("40 ms each way").evaluate((e) => e.getBoundingClientRect().top < 40), true);
      await end(page);
    });
  }

  for (const width of [1440, 1280, 768, 375]) {
    test(`the words on the wire keep clear of each other when a world begins, ${width} wide`, async () => {
      const page = await begin(here, { viewport: { width, height: 900 } });
      if (width < 1280) await page.click(id("tab-wire"));
      await shows(page, "wire", /FULLRESYNC/);
      assert.deepEqual(await crossed(page, ".wire__plot text"), []);
      await end(page);
    });
  }

  test("nine replicas: what their rails say stands beside them, and nothing on top of another", async () => {
    const page = await begin(here, { viewport: { width: 1280, height: 800 } });
    await states.crowd(page);
    await page.locator(id("cursor-r9")).waitFor();
    assert.deepEqual(await crossed(page, ".tape__plot text", ".cursor .f-replica"), []);
    await end(page);
  });

  test("at 1280 by 800 no card is cut", async () => {
    const page = await begin(here, { viewport: { width: 1280, height: 800 } });
    const stage = await box(page, ".stage");
    for (const name of ["m1", "r1", "r2"]) {
      const card = await box(page, id(`node-${name}`));
      assert.ok(card.y >= stage.y + 4 && card.y + card.height <= stage.y + stage.height - 4, `${name}: ${card.y} to ${card.y + card.height} in ${stage.y} to ${stage.y + stage.height}`);
    }
    await end(page);
  });

  // outside is which of these elements are cut by the edge of a box.
  const outside = (page, box, selector) =>
    page.evaluate(([box, selector]) => {
      const b = document.querySelector(box).getBoundingClientRect();
      return [...document.querySelectorAll(selector)]
        .filter((e) => {
          const { left, right, top, bottom, width } = e.getBoundingClientRect();
          return width > 0 && (left < b.left || right > b.right || top < b.top || bottom > b.bottom);
        })
        .map((e) => e.dataset.testid ?? e.textContent);
    }, [box, selector]);

  const worlds = {
    "a chain of replicas": ["r2> REPLICAOF r1 6380"],
    "two masters, one with a replica": ["isolate m1", "r1> REPLICAOF NO ONE", "r2> REPLICAOF r1 6380"],
    "two pairs": ["node m2", "r2> REPLICAOF m2 6382"],
    "three masters": ["r1> REPLICAOF NO ONE", "r2> REPLICAOF NO ONE"],
  };
  for (const [name, lines] of Object.entries(worlds)) {
    test(`at 1280 by 800 all of it is in sight: ${name}`, async () => {
      const page = await begin(here);
      for (const line of lines) await run(page, line);
      await tick(page, 4000);
      await page.waitForTimeout(400); // the stage is measured a few times a second
      assert.deepEqual(await outside(page, ".stage", ".card, .link, .card button"), []);
      assert.deepEqual(await axe(page), []);
      await end(page);
    });
  }

  test("in free play nothing that the story says scrolls, before an answer and after it, in low windows and in high ones", async () => {
    const page = await begin(here, { viewport: { width: 1280, height: 800 } });
    const still = async (when) => {
      for (const height of [650, 720, 799, 800, 860, 960, 1000]) {
        await page.setViewportSize({ width: 1280, height });
        await drawn(page);
        assert.equal(await page.evaluate(() => document.querySelector(".story").scrollHeight - document.querySelector(".story").clientHeight), 0, `${when}, ${height} high`);
      }
    };
    await states.cut(page);
    await still("cut");
    await page.click(id("guess-fullresync"));
    await tick(page, 100);
    await still("guessed");
    await run(page, "blackhole m1 r2");
    await tick(page, 2000);
    await still("two away");
    await end(page);
  });

  test("at 1280 by 800 all rows of the wire are in sight, beside a verdict as well", async () => {
    const page = await begin(here);
    const rows = async () => {
      const cut = await outside(page, ".wire__body", ".wire__names > *");
      return (await page.locator(".wire__names > *").count()) - cut.length;
    };
    assert.equal(await rows(), 3);
    await run(page, "sever m1 r1");
    await run(page, "m1> SET a 1");
    await tick(page, 1200);
    await run(page, "heal m1 r1");
    await tick(page, 3000);
    await page.locator(id("verdict")).waitFor();
    for (let i = 0; i < 40 && (await rows()) < 3; i++) await page.waitForTimeout(50); // the page has to measure it
    assert.equal(await rows(), 3);
    assert.deepEqual(await outside(page, ".stage", ".card, .link"), []);
    await page.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished)));
    const middles = await page.locator(".tools__tool:not([hidden]), .verdict__close").evaluateAll((all) => all.map((e) => e.getBoundingClientRect()).map((b) => Math.round(b.top + b.height / 2)));
    assert.ok(Math.max(...middles) - Math.min(...middles) <= 1, `the buttons below a verdict stand at ${middles}`);
    await end(page);
  });

  test("at 1280 by 800 all that a verdict says can be read, without a mouse as well", async () => {
    const page = await begin(here, { hasTouch: true });
    await states.syncing(page); // it asks for a history that its master does not know: the longest line of a log
    await page.locator(id("verdict")).waitFor();
    const cut = () => page.evaluate(() => [...document.querySelectorAll(".cell__note, .verdict__log span")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent));
    assert.match((await cut()).join(), /^[^,]*Replication ID mismatch/);
    await page.tap(id("verdict-log"));
    assert.deepEqual(await cut(), []);
    await page.focus(id("verdict-close"));
    assert.equal((await cut()).length, 1);
    await end(page);
  });

  test("at 1280 by 800 a panel leaves the cards and the prompt in sight, and nothing to scroll", async () => {
    const page = await begin(here);
    for (const panel of ["sizing", "topology"]) {
      await page.click(id(`${panel}-open`));
      await page.locator(".panel").waitFor();
      assert.equal(await page.locator(".app__panels").evaluate((e) => e.scrollHeight > e.clientHeight), false);
      await page.waitForTimeout(400); // the stage is measured a few times a second
      assert.deepEqual(await outside(page, ".stage", ".card, .link"), []);
      const [prompt, tape] = [await box(page, ".prompt:not([hidden])"), await box(page, ".tape")];
      assert.ok(prompt.y + prompt.height <= tape.y);
    }
    await end(page);
  });

  for (const width of [768, 375, 320]) {
    test(`a verdict that asks for a larger backlog, ${width} wide: the log has the whole line, and no button lies on another`, async () => {
      const page = await begin(here, { viewport: { width, height: 800 }, hasTouch: true, isMobile: true });
      await states.full(page);
      assert.ok((await box(page, id("verdict-log"))).width > width * 0.8);
      assert.deepEqual(await crossed(page, ".judgement button:not([hidden])"), []);
      await page.tap(id("verdict-close"));
      await page.locator(id("verdict")).waitFor({ state: "detached" });
      await end(page);
    });
  }

  test("twelve nodes at 1280 by 800: the wire shows the replica that a verdict is about", async () => {
    const page = await begin(here);
    for (let i = 3; i < 12; i++) await run(page, `node r${i} replicaof m1`);
    await tick(page, 4000);
    await run(page, "sever m1 r9");
    await tick(page, 1200);
    await run(page, "heal m1 r9");
    await tick(page, 3000);
    await page.locator(id("verdict")).waitFor();
    await page.waitForFunction(() => {
      const [row, body] = ["#wire-row-r9", ".wire__body"].map((s) => document.querySelector(s).getBoundingClientRect());
      return row.top >= body.top && row.bottom <= body.bottom;
    });
    await end(page);
  });

  test("twelve nodes: who is chosen comes into sight on the stage and among the names, and nothing else moves", async () => {
    const page = await begin(here);
    for (let i = 3; i < 12; i++) await run(page, `node r${i} replicaof m1`);
    await tick(page, 4000);
    await page.waitForTimeout(400);
    assert.deepEqual(await outside(page, ".node__nodes", ".node__pick"), []);
    assert.deepEqual(await outside(page, ".wire__body", ".wire__names > text:first-of-type"), []);
    assert.ok((await outside(page, ".stage", id("node-r11"))).length, "it was not in sight");
    await page.click(id("pick-r11"));
    await page.waitForFunction((s) => document.querySelector(s).getBoundingClientRect().bottom <= document.querySelector(".stage").getBoundingClientRect().bottom, id("node-r11"));
    assert.deepEqual(await outside(page, ".stage", `${id("node-r11")}, ${id("node-m1")}`), []);
    assert.deepEqual(await page.evaluate(() => [scrollY, document.querySelector(".app__panels").scrollTop, document.activeElement.dataset.testid]), [0, 0, "pick-r11"]);
    await end(page);
  });

  test("many replicas on a phone: their master is as wide as the window, and stays in it", async () => {
    const page = await begin(here, phone);
    for (let i = 3; i < 12; i++) await run(page, `node r${i} replicaof m1`);
    await tick(page, 4000);
    await page.locator(id("node-r11")).waitFor();
    for (const left of [0, 5000]) {
      await page.locator(".stage").evaluate((e, left) => e.scrollTo(left, 0), left);
      assert.deepEqual(await outside(page, ".stage", `${id("node-m1")}, ${id("node-m1")} button`), []);
    }
    assert.deepEqual(await lowTargets(page, ".stage button:not(.card__name)"), []);
    await fits(page);
    await end(page);
  });

  test("320 wide: what a link says is whole and beside its button, and the scenario has its name", async () => {
    const page = await begin(here, { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
    await run(page, "sever m1 r1");
    await tick(page, 1500);
    await shows(page, "link-m1-r1", /next try at/);
    assert.deepEqual(await crossed(page, ".link__state b, .link__note, .link__figure span, .link__act"), []);
    const cut = await page.evaluate(() => [...document.querySelectorAll(".link__figure")].filter((e) => e.scrollHeight > e.clientHeight + 1).map((e) => e.textContent));
    assert.deepEqual(cut, []);
    assert.ok((await box(page, ".card__held span")).height <= 18, "a number and its unit stand in one line");
    const [brand, pick] = [await box(page, ".bar__brand"), await box(page, id("scenario"))];
    assert.ok(brand.x + brand.width <= pick.x + 1 && pick.width >= 80, `the mark ends at ${brand.x + brand.width}, the name begins at ${pick.x} and is ${pick.width} wide`);
    await fits(page);
    await end(page);
  });

  test("only the CLI has a prompt, which keeps what was typed; / leads to it; and the keys come first in the data", async () => {
    const page = await begin(here);
    await page.fill(id("cli-m1"), "GET a");
    for (const tab of ["ledger", "data", "log", "script"]) {
      await page.click(id(`tab-${tab}`));
      await page.locator(id("cli-m1")).waitFor({ state: "hidden" });
    }
    await page.click(id("tab-data"));
    await page.locator(".keys").waitFor();
    assert.deepEqual(await outside(page, ".cli", ".keys tbody tr:nth-child(4)"), []);
    assert.ok((await box(page, ".files")).y > (await box(page, ".keys")).y);
    await page.focus("#node-m1");
    await press(page, "/");
    await focused(page, "cli-m1");
    assert.equal(await page.inputValue(id("cli-m1")), "GET a");
    await end(page);
  });

  for (const width of [1280, 375]) {
    test(`the table cuts, heals and chooses, ${width} wide`, async () => {
      const page = await begin(here, width < 768 ? phone : {});
      await page.evaluate(() => document.activeElement.blur());
      await press(page, "v");
      await page.locator(".nodes").waitFor();
      if (width >= 1280) assert.deepEqual(await outside(page, ".nodes", ".nodes td"), []);
      await page.click(id("cut-m1-r1"));
      await page.locator(id("heal-m1-r1")).waitFor();
      assert.match(await page.locator(".nodes").textContent(), /severed/);
      await page.click(id("heal-m1-r1"));
      await page.locator(id("cut-m1-r1")).waitFor();
      await page.click("#node-r2");
      await page.waitForSelector('#node-r2[aria-pressed="true"]');
      await page.click(id("faults-m1-r1"));
      await page.locator(".inspector").waitFor();
      assert.deepEqual(await axe(page), []);
      await fits(page);
      await end(page);
    });
  }

  test("where the reader chooses the colours, what is filled can be read", async () => {
    const page = await begin(here, { forcedColors: "active" });
    await states.late(page);
    await page.locator(".btn--first").first().waitFor();
    for (const selector of [".btn--first", ".deck__key--play"]) {
      const [ink, ground, adjusted] = await page.locator(selector).first().evaluate((e) => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor, getComputedStyle(e).forcedColorAdjust]);
      assert.notEqual(ink, ground);
      assert.equal(adjusted, "none", "the browser puts nothing behind the words");
    }
    await end(page);
  });

  test("another tab and another node begin at their top, whatever was scrolled before", async () => {
    const page = await begin(here, { viewport: { width: 1280, height: 800 } });
    const top = (name) => page.waitForFunction((s) => document.querySelector(s)?.scrollTop === 0, id(name));
    await page.click(id("tab-config"));
    await page.locator(id("config-m1")).evaluate((e) => e.scrollTo(0, 200));
    await page.click(id("tab-ledger"));
    await top("ledger-m1");
    await page.locator(id("ledger-m1")).evaluate((e) => e.scrollTo(0, 100));
    await page.click(id("pick-r1"));
    await top("ledger-r1");
    await page.locator(id("ledger-r1")).evaluate((e) => e.scrollTo(0, 100));
    await page.locator("#node-r1").focus();
    await press(page, "f");
    await top("faults-r1");
    await end(page);
  });

  test("the handle of the line of time stands at the end of it", async () => {
    for (let i = 0; i < 4; i++) { // the order in which attributes are set is left to chance
      const page = await begin(here);
      assert.equal(await page.locator(id("range")).inputValue(), "100");
      await end(page);
    }
  });

  test("the line of time is as long as half the window at least, and the keys have one row, rewound or not", async () => {
    const page = await begin(here, { viewport: { width: 768, height: 1024 } });
    await tick(page, 2000);
    for (const act of ["play", "step-back"]) {
      await page.click(id(act));
      for (const width of [768, 899, 999]) {
        await page.setViewportSize({ width, height: 1024 });
        await drawn(page);
        const { width: long } = await box(page, ".deck__track");
        assert.ok(long >= width / 2, `${long} of ${width} behind ${act}`);
        const { height } = await box(page, ".deck");
        assert.ok(height < 110, `${height} px of ${width} behind ${act}: the keys have more than a row`);
      }
    }
    await end(page);
  });

  test("on a phone the deck is low, covers nothing, and opens by keys", async () => {
    const page = await begin(here, phone);
    const deck = await box(page, ".deck");
    assert.ok(deck.height <= 50, `${deck.height} px`);
    const panels = await box(page, ".app__panels");
    assert.ok(panels.y + panels.height <= deck.y + 1);
    assert.equal(await page.locator(id("pace")).isVisible(), false);
    await page.focus(id("deck-more"));
    await press(page, "Enter");
    await page.locator(id("pace")).waitFor();
    assert.equal(await page.locator(id("deck-more")).getAttribute("aria-expanded"), "true");
    await page.tap(id("faster"));
    await shows(page, "speed", /2×/);
    assert.deepEqual(await lowTargets(page, ".deck :is(button, input)"), []);
    assert.deepEqual(await axe(page), []);
    await fits(page);
    const line = await box(page, id("range"));
    for (const [part, y] of [[0.6, 2], [0.3, line.height - 2]]) { // the line is thin, and a finger is not
      await page.touchscreen.tap(line.x + line.width * part, line.y + y);
      await page.waitForFunction(([s, part]) => Math.abs(document.querySelector(s).value - 100 * part) < 5, [id("range"), part]);
    }
    await page.waitForSelector('.deck[data-rewound="true"]');
    await end(page);
  });

  // inSight checks that nobody has to scroll on a phone for what a cut does: stage, answer and tape stand below each other over the deck.
  async function inSight(page, what) {
    const parts = [".story", ".stage", ".judgement__answers", ".tape__drawing", ".deck"];
    const boxes = await page.evaluate((parts) => parts.map((s) => document.querySelector(s).getBoundingClientRect()).map((b) => [Math.round(b.top), Math.round(b.bottom)]), parts);
    boxes.slice(1).forEach(([top], i) => assert.ok(boxes[i][1] <= top + 1, `${what}: ${parts[i]} ends at ${boxes[i][1]}, ${parts[i + 1]} begins at ${top}`));
    assert.ok(boxes[1][1] - boxes[1][0] <= 240, `${what}: the stage is ${boxes[1][1] - boxes[1][0]} high`);
  }
  const small = { ...phone, viewport: { width: 375, height: 667 } };

  test("on a phone stage, answer and tape are in sight at once, with two replicas and with three", async () => {
    for (const replicas of [2, 3]) {
      const page = await begin(here, small);
      if (replicas === 3) await run(page, "node r3 replicaof m1");
      await tick(page, 3000);
      const looked = async (what) => {
        await drawn(page);
        await inSight(page, `${what}, ${replicas} replicas`);
      };
      await looked("calm");
      await states.cut(page);
      await looked("cut");
      await run(page, "heal m1 r1");
      await tick(page, 2500);
      await page.locator(id("verdict")).waitFor();
      await looked("answered");
      await states.late(page);
      await shows(page, "forecast-r1", /too late/);
      await looked("too late");
      await end(page);
    }
  });

  test("on a phone the tape is in sight all through a short outage, whose flag turns on it", async () => {
    const page = await begin(here, small);
    await lesson(page, "short-outage");
    const seen = [];
    for (let i = 0; i < 30 && (await page.locator(id("story-next")).count()); i++) {
      await inSight(page, await page.locator(id("lead")).textContent());
      seen.push(await page.locator('.flag, [data-state="severed"]').count());
      await page.tap((await page.locator(`${id("guess-continue")}:not([aria-disabled="true"])`).count()) ? id("guess-continue") : id("story-next"));
      await drawn(page);
      await inSight(page, "answered or told");
      await stop(page);
    }
    assert.ok(seen.includes(0) && seen.some((n) => n > 0), "before the cut and after it");
    await end(page);
  });

  for (const width of [375, 320]) {
    test(`what begins anew stands beside what to try, and what a link says has a line for each word of it, ${width} wide`, async () => {
      const page = await begin(here, { viewport: { width, height: 667 }, hasTouch: true, isMobile: true });
      for (const line of ["node r3 replicaof m1", "sever m1 r3"]) await run(page, line);
      await tick(page, 1500);
      await shows(page, "link-m1-r3", /severed/);
      await drawn(page);
      const high = await page.locator(".link__state b, .link__figure > span:last-child").evaluateAll((all) => all.map((e) => e.offsetHeight));
      assert.ok(high.every((px) => px <= 18), `${high} px`);
      assert.deepEqual(await crossed(page, ".link__state b, .link__note, .link__figure span, .link__act"), []);
      assert.deepEqual(await lowTargets(page, ".stage button:not(.card__name)"), []);
      await states.failed(page);
      await drawn(page);
      const [restart, first] = [await box(page, id("restart")), await box(page, id("try-0"))];
      assert.equal(restart.y, first.y);
      assert.ok(restart.x + restart.width <= width && restart.x >= first.x + first.width);
      await fits(page);
      await end(page);
    });
  }

  for (const [width, height, colorScheme] of [[768, 1024, "light"], [1100, 800, "dark"], [375, 740, "dark"]]) {
    test(`node and wire take turns under the tape, ${width} wide, ${colorScheme}`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768, isMobile: width < 768 });
      assert.equal(await page.locator(id("wire")).count(), 0);
      assert.equal(await page.locator(id("cli-m1")).isVisible(), true);
      const [stage, tape] = [await box(page, ".stage"), await box(page, ".tape")];
      assert.equal(stage.width, width);
      assert.ok(stage.y + stage.height <= tape.y + 1, "stage over tape");

      await page.focus(id("tab-wire"));
      await press(page, "Enter");
      await page.locator(id("wire")).waitFor();
      assert.equal(await page.locator(id("tab-wire")).getAttribute("aria-pressed"), "true");
      assert.equal(await page.locator(id("cli-m1")).isVisible(), false);
      assert.equal(await page.locator(id("cli-output-m1")).count(), 0);
      assert.deepEqual(await axe(page), []);
      await fits(page);
      await page.locator(`${id("wire-stream")}`).click();
      await page.waitForSelector(`${id("wire-stream")}[aria-pressed="false"]`);

      await page.click(id("tab-ledger"));
      await page.locator(id("ledger-m1")).waitFor();
      assert.equal(await page.locator(id("wire")).count(), 0);

      // A window that becomes wide has room for both.
      await page.click(id("tab-wire"));
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.locator(id("cli-m1")).waitFor();
      await page.locator(id("wire")).waitFor();
      assert.equal(await page.locator(id("tab-wire")).count(), 0);
      await end(page);
    });
  }

  test("a caption unfolds by keys; a lesson is never folded", async () => {
    const page = await begin(here, phone);
    const more = page.locator(".story__more");
    const folded = await more.evaluate((e) => e.offsetHeight);
    await page.focus(id("story-fold"));
    await press(page, "Enter");
    await page.waitForFunction((high) => document.querySelector(".story__more").offsetHeight > 2 * high, folded);
    assert.equal(await page.locator(id("story-fold")).getAttribute("aria-expanded"), "true");
    await page.tap(id("gallery-open"));
    await page.tap(id("scenario-short-outage"));
    await page.locator(id("story-next")).waitFor();
    assert.equal(await page.locator(".story").getAttribute("data-open"), "true");
    assert.deepEqual(await axe(page), []);
    await end(page);
  });

  const edge = (page) => page.locator(id("wire-edge"));
  const height = async (page) => (await box(page, ".wire")).height;

  // high waits until the wire is so high, and all that is drawn agrees.
  async function high(page, px) {
    await page.waitForFunction(([s, px]) => document.querySelector(".wire").getBoundingClientRect().height === px && document.querySelector(s).ariaValueNow === String(px), [id("wire-edge"), px]);
    const [story, stage, node, tape, judge, wire, deck] = await Promise.all([".story", ".stage", ".node", ".tape", ".judgement", ".wire", ".deck"].map((s) => box(page, s)));
    for (const e of [story, stage, node]) assert.ok(Math.abs(e.y + e.height - tape.y) < 1, "the row of the stage ends where the tape begins");
    assert.ok(tape.y + tape.height <= judge.y + 1 && judge.y + judge.height <= wire.y + 1 && wire.y + wire.height <= deck.y + 1, "nothing is on top of another");
    const prompt = await box(page, ".prompt:not([hidden])");
    assert.ok(prompt.y + prompt.height <= tape.y, "the prompt is in sight");
    assert.equal(await page.locator(".app__panels").evaluate((e) => e.scrollHeight > e.clientHeight), false, "the page need not be scrolled");
    await fits(page);
  }

  for (const colorScheme of ["light", "dark"]) {
    test(`the wire's height is dragged by its upper edge, and kept, ${colorScheme}`, async () => {
      const page = await begin(here, { colorScheme, viewport: { width: 1280, height: 800 } });
      const before = await height(page);
      const grip = await box(page, id("wire-edge"));
      await page.mouse.move(640, grip.y + 10);
      await page.mouse.down();
      await page.mouse.move(640, grip.y - 10, { steps: 5 });
      await high(page, 20 * Math.round((before + 20) / 20));
      await page.mouse.move(640, 5); // as far as the others allow
      await high(page, 220);
      await page.mouse.up();
      await page.mouse.move(640, 700);
      await high(page, 220);
      assert.deepEqual(await axe(page), []);
      await type(page, "m1", "BLPOP nothing 0"); // what says so stands over the prompt
      await page.locator(id("blocked")).waitFor();
      await high(page, 220);

      await page.reload();
      await high(page, 220);
      await page.setViewportSize({ width: 1280, height: 1080 });
      await page.mouse.move(100, (await box(page, id("wire-edge"))).y); // all of the edge is one with a mouse
      await page.waitForSelector(`${id("wire-edge")}[aria-valuemax="480"]`);
      await page.mouse.down();
      await page.mouse.move(100, 10, { steps: 3 });
      await page.mouse.up();
      await high(page, 480);
      await page.setViewportSize({ width: 1280, height: 800 });
      await high(page, 220);

      await edge(page).dblclick();
      await page.waitForFunction((px) => document.querySelector(".wire").getBoundingClientRect().height === px, before);
      await page.reload();
      await page.locator(id("wire")).waitFor();
      assert.equal(await height(page), before);
      await end(page);
    });
  }

  test("the wire's height by keys, with the deck left alone", async () => {
    const page = await begin(here, { viewport: { width: 1440, height: 1000 } });
    const before = await height(page);
    const { events, nanos } = await tick(page, 100);
    await edge(page).focus();
    await press(page, "ArrowUp");
    await high(page, 20 * Math.round((before + 20) / 20));
    await press(page, "Home");
    await high(page, 120);
    await press(page, "ArrowUp", "ArrowUp", "ArrowDown");
    await high(page, 140);
    await press(page, "End");
    await high(page, 420);
    const after = await state(page);
    assert.deepEqual([after.events, after.nanos], [events, nanos]);
    assert.deepEqual(await axe(page), []);
    await press(page, "Enter");
    await page.waitForSelector('.app[data-wire="0"]');
    await end(page);
  });

  test("the wire's height by touch; a narrow page has no handle", async () => {
    const page = await begin(here, { viewport: { width: 1366, height: 1024 }, hasTouch: true, isMobile: true });
    const touch = await touches(page);
    const grip = await box(page, id("wire-edge"));
    assert.ok(grip.height >= 44);
    await touch("touchStart", [683, grip.y + 20]);
    await touch("touchMove", [683, grip.y - 20]);
    await touch("touchMove", [683, grip.y - 180]);
    await touch("touchEnd");
    await page.waitForFunction(() => document.querySelector(".wire").getBoundingClientRect().height > 300);
    await page.setViewportSize({ width: 1024, height: 768 });
    await page.click(id("tab-wire"));
    await page.locator(id("wire")).waitFor();
    assert.equal(await edge(page).isVisible(), false);
    await fits(page);
    await end(page);
  });
});
