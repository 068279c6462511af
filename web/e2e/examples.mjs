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

const npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
const tools = [
  { name: "plain", title: "plain HTML", commands: [], out: "." },
  { name: "mkdocs", title: "MkDocs Material", commands: [["mkdocs", "build", "--quiet"]], out: "site", next: "Another page", dark: () => document.body.setAttribute("data-md-color-scheme", "slate") },
  { name: "hugo", title: "Hugo", commands: [["hugo", "--quiet"]], out: "public" },
  { name: "sphinx", title: "Sphinx", commands: [["sphinx-build", "-q", "-W", "-b", "text", ".", "text"], ["sphinx-build", "-q", "-W", "-b", "html", ".", "html"]], out: "html" },
  { name: "vitepress", title: "VitePress", commands: [npm, ["npm", "run", "build"]], out: "docs/.vitepress/dist", dark: () => document.documentElement.classList.add("dark") },
  { name: "docusaurus", title: "Docusaurus", commands: [npm, ["npm", "run", "build"]], out: "build", dark: () => document.documentElement.setAttribute("data-theme", "dark") },
  { name: "mdbook", title: "mdBook", commands: [["mdbook", "build"]], out: "book", first: "outage.html", dark: () => (document.documentElement.className = "coal js") },
];

const running = (page) => page.waitForFunction(() => /ready|playing|paused/.test(document.querySelector("resync-playground")?.state), null, { timeout: 60_000 });

describe("an example builds, and its element runs", () => {
  for (const { name, title, commands, out, first = "", next, dark } of tools) {
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
        await page.getByRole("link", { name: next }).first().click();
        await page.getByRole("heading", { level: 1, name: "Too late" }).waitFor();
        await running(page);
      }
      assert.deepEqual(page.complaints.filter((line) => !line.includes(player.origin)), []);
    });
  }
});
