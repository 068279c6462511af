// What tells a story: a lesson with its chapters and its question, the library, pace, and the reader's own scripts.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin, end, fits, id, lowTargets, script, shows, site, text, tick, trace } from "./lib.mjs";
import { drawn } from "./states.mjs";

describe("lessons", () => {
  const here = site();

  // stop lets time pass until the story waits for the reader, or has ended, and the page shows it.
  async function stop(page) {
    for (let i = 0; i < 400; i++) {
      const { playing } = await tick(page, 500);
      if (!playing) {
        await page.waitForSelector('.deck[data-playing="false"]');
        return drawn(page); // it may have stood before, too
      }
      if (!(await page.locator(id("story-next")).count())) return;
    }
    assert.fail("the story does not stop");
  }

  // pick opens a scenario from the library.
  async function pick(page, name) {
    await page.click(id("gallery-open"));
    await page.click(id(`scenario-${name}`));
    await page.locator(id("gallery")).waitFor({ state: "detached" });
  }

  test("one is read to its end, with the question before the answer", async () => {
    const page = await begin(here);
    await pick(page, "short-outage");
    const chapters = [];
    let asked = 0;
    for (let i = 0; i < 12 && (await page.locator(id("story-next")).count()); i++) {
      const lead = await text(page, "lead");
      if (chapters.at(-1) !== lead) chapters.push(lead);
      if (await page.locator(id("guess-continue")).count() && /What will its master say/.test(await page.locator(".story__ask").textContent())) {
        asked++;
        assert.doesNotMatch(await page.locator(id("forecast-r1")).textContent(), /CONTINUE|FULLRESYNC/, "the forecast keeps quiet");
        await page.click(id("guess-fullresync"));
      } else {
        await page.click(id("story-next"));
      }
      await stop(page);
      if (asked === 1 && chapters.length === 4) {
        await page.waitForSelector(`${id("verdict")}[data-verdict="continue"]`);
      }
    }
    assert.deepEqual(chapters, ["The first copy", "A write reaches the replica", "The link breaks", "The link heals", "In production"]);
    assert.equal(asked, 1);
    assert.equal(await page.locator('.story__step[data-state="done"][data-held="true"]').count(), 5);
    assert.equal(await page.locator(id("problem")).count(), 0);

    await page.click(id("story-back")); // back to the last chapter, and the one before
    await shows(page, "lead", /In production/);
    await page.click(id("story-back"));
    await shows(page, "lead", /The link heals/);
    await end(page);
  });

  test("the answer says whether the reader was right, and why", async () => {
    const page = await begin(here);
    await pick(page, "backlog-overflow");
    for (let i = 0; i < 20 && !(await page.locator(id("guess-continue")).count()); i++) {
      await page.click(id("story-next"));
      await stop(page);
    }
    const focus = () => page.evaluate(() => document.activeElement.dataset.testid);
    await page.focus(id("guess-fullresync"));
    await page.keyboard.press("Enter");
    await page.waitForSelector(`${id("guess-fullresync")}[aria-pressed="true"]`);
    assert.equal(await focus(), "guess-fullresync");
    for (let i = 0; i < 60 && !/You were right/.test(await page.locator(".story__ask").textContent()); i++) await tick(page, 500);
    assert.match(await page.locator(".story__ask").textContent(), /You were right: FULLRESYNC\..*Same history, but [0-9,]+ > [0-9,]+: the byte that r1 asked for was gone/);
    assert.equal(await focus(), "guess-fullresync");
    assert.equal(await page.locator('.choice[aria-disabled="true"]').count(), 2);
    await page.click(id("guess-continue"), { force: true }); // too late
    await drawn(page);
    assert.match(await page.locator(".story__ask").textContent(), /You were right: FULLRESYNC/);
    await end(page);
  });

  // Whoever is asked sees the answers, in every lesson: at its foot the story has them in sight, wherever the rest has
  // been scrolled to; and on a wide page what the story says stands above them, all of it, at every stop. In a higher window those
  // are looked at that say most beside most.
  const longest = ["failback-ping", "one-snapshot", "dual-channel", "expiring-read"];
  for (const [width, height, only] of [[1280, 800], [1440, 900, longest], [375, 812]]) {
    test(`the answers to every question are in sight, ${width} wide`, async () => {
      const page = await begin(here, { viewport: { width, height } });
      await page.click(id("gallery-open"));
      const names = await page.evaluate(() => [...document.querySelectorAll('[data-testid^="scenario-"]')].map((e) => e.dataset.testid.slice(9)));
      await page.click(id("gallery-open"));
      let asked = 0;
      for (const name of only ?? names.filter((name) => name !== "playground")) {
        await pick(page, name);
        const hidden = await page.evaluate(async () => {
          const there = (name) => document.querySelector(`[data-testid="${name}"]`);
          const frames = async () => {
            for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
            await new Promise((resolve) => setTimeout(resolve, 20));
          };
          const scroll = (to) => document.querySelectorAll(".story, .app__panels").forEach((e) => (e.scrollTop = to));
          const hidden = [];
          const whole = () => {
            const story = document.querySelector(".story");
            if (innerWidth >= 1280 && story.scrollHeight > story.clientHeight) hidden.push(`${story.scrollHeight - story.clientHeight} px of ${there("lead").textContent}: ${document.querySelector(".story__more").textContent}`);
          };
          await frames();
          for (let i = 0; i < 60 && there("story-next"); i++) {
            const open = there("story-next").textContent === "Skip the question";
            whole();
            if (open) {
              for (const kind of ["continue", "fullresync"]) {
                const { x, y, width, height } = there(`guess-${kind}`).getBoundingClientRect();
                for (const at of [y + 1, y + height - 1]) {
                  if (document.elementFromPoint(x + width / 2, at) !== there(`guess-${kind}`)) hidden.push(`${kind} of ${there("lead").textContent} at ${at}`);
                }
              }
              hidden.asked = (hidden.asked ?? 0) + 1;
            }
            scroll(i % 2 ? 0 : 9999); // the reader has looked at something else
            there(open ? "guess-continue" : "story-next").click();
            if (open) await frames();
            whole();
            for (let t = 0; t < 1500 && JSON.parse(window.__resync.tick(50)).playing && there("story-next"); t++) {
              there("story-next").click(); // on to the next sentence
              if (t % 20 === 19) await frames();
            }
            await frames();
          }
          whole();
          return { hidden: [...hidden], asked: hidden.asked ?? 0 };
        });
        assert.deepEqual(hidden.hidden, [], name);
        assert.ok(hidden.asked > 0, name);
        asked += hidden.asked;
      }
      assert.ok(asked > (only ? 5 : 40), `${asked} questions`);
      await end(page);
    });
  }

  test("a new sentence is read from its beginning, by who sets letters larger and has to scroll", async () => {
    const page = await begin(here, { viewport: { width: 1280, height: 700 } });
    await page.addStyleTag({ content: ".app .story .story__more { font: 24px/36px sans-serif !important }" });
    await pick(page, "backlog-ttl");
    const at = () => page.evaluate(() => document.querySelector(".story").scrollTop);
    await page.evaluate(() => (document.querySelector(".story").scrollTop = 9999));
    assert.ok((await at()) > 0, "the story is longer than its room");
    await page.click(id("story-next"));
    await stop(page);
    assert.equal(await at(), 0);
    await end(page);
  });

  test("the first page shows what to try, all of it", async () => {
    const page = await begin(here);
    await tick(page, 1500);
    await drawn(page);
    const cut = await page.evaluate(() => {
      const room = document.querySelector(".story").getBoundingClientRect();
      return [...document.querySelectorAll(".story__try .btn, .story__more")].filter((e) => e.getBoundingClientRect().bottom > room.bottom).map((e) => e.textContent);
    });
    assert.deepEqual(cut, []);
    const story = page.locator(".story");
    assert.equal(await story.evaluate((e) => e.scrollHeight), await story.evaluate((e) => e.clientHeight));
    await end(page);
  });

  test("the library is searched and left by keys alone", async () => {
    const page = await begin(here);
    await page.focus(id("gallery-open"));
    await page.keyboard.press("Enter");
    await page.locator(id("gallery")).waitFor();
    assert.equal(await page.locator(id("gallery-open")).getAttribute("aria-expanded"), "true");
    for (let i = 0; i < 5 && !(await page.evaluate(() => document.activeElement.dataset.testid === "gallery-search")); i++) await page.keyboard.press("Tab");
    await page.keyboard.type("split brain");
    await page.waitForFunction(() => /^[1-3] scenario/.test(document.querySelector(".gallery__found").textContent));
    assert.deepEqual(await axe(page), []);
    await page.focus(id("scenario-split-brain"));
    await page.keyboard.press("Enter");
    await shows(page, "lead", /Before the split/);
    await page.keyboard.press("Escape");
    await page.click(id("gallery-open"));
    await page.locator(id("gallery")).waitFor();
    await page.focus(id("gallery-search"));
    await page.keyboard.press("Escape");
    await page.locator(id("gallery")).waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "gallery-open");
    await end(page);
  });

  test("silence is skipped with a sign, and true pace is one press away", async () => {
    const page = await begin(here);
    await pick(page, "reset-or-silence");
    assert.equal(await page.locator(id("pace")).getAttribute("aria-pressed"), "true");
    let sign = "";
    for (let i = 0; i < 200 && !/skipped [0-9.]+ s/.test(sign); i++) {
      const { playing } = await tick(page, 300);
      if (!playing) await page.click(id("story-next"));
      if (await page.locator(id("skipped")).count()) sign = await text(page, "skipped");
    }
    assert.match(sign, /skipped [0-9.]+ s/);
    await page.click(id("pace"));
    await page.waitForSelector(`${id("pace")}[aria-pressed="false"]`);
    await end(page);
  });

  test("a wrong script changes nothing and its errors lead to their places; a right one is run", async () => {
    const page = await begin(here);
    const before = await trace(page);
    await page.click(id("tab-script"));
    await page.click(id("edit"));
    await page.fill(id("editor"), "node m1\nnode r1 replicof m1\nserver m1 r1\n");
    await page.click(id("editor-run"));
    await shows(page, "editor-errors", /2 errors.*line 2, column 9.*line 3, column 1.*did you mean 'sever'/);
    assert.deepEqual(await axe(page), []);
    assert.equal(await trace(page), before);
    await page.click(id("editor-error-0"));
    assert.equal(await page.evaluate(() => document.activeElement.value.slice(document.activeElement.selectionStart, document.activeElement.selectionEnd)), "replicof");
    await page.keyboard.type("replicaof");
    await shows(page, "editor-errors", /1 error/);
    await page.click(id("editor-error-0"));
    await page.keyboard.type("sever");
    await shows(page, "editor-errors", /Nothing is wrong/);
    await page.keyboard.press("Control+Enter");
    await page.waitForSelector(`${id("link-m1-r1")}[data-state="severed"]`);
    assert.match(await script(page), /^sever m1 r1$/m);

    await page.click(id("edit"));
    await page.click(id("editor-discard"));
    await page.locator(id("script")).waitFor();
    const saved = page.waitForEvent("download");
    await page.click(id("save"));
    assert.equal((await saved).suggestedFilename(), "your-script.resync");
    await end(page);
  });

  test("a script is opened from a file, chosen or dropped; a long one can be given up", async () => {
    const page = await begin(here);
    await page.click(id("tab-script"));
    await page.setInputFiles(id("script-file"), { name: "two.resync", mimeType: "", buffer: Buffer.from('title "Two"\nnode a\nnode b replicaof a\nuntil b.master_link_status = up\n') });
    await page.locator(id("node-b")).waitFor();
    const drop = (name, body) =>
      page.evaluate(
        ([name, body]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([body], name));
          document.querySelector("main").dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        },
        [name, body],
      );
    await drop("wrong.resync", "nod x\n");
    await shows(page, "editor-errors", /line 1, column 1/);
    assert.equal(await page.inputValue(id("editor")), "nod x\n");
    await page.click(id("editor-discard"));
    await drop("long.resync", "node x\nload x rate 1000/s\nwait 2m\n");
    await page.locator(id("opening")).waitFor();
    await tick(page, 100);
    await shows(page, "opening", /Running the script… [0-9]+ %/);
    await page.click(id("opening-cancel"));
    await page.locator(id("node-b")).waitFor();
    assert.equal(await page.locator(id("opening")).count(), 0);
    await end(page);
  });

  for (const width of [375, 320]) {
    test(`by touch, ${width} wide: library, lesson, question, editor`, async () => {
      const page = await begin(here, { viewport: { width, height: 740 }, hasTouch: true, isMobile: true });
      const clean = async () => {
        await page.setViewportSize({ width, height: 2400 }); // or the deck, which stays in view, covers half a button
        assert.deepEqual(await axe(page), []);
        await page.setViewportSize({ width, height: 740 });
      };
      await page.tap(id("gallery-open"));
      await page.locator(id("gallery")).waitFor();
      await fits(page);
      await clean();
      await page.tap(id("scenario-short-outage"));
      for (let i = 0; i < 20 && !(await page.locator(id("guess-continue")).count()); i++) {
        await page.tap(id("story-next"));
        await stop(page);
      }
      await fits(page);
      await clean();
      assert.deepEqual(await lowTargets(page, ".story button, .deck button, .bar button"), []);
      await page.tap(id("guess-continue"));
      await page.tap(id("tab-script"));
      await page.tap(id("edit"));
      await fits(page);
      await clean();
      await end(page);
    });
  }
});
