// Links: what is shared is opened again, and what a link carries is never done, only read.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { axe, dist, launch, open, serve, waitReady } from "./lib.mjs";

let server, browser;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const byId = (page, id) => page.locator(`[data-testid="${id}"]`);
const inside = (page, name, ...args) => page.evaluate(([name, args]) => window.__resync[name](...args), [name, args]);
const pack = (text) => deflateRawSync(Buffer.from(text)).toString("base64url");

// visit opens the page at a fragment, with its time stopped.
async function visit(fragment, options) {
  const page = await open(browser, `${server.url}#${fragment}&test=1`, options);
  await waitReady(page);
  return page;
}

// noticed resolves to what is said of the link.
const noticed = (page) => byId(page, "notice").locator("p").innerText();

describe("a link", () => {
  test("leads to the same run, byte for byte", async () => {
    const page = await visit("v=1");
    for (const line of ['m1> SET greeting "<b>hello</b> é"', "sever m1 r1", "m1> INCR visits", "wait 900ms", "heal m1 r1", "wait 2s"]) await inside(page, "run", line);
    await inside(page, "tick", 400);
    await byId(page, "share").click();
    await page.waitForFunction(() => document.querySelector('[data-testid="share-link"]').textContent.includes("&a="));
    const link = await byId(page, "share-link").innerText();
    assert.match(link, /#v=1&t=\d+&a=[\w-]+$/); // its last wait is not over
    const again = await visit(new URL(link).hash.slice(1));
    assert.equal(await inside(again, "trace"), await inside(page, "trace"));
    assert.equal(await inside(again, "script"), await inside(page, "script"));
    assert.deepEqual([page.complaints, again.complaints], [[], []]);
    await page.context().close();
    await again.context().close();
  });

  test("leads into the middle of a story, and another one takes its place", async () => {
    const page = await visit("v=1&s=short-outage&t=12345&node=r1&theme=dark");
    const state = JSON.parse(await inside(page, "state"));
    assert.equal(state.time, "12.345");
    assert.equal(state.selected, "r1");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.evaluate(() => (location.hash = "v=1&s=split-brain&step=2&test=1"));
    await page.waitForFunction(() => document.querySelector('[data-testid="scenario"]').value === "split-brain");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  test("that is wrong says what, and shows what can be shown", async () => {
    for (const [fragment, words] of [
      ["v=2&s=short-outage", 'version "2"'],
      ["v=1&s=nowhere", 'no scenario "nowhere"'],
      ["v=1&s=short-outage&t=soon&colour=red", '"t=soon", which is no moment'],
      [`v=1&a=${pack("node m1\nwait 1s\nsevr m1 r1\n")}`, "line 3"],
      ["v=1&a=AAAA", "Was the whole link copied?"],
      [`v=1&a=${pack("node m1\n").slice(0, -3)}`, "Was the whole link copied?"],
      [`v=1&a=${deflateRawSync(Buffer.alloc(300 << 20)).toString("base64url")}`, "longer than 1048576 bytes"],
    ]) {
      const page = await visit(fragment);
      await byId(page, "notice").waitFor();
      assert.ok((await noticed(page)).includes(words), `${fragment.slice(0, 80)}: ${await noticed(page)}`);
      assert.ok(JSON.parse(await inside(page, "state")).nodes.length > 0, "something is shown");
      await byId(page, "notice-close").click();
      await byId(page, "notice").waitFor({ state: "detached" });
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
  });

  test("does nothing but what the language has, whatever its strings look like", async () => {
    const evil = `<img src=x onerror=window.pwned=1><script>window.pwned=1</script><svg onload=window.pwned=1>"'\`\${window.pwned=1}`;
    const quoted = JSON.stringify(evil);
    const text = `title ${quoted}\nabout ${quoted}\nnode m1\nnode r1 replicaof m1\nwait 6s\nstep ${quoted}\nsay at m1 ${quoted}\n` +
      `m1> SET ${quoted} ${quoted}\nm1> ${quoted}\nm1> CLIENT SETNAME javascript:alert(1)\nm1> PUBLISH ${quoted} ${quoted}\nwait 1s\n`;
    const page = await visit(`v=1&a=${pack(text)}&step=1`);
    let dialogs = 0;
    page.on("dialog", (d) => (dialogs++, d.dismiss()));
    for (let i = 0; i < 10; i++) await inside(page, "tick", 1000);
    for (const tab of ["cli", "ledger", "data", "config", "faults", "log", "script"]) {
      await page.locator(`[data-testid="tab-${tab}"]`).click();
      await page.waitForTimeout(50);
    }
    await byId(page, "share").click();
    await page.waitForTimeout(200);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.equal(dialogs, 0);
    assert.equal(await page.evaluate(() => document.querySelectorAll("img, iframe, object, #root script, [onerror], [onload]").length), 0);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});

describe("the share panel", () => {
  test("is opened and left by keys, copies, and has no fault in either theme", async () => {
    for (const colorScheme of ["light", "dark"]) {
      const page = await visit("v=1&s=short-outage&t=9000", { colorScheme, permissions: ["clipboard-read", "clipboard-write"] });
      await page.keyboard.press("s");
      await byId(page, "share-panel").waitFor();
      await byId(page, "share-copy").click();
      await page.waitForFunction(async () => (await navigator.clipboard.readText()).endsWith("#v=1&s=short-outage&t=9000"));
      assert.match(await byId(page, "share-embed").innerText(), /<resync-playground src=".*#v=1&amp;s=short-outage&amp;t=9000" title="A short outage" height="420">/);
      if (colorScheme === "light") {
        server.extra("pasted.html", `<!doctype html><html lang="en"><title>Pasted</title><link rel="icon" href="data:,"><h1>Pasted</h1>${await byId(page, "share-embed").textContent()}`);
        const pasted = await open(browser, server.url + "pasted.html");
        assert.equal(await pasted.getByRole("img", { name: "A short outage" }).evaluate((image) => image.decode().then(() => image.naturalWidth)), 900);
        // It plays a third of a second, up to a question, so who looks for "playing" may come late. Where it stands then stays.
        await pasted.waitForFunction(async () => (await document.querySelector("resync-playground").snapshot())?.t > 9000, null, { timeout: 60_000 });
        assert.deepEqual(await axe(pasted), []);
        assert.deepEqual(pasted.complaints, []);
        await pasted.context().close();
      }
      assert.deepEqual(await axe(page), []);
      await page.keyboard.press("Escape");
      await byId(page, "share-panel").waitFor({ state: "detached" });
      assert.equal(await page.evaluate(() => document.activeElement.id), "share");
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
  });

  test("saves the run in every form", async () => {
    const page = await visit("v=1&s=short-outage&t=9000");
    await byId(page, "share").click();
    for (const [form, name, begins] of [
      ["script", "short-outage.resync", "title "],
      ["runbook", "short-outage-runbook.zip", "PK\x03\x04"],
      ["trace", "short-outage.jsonl", "{"],
      ["shiviz", "short-outage.shiviz.log", ""],
    ]) {
      const [download] = await Promise.all([page.waitForEvent("download"), byId(page, `save-${form}`).click()]);
      assert.equal(download.suggestedFilename(), name);
      const chunks = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk);
      const data = Buffer.concat(chunks);
      assert.ok(data.length > 1000 && data.toString("latin1").startsWith(begins), `${form}: ${data.length} bytes`);
    }
    await page.context().close();
  });
});

// saved clicks a form in the share panel and resolves to the file that comes of it.
async function saved(page, form, within = page) {
  const [download] = await Promise.all([page.waitForEvent("download"), byId(within, `save-${form}`).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  return { name: download.suggestedFilename(), data: Buffer.concat(chunks) };
}

// sizeOf is the width and height that a PNG has, by its header.
function sizeOf(png) {
  assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

// seen shows an image in a page and resolves to its size, how many colours it has, and that of its ground.
const seen = (page, type, data) =>
  page.evaluate(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    const bytes = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const pixels = new Uint32Array(bytes.buffer);
    const at = 4 * (5 * canvas.width + 5);
    return { width: canvas.width, height: canvas.height, colours: new Set(pixels).size, ground: [...bytes.slice(at, at + 3)].join(" ") };
  }, `data:${type};base64,${data.toString("base64")}`);

const grounds = [["light", "255 255 255"], ["dark", "13 17 23"]];

describe("a poster", () => {
  const strict = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'";

  test("is saved as SVG and as PNG of the same moment, under a strict policy, in either theme", async () => {
    const guarded = await serve({ policy: strict });
    const plain = await open(browser, "about:blank");
    for (const [colorScheme, ground] of grounds) {
      const page = await open(browser, `${guarded.url}#v=1&s=short-outage&t=19000&test=1`, { colorScheme });
      await waitReady(page);
      await byId(page, "share").click();
      const svg = await saved(page, "poster");
      assert.equal(svg.name, "short-outage.svg");
      const text = svg.data.toString();
      const [width, height] = text.match(/^<svg xmlns="[^"]*" width="(\d+)" height="(\d+)"/).slice(1).map(Number);
      for (const words of ["A short outage", "at 19.000 s", "r1 will ask for ", "FULLRESYNC"]) assert.ok(text.includes(words), words);
      const image = await seen(plain, "image/svg+xml", svg.data);
      assert.deepEqual([image.width, image.height], [width, height]);
      assert.ok(image.colours > 50, `${image.colours} colours`);
      const png = await saved(page, "poster-png");
      assert.equal(png.name, "short-outage.png");
      assert.deepEqual(sizeOf(png.data), [2 * width, 2 * height]);
      const pixels = await seen(plain, "image/png", png.data);
      assert.ok(pixels.colours > 50, `${pixels.colours} colours`);
      assert.equal(pixels.ground, ground);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    }
    await plain.context().close();
    await guarded.close();
  });

  test("is saved in a sandboxed frame, and where there is no canvas the page says so", async () => {
    const frame = `<iframe width="1200" height="700" sandbox="allow-scripts allow-downloads" src="index.html#v=1&s=short-outage&test=1"></iframe>`;
    server.extra("framed.html", `<!doctype html><title>Host</title><link rel="icon" href="data:,">${frame}`);
    const page = await open(browser, `${server.url}framed.html`);
    const inner = await (await page.waitForSelector("iframe")).contentFrame();
    await waitReady(inner);
    await byId(inner, "share").click();
    assert.match((await saved(page, "poster", inner)).data.toString(), /^<svg /);
    assert.equal(sizeOf((await saved(page, "poster-png", inner)).data)[0], 1800);
    await inner.evaluate(() => (HTMLCanvasElement.prototype.toBlob = (f) => f(null)));
    await byId(inner, "save-poster-png").click();
    await byId(inner, "notice").waitFor();
    assert.match(await byId(inner, "notice").innerText(), /makes no PNG.*SVG/);
    await page.context().close();
  });

  // Whatever the fonts of a machine are, every word is inside its picture and on no other.
  test("of every scenario has its words apart, and follows whoever looks at it", async () => {
    const page = await open(browser, "about:blank");
    const list = JSON.parse(await readFile(path.join(dist, "manifest.json"), "utf8")).filter((f) => f.name.startsWith("posters/"));
    assert.ok(list.length > 20);
    for (const { name } of list) {
      const svg = await readFile(path.join(dist, name), "utf8");
      const wrong = await page.evaluate((text) => {
        document.body.innerHTML = text;
        const picture = document.querySelector("svg");
        const all = picture.getBoundingClientRect();
        const words = [...picture.querySelectorAll("text")].filter((e) => e.textContent).map((e) => {
          const { left, right, top, bottom } = e.getBoundingClientRect();
          return { text: e.textContent, left, right, top: top + 3, bottom: bottom - 3 };
        });
        const out = words.filter((a) => a.left < all.left || a.right > all.right || a.top < all.top || a.bottom > all.bottom).map((a) => `${a.text} is outside`);
        for (const [i, a] of words.entries()) {
          for (const b of words.slice(0, i)) {
            if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) out.push(`${a.text} is on ${b.text}`);
          }
        }
        return out;
      }, svg);
      assert.deepEqual(wrong, [], name);
    }
    const poster = await readFile(path.join(dist, "posters/split-brain.svg"));
    for (const [colorScheme, ground] of grounds) {
      await page.emulateMedia({ colorScheme });
      await page.setContent(`<meta name="color-scheme" content="light dark"><body style="margin:0"><img src="data:image/svg+xml;base64,${poster.toString("base64")}">`);
      await page.locator("img").evaluate((image) => image.decode());
      assert.equal((await seen(page, "image/png", await page.screenshot())).ground, ground);
    }
    await page.context().close();
  });
});
