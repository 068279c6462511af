// The example sites of assets/examples, each built by its own tool and opened: make examples. The element has to survive what
// the tool does to its page. A tool that is not there and cannot be had leaves its example to a look at its syntax.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { launch, open, project, serve } from "./lib.mjs";

const run = promisify(execFile);
let browser, player;
before(async () => {
  player = await serve({ cors: true });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await player?.close();
});

// build copies an example, points it at the player, lets its tool build it, and resolves to the site's folder.
async function build(t, name, commands, out) {
  const home = await mkdtemp(path.join(tmpdir(), "resync-example-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  await cp(path.join(project, "assets/examples", name), home, { recursive: true });
  for (const file of await readdir(home, { recursive: true })) {
    const at = path.join(home, file);
    if (!(await stat(at)).isFile()) continue;
    await writeFile(at, (await readFile(at, "utf8")).replaceAll("https://resync.example/", player.url));
  }
  for (const [command, ...args] of commands) await run(command, args, { cwd: home, maxBuffer: 64 << 20, env: { ...process.env, CI: "true" } });
  return path.join(home, out);
}

// MkDocs says only from 1.5 on that a script is a module.
const [, minor] = (await run("mkdocs", ["--version"]).catch(() => ({ stdout: "" }))).stdout.match(/ 1\.(\d+)/) ?? [];
const npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

// printed looks at what Sphinx makes: every option is an attribute, and a book has the picture and the words.
async function printed(home, page) {
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("resync-playground")].map((e) => [e.getAttribute("scenario"), e.getAttribute("height"), e.getAttribute("speed"), e.hasAttribute("readonly"), e.getAttribute("src")?.split("#")[1] ?? null])), [
    ["short-outage", "30rem", "2", true, null], [null, null, null, false, "v=1&s=backlog-overflow"],
  ]);
  const text = await readFile(path.join(home, "epub/index.xhtml"), "utf8");
  assert.match(text, /r1 loses its link[^]*everything is copied/);
  const [, picture] = text.match(/<img alt="A short outage" src="([^"]+\.svg)"/);
  assert.match(await readFile(path.join(home, "epub", picture), "utf8"), /^<svg /);
}

const tools = [
  { name: "plain", title: "plain HTML", commands: [], out: "." },
  { name: "mkdocs", title: "MkDocs Material", commands: [["mkdocs", "build", "--quiet", "-f", minor < 5 ? "old.yml" : "mkdocs.yml"]], out: "site", next: "Another page", instant: true, dark: () => document.body.setAttribute("data-md-color-scheme", "slate") },
  { name: "hugo", title: "Hugo", commands: [["hugo", "--quiet"]], out: "public", next: "Another page" },
  { name: "sphinx", title: "Sphinx", commands: [["sphinx-build", "-q", "-W", "-b", "text", "-d", "trees", ".", "text"], ["sphinx-build", "-q", "-W", "-b", "html", "-d", "trees", ".", "html"], ["sphinx-build", "-q", "-W", "-b", "epub", "-d", "trees", ".", "epub"]], out: "html", also: printed },
  { name: "vitepress", title: "VitePress", commands: [npm, ["npm", "run", "build"]], out: "docs/.vitepress/dist", dark: () => document.documentElement.classList.add("dark") },
  { name: "docusaurus", title: "Docusaurus", commands: [npm, ["npm", "run", "build"]], out: "build", dark: () => document.documentElement.setAttribute("data-theme", "dark") },
  { name: "mdbook", title: "mdBook", commands: [["mdbook", "build"]], out: "book", first: "outage.html", dark: () => (document.documentElement.className = "coal js") },
];

const running = (page) => page.waitForFunction(() => /ready|playing|paused/.test(document.querySelector("resync-playground")?.state), null, { timeout: 60_000 });

describe("an example builds, and its element runs", () => {
  for (const { name, title, commands, out, first = "", next, instant, also, dark } of tools) {
    test(title, { timeout: 900_000 }, async (t) => {
      if (name === "mdbook" && !(await run("mdbook", ["--version"]).catch(() => null))) {
        t.diagnostic("there is no mdbook here: only the syntax is looked at");
        const folder = path.join(project, "assets/examples/mdbook");
        for (const line of (await readFile(path.join(folder, "book.toml"), "utf8")).split("\n")) assert.match(line, /^(#.*|\[[\w.]+\]|[\w-]+ = ".*"|)$/);
        assert.match(await readFile(path.join(folder, "src/outage.md"), "utf8"), /<resync-playground scenario="[\w-]+" title="[^"]+" height="\d+">/);
        return;
      }
      const dir = await build(t, name, commands, out);
      const server = await serve({ dir, at: "/" });
      server.extra("favicon.ico", ""); // which browsers ask for
      t.after(() => server.close());
      const page = await open(browser, server.url + first);
      t.after(() => page.context().close());
      await running(page);
      const frame = await (await page.evaluateHandle(() => document.querySelector("resync-playground").shadowRoot.querySelector("iframe"))).asElement().contentFrame();
      await frame.getByRole("heading", { name: "A short outage" }).waitFor();
      assert.notEqual(await frame.evaluate(() => document.documentElement.dataset.theme), "dark", "as the page is");
      if (dark) {
        await page.evaluate(dark);
        await frame.waitForFunction(() => document.documentElement.dataset.theme === "dark");
      }
      if (next) {
        await page.evaluate(() => (window.marker = true));
        await page.getByRole("link", { name: next }).first().click();
        await page.getByRole("heading", { level: 1, name: "Too late" }).waitFor();
        await running(page);
        assert.equal(await page.evaluate(() => window.marker), instant, "only where pages are swapped the window stays");
      }
      await also?.(path.dirname(dir), page);
      assert.deepEqual(page.complaints.filter((line) => !line.includes(player.origin)), []);
    });
  }
});
