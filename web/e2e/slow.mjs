// Prints how a reader with a slow line and a slow machine fares: 1.6 Mb/s with 150 ms to and fro, and a processor four times
// slower than this one; the host compresses nothing.
//
//	node slow.mjs [folder of a site]…

import path from "node:path";
import { dist, launch, serve } from "./lib.mjs";

const rounds = Number(process.env.ROUNDS ?? 3);
const folders = process.argv.slice(2);
const browser = await launch();
try {
  for (const dir of folders.length ? folders : [dist]) {
    const server = await serve({ dir: path.resolve(dir), at: "/" });
    const times = [];
    for (let round = 0; round < rounds; round++) times.push(await visit(server.url));
    await server.close();
    const median = (key) => Math.round(times.map((t) => t[key]).sort((a, b) => a - b)[rounds >> 1]);
    console.log(`${dir}: first picture ${median("picture")} ms, ready ${median("ready")} ms`);
  }
} finally {
  await browser.close();
}

async function visit(url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await page.goto(url, { waitUntil: "commit", timeout: 120_000 });
    await page.waitForFunction(() => document.documentElement.dataset.state === "ready", null, { timeout: 120_000 });
    return await page.evaluate(() => ({
      picture: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      ready: performance.getEntriesByName("resync-ready")[0].startTime,
    }));
  } finally {
    await context.close();
  }
}
