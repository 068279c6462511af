// Prints what Lighthouse says of the full page: its four categories, on a telephone and on a desk, and what is not at its best.
//
//   node web/e2e/lighthouse.mjs
//
// On a telephone it reckons with 1.6 Mb/s, 150 ms to and fro, and a processor four times slower. The site is served with gzip.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { readFile } from "node:fs/promises";
import { dist, launch, project, serve } from "./lib.mjs";

const require = createRequire(path.join(project, "web/e2e/peers/"));
const { default: lighthouse, desktopConfig } = await import(pathToFileURL(require.resolve("lighthouse")));

const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const port = 9222 + (process.pid % 1000);
const browser = await launch(`--remote-debugging-port=${port}`);
const server = await serve({
  at: "/",
  async answer(name) {
    const type = types[path.extname(name)], body = type && (await readFile(path.join(dist, name)).catch(() => null));
    return body && { body: gzipSync(body), type, encoding: "gzip" };
  },
});
try {
  for (const [device, config] of [["telephone", undefined], ["desk", desktopConfig]]) {
    const { lhr } = await lighthouse(server.url, { port, output: [], logLevel: "error", onlyCategories: ["performance", "accessibility", "best-practices", "seo"] }, config);
    console.log(device.padEnd(10), Object.values(lhr.categories).map((c) => `${c.title} ${Math.round(c.score * 100)}`).join("   "));
    for (const id of ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index"]) {
      console.log(`  ${lhr.audits[id].title.padEnd(26)} ${lhr.audits[id].displayValue}`);
    }
    for (const audit of Object.values(lhr.audits)) {
      if (audit.score !== null && audit.score < 0.9) console.log(`  less than its best: ${audit.title} ${audit.displayValue ?? ""}`);
    }
  }
} finally {
  await browser.close();
  await server.close();
}
