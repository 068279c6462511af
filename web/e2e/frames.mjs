// How smooth the page is, and whether it keeps its memory: 1 master and 8 replicas under 1,000 writes a second.
//
//   node web/e2e/frames.mjs
//
// SECONDS of playing at full speed and with the CPU slowed four times, HEAP_SECONDS of playing and scrubbing, and seeks to random
// moments of a run of EVENTS events. The interval is from one frame to the next, which no browser makes shorter than the screen's
// 16.7 ms. CPU is what the page's thread computed for a frame, all of it: program, layout and painting; it means the same on a
// machine that does other things. It is taken from a trace, and tracing takes time itself: so a page plays for each.

import { pathToFileURL } from "node:url";
import { begin, id, launch, open, serve, tick, waitReady } from "./lib.mjs";

const crowd = (rate) =>
  `title "A crowd"\nnode m1 repl-backlog-size=1mb repl-diskless-sync-delay=0\n${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `node r${i} replicaof m1\n`).join("")}` +
  `until ${[1, 2, 3, 4, 5, 6, 7, 8].map((i) => `r${i}.master_link_status = up`).join(" and ")}\nload m1 rate ${rate}/s size 64 keys 1000\n`;

// give opens a script in the page as a file of the reader's.
export async function give(page, text) {
  await page.click(id("tab-script"));
  await page.setInputFiles(id("script-file"), { name: "given.resync", mimeType: "", buffer: Buffer.from(text) });
}

// measured is what is put into the page before it starts: it takes down every frame.
export function measured() {
  window.intervals_ = [];
  let last = 0;
  const look = (now) => {
    if (last) window.intervals_.push(now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (...args) => {
    const instance = await instantiate.apply(WebAssembly, args);
    window.wasmMemory = instance.exports.mem;
    return instance;
  };
}

export const part = (values, p) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))] ?? 0;

// intervals has the page play for so many seconds, and resolves to the milliseconds from frame to frame.
export async function intervals(page, seconds) {
  await page.evaluate(() => (window.intervals_.length = 0));
  await page.waitForTimeout(seconds * 1000);
  return page.evaluate(() => window.intervals_);
}

// computed does the same, and resolves to the milliseconds that the page's thread computed in each frame, and in each of its tasks.
export async function computed(browser, page, seconds) {
  await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline"] });
  await page.waitForTimeout(seconds * 1000);
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const frames = traceEvents.filter((e) => e.name === "FireAnimationFrame" && e.ph === "X").sort((a, b) => a.ts - b.ts);
  const thread = mostOften(frames.map((e) => `${e.pid}/${e.tid}`));
  const own = (e) => `${e.pid}/${e.tid}` === thread;
  const starts = frames.filter(own).map((e) => e.ts);
  const tasks = traceEvents.filter((e) => e.ph === "X" && own(e) && /RunTask$/.test(e.name)).sort((a, b) => a.ts - b.ts);
  const cpu = [];
  let frame = 0, sum = 0;
  for (const t of tasks) {
    // Two callbacks of one frame are close together: a frame begins with the first.
    while (frame < starts.length && t.ts + t.dur > starts[frame]) {
      if (sum > 0) cpu.push(sum / 1000);
      sum = 0;
      const from = starts[frame];
      while (frame < starts.length && starts[frame] - from < 8000) frame++;
    }
    sum += t.tdur ?? t.dur;
  }
  return { cpu, tasks: tasks.map((t) => (t.tdur ?? t.dur) / 1000) };
}

function mostOften(values) {
  const counts = new Map();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

// memory resolves to the megabytes of JavaScript's heap, collected, and of the program's memory.
export async function memory(page, client) {
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  return { js: usedSize / 1e6, wasm: (await page.evaluate(() => window.wasmMemory?.buffer.byteLength ?? 0)) / 1e6 };
}

// goesOn waits until the page shows a later moment of the world than now.
export async function goesOn(page) {
  const clock = id("clock");
  const now = parseFloat(await page.locator(clock).innerText());
  await page.waitForFunction(([clock, now]) => parseFloat(document.querySelector(clock).innerText) > now, [clock, now]);
}

// crowded opens the page with the crowd under way.
export async function crowded({ browser, server }, rate = 1000) {
  const page = await open(browser, "about:blank");
  await page.addInitScript(measured);
  await page.goto(server.url);
  await waitReady(page);
  await give(page, crowd(rate));
  await page.locator(id("node-r8")).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.link[data-state="up"]').length === 8);
  return page;
}

// scrub drags through the past, and back to the end.
export async function scrub(page) {
  for (const key of ["Home", "End"]) {
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press(key);
    await page.waitForFunction(() => !document.querySelector('[data-testid="stay"]'), null, { timeout: 60_000 });
  }
  if ((await page.locator(".deck").getAttribute("data-playing")) === "false") await page.keyboard.press("Space");
}

// seeks resolves to how long each of so many leaps in a run of so many events takes.
export async function seeks(here, events, count) {
  const page = await begin(here);
  await give(page, crowd(1000));
  await page.locator(id("node-r8")).waitFor();
  for (let i = 0; i < 4; i++) await page.click(id("faster"));
  let state = await tick(page, 1000);
  while (state.events < events) state = await tick(page, 1000);
  const took = await page.evaluate(([events, count]) => {
    let seed = 7;
    return Array.from({ length: count }, () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      const from = performance.now();
      window.__resync.seek(1 + (seed % events));
      return performance.now() - from;
    });
  }, [state.events, count]);
  await page.context().close();
  return { events: state.events, took };
}

async function main() {
  const seconds = Number(process.env.SECONDS ?? 30), heapSeconds = Number(process.env.HEAP_SECONDS ?? 300);
  const browser = await launch(), server = await serve();
  const here = { browser, server };
  try {
    console.log("1 master, 8 replicas, 1,000 writes a second (Chromium, no GPU)");
    for (const slow of [1, 4]) {
      const played = async (look) => {
        const page = await crowded(here);
        const client = await page.context().newCDPSession(page);
        await client.send("Emulation.setCPUThrottlingRate", { rate: slow });
        const seen = await look(page);
        await goesOn(page).catch(() => {
          throw new Error("The page stands still: its frames say nothing");
        });
        await page.context().close();
        return seen;
      };
      const apart = await played((page) => intervals(page, seconds));
      const { cpu, tasks } = await played((page) => computed(browser, page, seconds));
      const long = tasks.filter((t) => t > 50);
      console.log(
        `CPU / ${slow}   interval p50 ${part(apart, 0.5).toFixed(1)}  p95 ${part(apart, 0.95).toFixed(1)} ms, ${apart.length} frames   ` +
          `CPU p50 ${part(cpu, 0.5).toFixed(1)}  p95 ${part(cpu, 0.95).toFixed(1)} ms, ${long.length} tasks over 50 ms, longest ${part(tasks, 1).toFixed(0)} ms, ` +
          `${((100 * tasks.reduce((a, b) => a + b, 0)) / (seconds * 1000)).toFixed(0)} % of the thread`,
      );
    }
    const { events, took } = await seeks(here, Number(process.env.EVENTS ?? 100_000), 60);
    console.log(`seek in ${events} events   p50 ${part(took, 0.5).toFixed(1)}  p95 ${part(took, 0.95).toFixed(1)}  most ${Math.max(...took).toFixed(1)} ms`);
    const page = await crowded(here, 20);
    const client = await page.context().newCDPSession(page);
    for (let t = 0; t <= heapSeconds; t += 30) {
      const { js, wasm } = await memory(page, client);
      console.log(`after ${String(t).padStart(3)} s of playing and scrubbing   JS ${js.toFixed(1)} MB   program ${wasm.toFixed(1)} MB`);
      await page.waitForTimeout(28_000);
      await scrub(page);
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
