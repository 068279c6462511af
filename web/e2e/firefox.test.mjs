// The page in Firefox: it starts, and the short outage is read to its verdict with real clicks. playwright-core drives no
// Firefox as it is shipped, but Firefox itself speaks WebDriver BiDi on a WebSocket, and little of that is needed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { id, serve } from "./lib.mjs";

async function firefoxPath() {
  for (const name of ["firefox-esr", "firefox"]) {
    for (const folder of process.env.PATH.split(path.delimiter)) {
      const file = path.join(folder, name);
      if (await stat(file).catch(() => null)) return file;
    }
  }
  throw new Error("There is no Firefox in the PATH. On Debian: apt-get install firefox-esr");
}

// connect opens a WebSocket on this machine that carries JSON. Node has a client of its own from version 22 on only.
async function connect(address) {
  const url = new URL(address.replace("ws:", "http:"));
  const asked = request({
    host: url.hostname, port: url.port, path: url.pathname,
    headers: { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": randomBytes(16).toString("base64") },
  });
  asked.end();
  const [, stream, head] = await once(asked, "upgrade");
  let hear = () => {};
  let buffer = head, parts = [];
  const read = () => {
    while (buffer.length >= 2) {
      let length = buffer[1] & 127, at = 2;
      if (length === 126) (length = buffer.length >= 4 ? buffer.readUInt16BE(2) : Infinity), (at = 4);
      else if (length === 127) (length = buffer.length >= 10 ? Number(buffer.readBigUInt64BE(2)) : Infinity), (at = 10);
      if (buffer.length < at + length) return;
      const [last, kind, body] = [buffer[0] & 128, buffer[0] & 15, buffer.subarray(at, at + length)];
      buffer = buffer.subarray(at + length);
      if (kind > 1) continue; // a ping, which this browser does not insist on, or the end
      parts.push(body);
      if (last) hear(JSON.parse(Buffer.concat(parts.splice(0))));
    }
  };
  stream.on("data", (data) => ((buffer = Buffer.concat([buffer, data])), read()));
  return {
    hear: (f) => (hear = f),
    send: (message) => {
      const body = Buffer.from(JSON.stringify(message)), mask = randomBytes(4);
      const header = Buffer.alloc(body.length < 126 ? 2 : 4);
      header[0] = 129; // the whole of a text
      header[1] = 128 | Math.min(body.length, 126); // masked
      if (body.length >= 126) header.writeUInt16BE(body.length, 2); // nothing here is longer than 64 KiB
      stream.write(Buffer.concat([header, mask, body.map((b, i) => b ^ mask[i & 3])]));
    },
    close: () => stream.destroy(),
  };
}

// start runs Firefox with a profile of its own and resolves to a page of it.
async function start() {
  const profile = await mkdtemp(path.join(tmpdir(), "resync-firefox-"));
  // Nothing is asked of Mozilla's servers.
  await writeFile(
    path.join(profile, "user.js"),
    ["app.update.enabled", "app.normandy.enabled", "browser.shell.checkDefaultBrowser", "datareporting.policy.dataSubmissionEnabled", "extensions.update.enabled", "network.captive-portal-service.enabled", "network.connectivity-service.enabled", "browser.safebrowsing.downloads.remote.enabled", "toolkit.telemetry.enabled"]
      .map((name) => `user_pref("${name}", false);\n`)
      .join("") + 'user_pref("services.settings.server", "data:,");\nuser_pref("browser.startup.homepage_override.mstone", "ignore");\n',
  );
  const browser = spawn(await firefoxPath(), ["--headless", "--remote-debugging-port=0", "--profile", profile, "--no-remote", "--width", "1280", "--height", "900", "about:blank"], {
    env: { ...process.env, MOZ_DISABLE_CONTENT_SANDBOX: "1", HOME: profile },
  });
  let said = "";
  const address = await new Promise((resolve, reject) => {
    browser.stderr.on("data", (text) => {
      said += text;
      const found = said.match(/WebDriver BiDi listening on (ws:\/\/\S+)/);
      if (found) resolve(found[1]);
    });
    browser.on("exit", () => reject(new Error(`Firefox ended: ${said}`)));
    setTimeout(() => reject(new Error(`Firefox says no address: ${said}`)), 120_000).unref();
  });
  const socket = await connect(`${address}/session`);
  const waiting = new Map();
  const complaints = [];
  let number = 0;
  socket.hear((message) => {
    if (message.method === "log.entryAdded") {
      const { level, text } = message.params;
      if (["error", "warn"].includes(level)) complaints.push(`${level}: ${text}`);
    }
    const wait = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.type === "success") wait?.resolve(message.result);
    if (message.type === "error") wait?.reject(new Error(`${message.error}: ${message.message}`));
  });
  const send = (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(++number, { resolve, reject });
      socket.send({ id: number, method, params });
    });
  await send("session.new", { capabilities: {} });
  await send("session.subscribe", { events: ["log.entryAdded"] });
  const { contexts } = await send("browsingContext.getTree", {});
  const context = contexts[0].context;
  await send("browsingContext.setViewport", { context, viewport: { width: 1280, height: 900 } });

  const page = {
    complaints,
    goto: (url) => send("browsingContext.navigate", { context, url, wait: "complete" }),
    // evaluate resolves to what an expression comes to: a string, a number, a truth.
    evaluate: async (expression) => {
      const answer = await send("script.evaluate", { expression, target: { context }, awaitPromise: true });
      if (answer.type === "exception") throw new Error(answer.exceptionDetails.text);
      return answer.result.value;
    },
    until: async (expression, what = expression) => {
      for (let i = 0; i < 600; i++) {
        if (await page.evaluate(`Boolean(${expression})`)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.fail(`in vain: ${what}`);
    },
    // click moves the mouse to the middle of an element and presses its button.
    click: async (name) => {
      const found = `document.querySelector(${JSON.stringify(id(name))})`;
      await page.until(found, `no ${name}`);
      const [x, y] = JSON.parse(await page.evaluate(`(() => { const e = ${found}; e.scrollIntoView({ block: "nearest" }); const b = e.getBoundingClientRect(); return JSON.stringify([Math.round(b.x + b.width / 2), Math.round(b.y + b.height / 2)]) })()`));
      const actions = [{ type: "pointerMove", x, y }, { type: "pointerDown", button: 0 }, { type: "pointerUp", button: 0 }];
      await send("input.performActions", { context, actions: [{ type: "pointer", id: "mouse", actions }] });
    },
    type: async (text) => {
      const actions = [...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]);
      await send("input.performActions", { context, actions: [{ type: "key", id: "keys", actions }] });
    },
    close: async () => {
      socket.close();
      browser.removeAllListeners("exit");
      browser.kill();
      if (browser.exitCode === null) await once(browser, "exit");
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return page;
}

describe("Firefox", () => {
  let page, server;
  before(async () => {
    server = await serve();
    page = await start();
  });
  after(async () => {
    await page?.close();
    await server?.close();
  });

  const text = (name) => page.evaluate(`document.querySelector(${JSON.stringify(id(name))})?.textContent ?? ""`);

  test("starts the page, and takes what is typed", async () => {
    await page.goto(`${server.url}#test=1`);
    await page.until(`["ready", "error"].includes(document.documentElement.dataset.state)`);
    assert.equal(await page.evaluate(`document.getElementById("failure").textContent.replace(/\\s+/g, " ").trim()`).then((t) => t.startsWith("Technical")), true);
    assert.equal(await page.evaluate("document.documentElement.dataset.state"), "ready");
    await page.click("cli-m1");
    await page.type("SET color blue\uE007");
    await page.until(`/SET color blue\\s+OK/.test(document.querySelector('${id("cli-output-m1")}').textContent)`);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 1280);
  });

  test("tells the short outage to its end, with the question and its verdict", async () => {
    await page.click("gallery-open");
    await page.click("scenario-short-outage");
    await page.until(`document.querySelector('${id("story-next")}') && !document.querySelector('${id("gallery")}')`);
    const there = (name) => page.evaluate(`Boolean(document.querySelector(${JSON.stringify(id(name))}))`);
    let verdict = "";
    for (let i = 0; i < 20; i++) {
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50))))");
      if (!(await there("story-next"))) break;
      const asked = await page.evaluate(`/What will its (new )?master say/.test(document.querySelector(".story__ask")?.textContent ?? "")`);
      await page.click(asked ? "guess-fullresync" : "story-next");
      if (asked) {
        await page.until(`(window.__resync.tick(400), document.querySelector('.choice[data-state="right"]') && document.querySelector('${id("verdict")}'))`);
        verdict = await page.evaluate(`document.querySelector('${id("verdict")}').dataset.verdict`);
        assert.match(await text("check-held"), /✓ yes/);
        assert.match(await page.evaluate(`document.querySelector(".story__ask").textContent`), /Not this time: CONTINUE/);
      }
      await page.until(`(() => { for (let i = 0; i < 50; i++) if (!JSON.parse(window.__resync.tick(400)).playing) return true; return !document.querySelector('${id("story-next")}') })()`);
      await page.until(`document.querySelector(".deck").dataset.playing === "false" || !document.querySelector('${id("story-next")}')`);
    }
    assert.equal(verdict, "continue");
    assert.equal(await page.evaluate(`document.querySelectorAll('.story__step[data-state="done"][data-held="true"]').length`), 5);
    assert.deepEqual(page.complaints, []);
  });
});
