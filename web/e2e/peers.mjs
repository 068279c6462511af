// Prints how long the page takes until it can be used, and what is sent until then, beside two other databases that run in a
// page, PGlite and DuckDB-Wasm, in the same run: each in turn, with an empty cache, from a host that compresses what can be
// compressed. Ready is when a first query is answered; our page answers when it is ready.
//
//   node web/e2e/peers.mjs
//
// Plain is this machine and its loopback interface; slowed is 1.6 Mb/s with 150 ms to and fro, and a processor four times slower.

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { dist, launch, project, serve } from "./lib.mjs";

const rounds = Number(process.env.ROUNDS ?? 3);
const peers = path.join(project, "web/e2e/peers");
const modules = path.join(peers, "node_modules");

const scratch = await mkdtemp(path.join(tmpdir(), "resync-peers-"));
const sites = [
  { name: "resync", dir: dist },
  { name: "PGlite", dir: await bundle("pglite", "@electric-sql/pglite/dist", /^(pglite|initdb)\.(wasm|data)$/) },
  { name: "DuckDB-Wasm", dir: await bundle("duckdb", "@duckdb/duckdb-wasm/dist", /^duckdb-(eh\.wasm|browser-eh\.worker\.js)$/) },
];
const browser = await launch();
try {
  for (const site of sites) site.server = await serve({ dir: site.dir, at: "/", answer: compressed(site) });
  for (const slowed of [false, true]) {
    for (const site of sites) site.times = [];
    for (let round = 0; round < rounds; round++) for (const site of sites) site.times.push(await visit(site, slowed));
    console.log(`${slowed ? "slowed" : "plain "}  median of ${rounds}`);
    const [ours] = sites.map((site) => median(site.times));
    for (const site of sites) {
      const ready = median(site.times);
      console.log(`  ${site.name.padEnd(12)} ${(site.sent / 1e6).toFixed(2).padStart(6)} MB  ready ${String(Math.round(ready)).padStart(6)} ms  ours is ${(ours / ready).toFixed(2)} of it`);
    }
  }
} finally {
  await browser.close();
  for (const site of sites) await site.server?.close();
  await rm(scratch, { recursive: true });
}

// bundle makes a site of a peer: its page, and the files of its package that it loads.
async function bundle(name, from, files) {
  const dir = path.join(scratch, name);
  await promisify(execFile)(path.join(modules, ".bin/esbuild"), [`${name}.js`, "--bundle", "--minify", "--format=esm", "--external:node:*", `--outfile=${dir}/main.js`], { cwd: peers });
  await writeFile(path.join(dir, "index.html"), '<!doctype html><title>A peer</title><link rel="icon" href="data:,"><script type="module" src="main.js"></script>');
  await cp(path.join(modules, from), dir, { recursive: true, filter: (file) => path.resolve(file) === path.resolve(modules, from) || files.test(path.basename(file)) });
  return dir;
}

// compressed answers with gzip, and counts what is sent.
function compressed(site) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm", ".svg": "image/svg+xml" };
  const kept = new Map();
  return async (name) => {
    if (!kept.has(name)) {
      const body = await readFile(path.join(site.dir, name)).catch(() => null);
      if (body === null) return undefined;
      const zip = !name.endsWith(".lzma");
      kept.set(name, { body: zip ? gzipSync(body, { level: 9 }) : body, encoding: zip ? "gzip" : undefined, type: types[path.extname(name)] ?? "application/octet-stream" });
    }
    const answer = kept.get(name);
    site.sent += answer.body.length;
    return answer;
  };
}

// visit resolves to the milliseconds from navigation until the page can be used.
async function visit(site, slowed) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    if (slowed) {
      const devtools = await context.newCDPSession(page);
      await devtools.send("Network.enable");
      await devtools.send("Network.emulateNetworkConditions", { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 200_000 });
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    }
    site.sent = 0;
    await page.addInitScript(() => {
      const look = () => {
        if (document.documentElement?.dataset.state === "ready") window.readyAt = performance.now();
        else setTimeout(look, 5);
      };
      look();
    });
    await page.goto(site.server.url, { waitUntil: "commit", timeout: 300_000 });
    return await (await page.waitForFunction(() => window.readyAt, null, { timeout: 300_000 })).jsonValue();
  } finally {
    await context.close();
  }
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
