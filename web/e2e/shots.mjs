// Makes a picture of every state of the page, in both themes and at four widths, and of the frame that other pages embed, for
// whoever builds it to look at:
//
//   node web/e2e/shots.mjs [folder] [state …]
//
// SHOTS_WIDTHS=375,320 and SHOTS_THEMES=dark make fewer. A state that cannot be reached is named, and the run fails.

import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { begin, id, launch, open, run, serve, tick, waitFailure, waitReady } from "./lib.mjs";
import { drawn, states } from "./states.mjs";

const [folder = path.join(tmpdir(), "resync-shots"), ...wanted] = process.argv.slice(2);
const heights = { 1280: 800, 768: 1024, 375: 812, 320: 640 };
const widths = (process.env.SHOTS_WIDTHS ?? "1280,768,375,320").split(",").map(Number);
const themes = (process.env.SHOTS_THEMES ?? "dark,light").split(",");
const failed = [];

// unroll makes the window so high that nothing of the page has to be scrolled into it. What scrolls by itself in the page has a
// part of the window's height, so that it takes a few steps.
async function unroll(page, width) {
  for (let i = 0; i < 4; i++) {
    const { height, more } = await page.evaluate(() => {
      const scrolled = [document.documentElement, ...document.querySelectorAll(".app__panels, .gallery__shelves, .help")];
      return { height: innerHeight, more: Math.max(...scrolled.map((e) => e.scrollHeight - e.clientHeight)) };
    });
    if (more <= 0) return;
    await page.setViewportSize({ width, height: height + more });
    await page.waitForTimeout(350); // the page measures itself a few times a second
    await drawn(page);
  }
}

const browser = await launch();
const server = await serve({ unpacked: true });
const broken = await serve({ answer: (name) => (/\.wasm/.test(name) ? { status: 404 } : undefined) });
const slow = await serve({ answer: (name) => (/\.wasm/.test(name) ? new Promise(() => {}) : undefined) });

// moments are what a frame is pictured at.
const moments = {
  calm: (page) => tick(page, 1500),
  async cut(page) {
    await run(page, "sever m1 r1");
    await run(page, "load m1 rate 20/s");
    await tick(page, 3000);
  },
  async answered(page) {
    await moments.cut(page);
    await run(page, "heal m1 r1");
    await tick(page, 3000);
  },
};
const frames = [[640, 420], [640, 320], [480, 420], [320, 420]];
try {
  await mkdir(folder, { recursive: true });
  for (const width of widths) {
    for (const colorScheme of themes) {
      const options = { viewport: { width, height: heights[width] ?? 800 }, colorScheme, hasTouch: width < 768, isMobile: width < 768 };
      const shoot = async (name, reach) => {
        if (wanted.length && !wanted.includes(name)) return;
        const page = await reach(options);
        await unroll(page, width);
        await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`) });
        await page.context().close();
      };
      for (const [name, reach] of Object.entries(states)) {
        await shoot(name, async () => {
          const page = await begin({ browser, server }, options);
          await reach(page).catch((error) => failed.push(`${name}, ${width}, ${colorScheme}: ${error.message.split("\n")[0]}`));
          await drawn(page);
          return page;
        });
      }
      await shoot("failure", async () => {
        const page = await open(browser, broken.url, options);
        await waitFailure(page);
        return page;
      });
      await shoot("loading", async () => {
        const page = await open(browser, slow.url, options);
        await page.locator(".load__line").waitFor();
        return page;
      });
    }
  }
  for (const [width, height] of frames) {
    for (const colorScheme of themes) {
      for (const [name, reach] of Object.entries(moments)) {
        if (wanted.length && !wanted.includes("frame")) continue;
        const page = await open(browser, `${server.url}embed.html#v=1&test=1&theme=${colorScheme}`, { viewport: { width, height }, colorScheme });
        await waitReady(page);
        await page.locator(id("stage")).waitFor();
        await reach(page);
        await drawn(page);
        await page.screenshot({ path: path.join(folder, `frame-${name}-${width}x${height}-${colorScheme}.png`) });
        await page.context().close();
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
  await broken.close();
  await slow.close();
}
console.log(`The pictures are in ${folder}`);
for (const line of failed) console.log(`not reached: ${line}`);
process.exitCode = failed.length ? 1 : 0;
