// Package wasm/browser, call by call: a page that does nothing but call its Host (wasm/browser/testdata/probe).

import assert from "node:assert/strict";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import { build, launch, open, remove, serve, waitFailure, waitReady } from "./lib.mjs";

let site, server, browser, page;
before(async () => {
  site = await build("./wasm/browser/testdata/probe");
  server = await serve({ dir: site });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  if (site) await remove(site);
});
beforeEach(async () => {
  page = await open(browser, server.url + "#here", { permissions: ["clipboard-read", "clipboard-write"] });
  await waitReady(page);
});
afterEach(() => page?.context().close());

// call calls one function of the probe.
const call = (name, ...args) => page.evaluate(([name, args]) => window.__resync[name](...args), [name, args]);

describe("settings", () => {
  test("are kept by the browser, apart from those of other pages", async () => {
    await call("store", "theme", "dark");
    assert.equal(await page.evaluate(() => localStorage.getItem("resync:theme")), "dark");
    await page.reload();
    await waitReady(page);
    assert.equal(await call("load", "theme"), "dark");
    assert.equal(await call("load", "never stored"), "");
  });

  test("are kept in memory where the browser keeps nothing", async () => {
    await page.evaluate(() => (Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }));
    await call("store", "theme", "dark");
    assert.equal(await call("load", "theme"), "dark");
  });
});

describe("the clipboard", () => {
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

  test("takes a text", async () => {
    await call("copy", "SET k 1\nGET k");
    await page.waitForFunction(async () => (await navigator.clipboard.readText()) === "SET k 1\nGET k");
  });

  test("takes a text where the browser refuses, and the focus stays", async () => {
    await page.evaluate(() => (Clipboard.prototype.writeText = () => Promise.reject(new Error("no"))));
    await page.focus("#field");
    await call("copy", "by selection");
    await page.waitForFunction(async () => (await navigator.clipboard.readText()) === "by selection");
    assert.equal(await page.evaluate(() => document.activeElement.id), "field");
    assert.equal(await page.locator("textarea:not(#text)").count(), 0, "nothing is left of the detour");
  });

  test("takes a text where there is no clipboard at all", async () => {
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }));
    await call("copy", "no clipboard");
    await page.evaluate(() => delete navigator.clipboard);
    assert.equal(await clipboard(), "no clipboard");
  });
});

test("the fragment is read as it stands and replaced without a step in history", async () => {
  assert.equal(await call("fragment"), "here");
  const steps = await page.evaluate(() => history.length);
  await call("setFragment", "v=1&s=short%20outage");
  assert.ok(page.url().endsWith("#v=1&s=short%20outage"), page.url());
  assert.equal(await call("fragment"), "v=1&s=short%20outage");
  assert.equal(await page.evaluate(() => history.length), steps);
});

test("inputs are read, written and emptied; an element that is not there is empty", async () => {
  await page.fill("#field", "typed");
  assert.equal(await call("value", "field"), "typed");
  await call("setValue", "field", "");
  assert.equal(await page.inputValue("#field"), "");
  await call("setValue", "nothing", "x");
  assert.equal(await call("value", "nothing"), "");
});

test("the focus moves and the page does not", async () => {
  await page.evaluate(() => document.getElementById("lines").after(Object.assign(document.createElement("input"), { id: "far" })));
  await call("focus", "far");
  assert.deepEqual(await page.evaluate(() => [document.activeElement.id, scrollY]), ["far", 0]);
  await call("focus", "nothing");
});

test("a box scrolls to what is in it, and the page around it stays", async () => {
  await page.evaluate(() => {
    const box = Object.assign(document.createElement("div"), { id: "box", style: "width: 200px; height: 100px; margin-top: 3000px; overflow: auto" });
    box.innerHTML = '<div style="width: 900px; height: 900px; position: relative"><p id="inner" style="position: absolute; left: 600px; top: 500px; width: 50px; height: 20px; margin: 0"></p><p id="large" style="position: absolute; left: 300px; top: 40px; width: 400px; height: 300px; margin: 0"></p></div>';
    document.body.append(box);
  });
  const at = () => page.evaluate(() => [box.scrollLeft, box.scrollTop, scrollX, scrollY]);
  await call("revealIn", "box", "nothing");
  await call("revealIn", "nothing", "inner");
  assert.deepEqual(await at(), [0, 0, 0, 0]);
  await call("revealIn", "box", "inner");
  const [left, top, ...rest] = await at();
  assert.ok(left >= 458 && left < 600 && top >= 428 && top < 500, `${left}, ${top}`);
  await call("revealIn", "box", "inner");
  assert.deepEqual(await at(), [left, top, ...rest], "what is in sight stays where it is");
  await call("revealIn", "box", "large");
  assert.deepEqual(await at(), [292, 32, 0, 0], "what is larger begins where the box does");
  await page.evaluate(() => box.remove());
});

test("what is revealed can be seen, and the focus stays", async () => {
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("p"), { id: "below", style: "margin-top: 3000px", textContent: "here" })));
  const before = await page.evaluate(() => document.activeElement.id);
  await call("reveal", "below");
  await call("reveal", "nothing");
  const { top, bottom, height, focus } = await page.evaluate(() => {
    const box = below.getBoundingClientRect();
    return { top: box.top, bottom: box.bottom, height: innerHeight, focus: document.activeElement.id };
  });
  assert.ok(top >= 0 && bottom <= height, `it is at ${top} of ${height}`);
  assert.equal(focus, before);
  await page.evaluate(() => {
    below.remove();
    scrollTo(0, 0);
  });
});

test("the last line of a log comes into view, and the first", async () => {
  await page.addStyleTag({ content: "#lines { height: 100px; overflow: auto }" });
  await call("scrollToEnd", "lines");
  assert.ok(await page.evaluate(() => lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 1));
  await call("scrollToStart", "lines");
  assert.equal(await page.evaluate(() => lines.scrollTop), 0);
  await call("scrollToStart", "nothing");
});

test("a part of a text is selected and comes into view", async () => {
  await page.fill("#text", "ü\n".repeat(300) + "wrong word\n" + "x\n".repeat(300));
  await call("mark", "text", 600, 605);
  const marked = await page.evaluate(() => [document.activeElement.id, text.value.slice(text.selectionStart, text.selectionEnd), text.scrollTop / text.scrollHeight]);
  assert.deepEqual(marked.slice(0, 2), ["text", "wrong"]);
  assert.ok(Math.abs(marked[2] - 0.5) < 0.02, String(marked[2]));
  await call("mark", "nothing", 0, 1);
});

test("the theme is set on the document and given back to the system", async () => {
  await call("theme", "dark");
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await call("theme", "");
  assert.equal(await page.locator("html").getAttribute("data-theme"), null);
});

test("media queries and the size of the window are asked for each time", async () => {
  assert.equal(await call("matches", "(prefers-reduced-motion: reduce)"), "false");
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await call("matches", "(prefers-reduced-motion: reduce)"), "true");
  assert.equal(await call("matches", "nonsense("), "false");
  await page.setViewportSize({ width: 375, height: 700 });
  assert.equal(await call("size"), "375x700");
});

test("elements are found where they are, in the viewport", async () => {
  await page.addStyleTag({ content: "#board { position: absolute; left: 30px; top: 900px; width: 40px; height: 20px } body { height: 3000px }" });
  assert.equal(await call("box", "board"), "30 900 40 20");
  await page.evaluate(() => scrollTo(0, 850));
  assert.equal(await call("box", "board"), "30 50 40 20");
  assert.equal(await call("box", "nothing"), "0 0 0 0");
});

test("frames come one for each request, with a clock that only grows", async () => {
  await call("frames", 5);
  await page.waitForFunction(() => times.value !== "");
  const at = (await page.inputValue("#times")).split(" ").map(Number);
  assert.equal(at.length, 5);
  for (let i = 1; i < at.length; i++) assert.ok(at[i] > at[i - 1], String(at));
});

test("marks are drawn in the canvas's colours, follow the theme, and replace the last ones", async () => {
  await page.addStyleTag({ content: "#board { width: 40px; height: 20px; display: block }" });
  const pixel = (x, y) =>
    page.evaluate(
      ([x, y]) => {
        const copy = new OffscreenCanvas(40, 20).getContext("2d");
        copy.drawImage(board, 0, 0);
        return [...copy.getImageData(x, y, 1, 1).data];
      },
      [x, y],
    );
  await call("draw", 0, 0, 0, 10, 20, 1, 0, 0, 2, 20, 0, 20, 20, 0, 0, 0);
  assert.deepEqual(await pixel(5, 10), [0x15, 0x70, 0x3f, 255], "a bar in --continue");
  assert.deepEqual(await pixel(30, 10), [0xb8, 0x1b, 0x3a, 255], "a dot in --lost");
  assert.deepEqual(await pixel(15, 10), [0, 0, 0, 0], "nothing between them");
  await call("theme", "dark");
  await call("draw", 0, 0, 0, 10, 20, 1, 0, 0);
  assert.deepEqual(await pixel(5, 10), [0x57, 0xd2, 0x8f, 255]);
  assert.deepEqual(await pixel(30, 10), [0, 0, 0, 0], "the dot is gone");
  await call("draw");
  assert.deepEqual(await pixel(5, 10), [0, 0, 0, 0], "nothing is left");
  await call("draw", 99, 0, 0, 10, 20, 1, 0, 0); // a kind that does not exist draws nothing
  assert.deepEqual(page.complaints, []);
});

describe("keys", () => {
  test("reach the page unless something focused understands them", async () => {
    await page.keyboard.press("x");
    await page.keyboard.press("Shift+L");
    await page.focus("#field");
    await page.keyboard.press("h");
    await page.focus("#button");
    await page.keyboard.press(" ");
    await page.keyboard.press("r");
    await page.keyboard.press("Control+k");
    const keys = (await call("pressed")).split(", ");
    assert.deepEqual(keys.filter((key) => !/^(Shift|Control) /.test(key)), ["x false", "L true", "r false"]);
    assert.equal(await page.inputValue("#field"), "h");
    assert.equal(await page.textContent("#button"), "clicked 1");
  });

  test("that the page uses do nothing else", async () => {
    await page.evaluate(() => addEventListener("keydown", (event) => ((window.prevented ??= {})[event.key] = event.defaultPrevented)));
    await page.keyboard.press("/");
    await page.keyboard.press(".");
    assert.deepEqual(await page.evaluate(() => window.prevented), { "/": true, ".": false });
  });
});

describe("files", () => {
  const taken = (text) => page.waitForFunction((t) => times.value === t, text);

  test("that are chosen are read, and may be chosen again", async () => {
    const files = [
      { name: "a.resync", mimeType: "text/plain", buffer: Buffer.from("node m1\n") },
      { name: "empty", mimeType: "", buffer: Buffer.alloc(0) },
    ];
    await page.setInputFiles("#file", files);
    await taken(String.raw`a.resync 8 "node m1\n", empty 0 ""`);
    await page.setInputFiles("#file", { name: "a.resync", mimeType: "", buffer: Buffer.from([0, 255]) });
    await taken(String.raw`a.resync 8 "node m1\n", empty 0 "", a.resync 2 "\x00\xff"`);
    await page.fill("#field", "text"); // another input's change
    await page.focus("#button");
    assert.deepEqual(page.complaints, []);
  });

  test("that are dropped are read, and text that is dropped is the browser's", async () => {
    const prevented = await page.evaluate(() => {
      const drop = (fill) => {
        const dataTransfer = new DataTransfer();
        fill(dataTransfer);
        return ["dragover", "drop"].map((type) => {
          const event = new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true });
          document.querySelector("h1").dispatchEvent(event);
          return event.defaultPrevented;
        });
      };
      return [drop((t) => t.items.add(new File(["REDIS0011"], "dump.rdb"))), drop((t) => t.setData("text/plain", "words"))];
    });
    assert.deepEqual(prevented, [[true, true], [false, false]]);
    await taken(`dump.rdb 9 "REDIS0011"`);
  });

  test("are saved", async () => {
    const saved = page.waitForEvent("download");
    await call("download", "s.resync", "text/plain", "node m1\n# ü\n");
    const download = await saved;
    assert.equal(download.suggestedFilename(), "s.resync");
    const parts = [];
    for await (const part of await download.createReadStream()) parts.push(part);
    assert.equal(Buffer.concat(parts).toString(), "node m1\n# ü\n");
  });
});

test("exposed functions take anything as text", async () => {
  assert.equal(await page.evaluate(() => window.__resync.echo("a", 1.5, null, { toString: () => "x" })), "a|1.5|null|x");
});

test("links of the page are the browser's", async () => {
  await page.evaluate(() => addEventListener("click", (event) => (window.taken = event.defaultPrevented)));
  await page.click("#link");
  assert.equal(await page.evaluate(() => window.taken), false, "go-app has not taken the click over");
  assert.ok(page.url().endsWith("#there"));
  assert.equal(await call("fragment"), "there");
});

describe("the end of the program is shown", () => {
  // The evaluation that ends the program may itself end with an error.
  const end = (name, arg) => call(name, arg).catch(() => {});

  test("when the page gives up", async () => {
    await call("fail", "two worlds at one moment");
    assert.match(await waitFailure(page), /The engine stopped.*two worlds at one moment/);
    await page.keyboard.press("x");
    assert.equal(await call("pressed"), "", "keys are dead");
    await call("frames", 1);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    assert.equal(await page.inputValue("#times"), "", "frames are dead");
  });

  test("when it panics, with its last words and the trace", async () => {
    await end("panic", "an invariant is broken");
    assert.match(await waitFailure(page), /The engine stopped.*panic: an invariant is broken.*Reload.*goroutine \d+/);
    assert.equal(await page.locator("html").getAttribute("data-state"), "error");
  });

  test("when it ends without a word", async () => {
    await end("exit");
    assert.match(await waitFailure(page), /The engine stopped/);
  });
});
