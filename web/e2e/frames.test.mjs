// The page plays on where the processor is slow, and keeps its memory while it plays and a reader scrubs through it. How smooth it
// is, and five minutes of this, are for make frames: they need a machine that does nothing else.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { site } from "./lib.mjs";
import { crowded, goesOn, memory, scrub } from "./frames.mjs";

describe("a crowd", () => {
  const here = site();

  test("plays on where the processor is slow", async () => {
    const page = await crowded(here);
    const client = await page.context().newCDPSession(page);
    await client.send("Emulation.setCPUThrottlingRate", { rate: 6 });
    for (let i = 0; i < 12; i++) await goesOn(page);
    await page.context().close();
  });

  test("keeps its memory level while it plays and is scrubbed through", async () => {
    const page = await crowded(here, 100);
    const client = await page.context().newCDPSession(page);
    const seen = [];
    for (let i = 0; i < 4; i++) {
      await page.waitForTimeout(2000);
      await scrub(page);
      seen.push(await memory(page, client));
    }
    const [first, last] = [seen[0], seen.at(-1)];
    assert.ok(last.js < first.js + 2, `JavaScript's heap: ${seen.map((m) => m.js.toFixed(1)).join(", ")} MB`);
    assert.ok(last.wasm < first.wasm + 24, `the program's memory: ${seen.map((m) => m.wasm.toFixed(1)).join(", ")} MB`);
    assert.deepEqual(page.complaints.filter((line) => !line.includes(here.server.url)), []); // it came from about:blank
    await page.context().close();
  });
});
