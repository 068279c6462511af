// The stories that the page is for, each read to its end in three ways: by mouse, by keys alone, and by touch on a phone.
// Every question is answered, wrongly the first time; at the end every chapter has kept what it promises.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { begin, id, project, site } from "./lib.mjs";
import { drawn } from "./states.mjs";

// The stories, with the words that find them in the library and what the masters answer in them, in turn.
const stories = {
  "short-outage": { search: "short outage", answers: ["continue"] },
  "backlog-overflow": { search: "overflows", answers: ["fullresync", "continue"] },
  "master-restart": { search: "master restart", answers: ["continue", "fullresync"] },
  "planned-failover": { search: "planned failover", answers: ["continue", "continue"] },
  "split-brain": { search: "split brain", answers: ["continue", "fullresync"] },
  "acknowledged-not-durable": { search: "acknowledged", answers: ["fullresync"] },
};

// Ways of pressing what has a test id.
const ways = {
  mouse: {
    options: { viewport: { width: 1280, height: 800 } },
    press: (page, name) => page.click(id(name)),
    open: async (page, name) => {
      await page.click(id("gallery-open"));
      await page.click(id(`scenario-${name}`));
    },
  },
  keys: {
    options: { viewport: { width: 1280, height: 800 } },
    press: async (page, name) => {
      await reach(page, name);
      await page.keyboard.press("Enter");
    },
    open: async (page, name, { search }) => {
      await ways.keys.press(page, "gallery-open");
      await page.locator(id("gallery")).waitFor();
      await reach(page, "gallery-search");
      await page.keyboard.type(search);
      await page.waitForFunction(() => Number(document.querySelector(".gallery__found").textContent.match(/^\d+/)?.[0] ?? 99) < 6);
      await ways.keys.press(page, `scenario-${name}`);
    },
  },
  touch: {
    options: { viewport: { width: 375, height: 740 }, hasTouch: true, isMobile: true },
    press: (page, name) => page.tap(id(name)),
    open: async (page, name) => {
      await page.tap(id("gallery-open"));
      await page.tap(id(`scenario-${name}`));
    },
  },
};

// reach moves the focus with Tab alone.
async function reach(page, name) {
  const at = () => page.evaluate(() => document.activeElement?.dataset.testid ?? "");
  for (let i = 0; i < 120; i++) {
    if ((await at()) === name) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab does not lead to ${name}`);
}

// stop lets time pass until the story waits for the reader or has ended, and the page shows it.
async function stop(page) {
  const stopped = await page.evaluate(async () => {
    for (let i = 0; i < 1500; i++) {
      if (!JSON.parse(window.__resync.tick(400)).playing) return true;
      if (i % 5 === 4) await new Promise((resolve) => requestAnimationFrame(resolve));
      if (!document.querySelector('[data-testid="story-next"]')) return true;
    }
    return false;
  });
  assert.ok(stopped, "the story does not stop");
  await drawn(page); // which may say the same as before, but for the question
  await page.waitForFunction(() => document.querySelector(".deck").dataset.playing === "false" || !document.querySelector('[data-testid="story-next"]'));
}

// answered lets time pass until the page says whether the reader was right, and resolves to what the master said.
async function answered() {
  for (let i = 0; i < 300; i++) {
    window.__resync.tick(400);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const right = document.querySelector('.choice[data-state="right"]');
    if (right && /You were right|Not this time/.test(document.querySelector(".story__ask").textContent)) return right.dataset.kind;
  }
  return "nothing";
}

describe("stories", () => {
  const here = site();

  for (const [way, { options, press, open }] of Object.entries(ways)) {
    for (const [name, story] of Object.entries(stories)) {
      test(`${name}, by ${way}`, async () => {
        const page = await begin(here, options);
        await open(page, name, story);
        await page.locator(id("gallery")).waitFor({ state: "detached" });
        await page.locator(id("story-next")).waitFor();
        const answers = [];
        for (let i = 0; i < 40 && (await page.locator(id("story-next")).count()); i++) {
          const open = await page.evaluate(() => /What will its (new )?master say/.test(document.querySelector(".story__ask")?.textContent ?? ""));
          if (open) {
            await press(page, answers.length % 2 ? "guess-continue" : "guess-fullresync");
            answers.push(await page.evaluate(answered));
            await stop(page);
          } else {
            await press(page, "story-next");
            await stop(page);
          }
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), options.viewport.width);
        }
        assert.deepEqual(answers, story.answers);
        assert.equal(await page.locator(id("problem")).count(), 0);
        const steps = await page.evaluate(() => [...document.querySelectorAll(".story__step")].map((e) => `${e.dataset.state} ${e.dataset.held}`));
        const chapters = (await readFile(path.join(project, "assets/scenarios", `${name}.resync`), "utf8")).split(/^step /m).slice(1);
        assert.deepEqual(steps, chapters.map((text) => `done ${/^expect /m.test(text)}`));
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      });
    }
  }
});
