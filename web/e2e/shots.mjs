// Makes a picture of every state of the page, in both themes and at four widths, for whoever builds it to look at:
//
//   node web/e2e/shots.mjs [folder] [state …]
//
// SHOTS_WIDTHS=375,320 and SHOTS_THEMES=dark make fewer. A state that cannot be reached is named, and the run fails.

import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { begin, launch, open, serve, waitFailure } from "./lib.mjs";
import { drawn, states } from "./states.mjs";

const [folder = path.join(tmpdir(), "resync-shots"), ...wanted] = process.argv.slice(2);
const heights = { 1280: 800, 768: 1024, 375: 812, 320: 640 };
const widths = (process.env.SHOTS_WIDTHS ?? "1280,768,375,320").split(",").map(Number);
const themes = (process.env.SHOTS_THEMES ?? "dark,light").split(",");
const failed = [];

const browser = await launch();
const server = await serve();
const broken = await serve({ answer: (name) => (/\.wasm/.test(name) ? { status: 404 } : undefined) });
try {
  await mkdir(folder, { recursive: true });
  for (const width of widths) {
    for (const colorScheme of themes) {
      const options = { viewport: { width, height: heights[width] ?? 800 }, colorScheme, hasTouch: width < 768, isMobile: width < 768 };
      const shoot = async (name, reach) => {
        if (wanted.length && !wanted.includes(name)) return;
        const page = await reach(options);
        // Where the page is longer than the window its deck would cover something in a picture of all of it.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ width, height });
        await drawn(page);
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
    }
  }
} finally {
  await browser.close();
  await server.close();
  await broken.close();
}
console.log(`The pictures are in ${folder}`);
for (const line of failed) console.log(`not reached: ${line}`);
process.exitCode = failed.length ? 1 : 0;
