// Prints how large the page's program is and how long it takes from navigation to the first picture, beside the smallest
// go-app program in the same run: both are loaded in turn, each time with an empty cache.

import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { build, dist, launch, remove, serve } from "./lib.mjs";

const rounds = Number(process.env.ROUNDS ?? 9);
const hello = await build("./wasm/site/testdata/hello", { flags: ["-whole"] }); // as anybody's first go-app program is
const sites = [
  { name: "resync", dir: dist },
  { name: "go-app hello", dir: hello },
];
const browser = await launch();
try {
  for (const site of sites) {
    site.server = await serve({ dir: site.dir });
    site.times = [];
    const assets = path.join(site.dir, "assets");
    const packed = await readFile(path.join(assets, (await readdir(assets)).find((name) => name.endsWith(".wasm.lzma"))));
    site.packed = packed.length;
    site.raw = Number(packed.readBigUInt64LE(5)); // as the header of the format has it
  }
  for (let round = 0; round < rounds; round++) {
    for (const site of sites) site.times.push(await paint(site.server.url));
  }
  console.log(`program, and milliseconds from navigation to the first picture (Chromium, loopback, median of ${rounds})`);
  for (const { name, raw, packed, times } of sites) {
    console.log(`${name.padEnd(14)} ${megabytes(raw)} MB raw  ${megabytes(packed)} MB packed  ${String(Math.round(median(times))).padStart(5)} ms`);
  }
  const [ours, theirs] = sites.map((site) => median(site.times));
  console.log(`${"ratio".padEnd(14)} ${(ours / theirs).toFixed(2)}`);
} finally {
  await browser.close();
  for (const site of sites) await site.server?.close();
  await remove(hello);
}

// paint resolves to the time at which the browser has drawn the page's first frame by the program.
async function paint(url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    await context.addInitScript(() => {
      const look = () => {
        const drawn = document.documentElement?.dataset.state === "ready" || document.getElementById("hello");
        requestAnimationFrame(drawn ? () => (window.painted = performance.now()) : look);
      };
      requestAnimationFrame(look);
    });
    const page = await context.newPage();
    await page.goto(url);
    return await (await page.waitForFunction(() => window.painted)).jsonValue();
  } finally {
    await context.close();
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(2);
}
