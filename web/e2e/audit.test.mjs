// What a reader takes away: which writes were lost, what two branches have not in common, how large the backlog must be,
// and what real servers would answer each other.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { describe, test } from "node:test";
import { axe, begin, end, fits, focused, id, lowTargets, run, script, seek, shows, site, state, text, tick } from "./lib.mjs";
import { promote } from "./states.mjs";

const execute = promisify(execFile);

describe("what a reader takes away", () => {
  const here = site();

  test("the audit counts what was answered OK and is gone, and its rows lead there", async () => {
    const page = await begin(here);
    assert.equal(await page.locator(id("audit-open")).isVisible(), false, "nothing can have been lost yet");
    await promote(page);
    assert.equal(await text(page, "audit-open"), "Lost writes?");
    await page.click(id("audit-open"));
    const row = page.locator(id("audit-row"));
    await row.waitFor();
    assert.equal(await row.getAttribute("data-lost"), "2");
    assert.equal(await text(page, "audit-open"), "✕ Lost writes");
    await shows(page, "loser-m1", /m1: 2 writes lost, 2 answered OK; bytes [0-9,]+ to [0-9,]+ of .*2 keys: order:1, order:2/);
    assert.equal(await page.locator(id("forecast-r1")).count() + (await page.locator(id("verdict")).count()), 0, "it stands in their place");

    await page.selectOption(id("audit-of"), "m1");
    await shows(page, "audit-none", /m1 has every write/);
    await page.selectOption(id("audit-of"), { label: "the master that won" });
    await page.locator(`${id("audit")} .moment`).first().click();
    await shows(page, "clock", /viewing/);
    await page.click(id("pick-m1"));
    await shows(page, "cli-output-m1", /^(?![^]*order:2)[^]*SET order:1 paid/);
    await page.keyboard.press("Escape");
    await page.locator(id("audit")).waitFor({ state: "detached" });
    await end(page);
  });

  test("by keys: a full resync that throws writes away says which", async () => {
    const page = await begin(here);
    await promote(page);
    await run(page, "rejoin m1");
    await run(page, "m1> REPLICAOF r1 6380");
    await page.waitForFunction((selector) => {
      window.__resync.tick(200);
      return document.querySelector(selector)?.textContent.includes("What was lost?");
    }, id("audit-open"));
    await page.locator(id("audit-open")).focus();
    await page.keyboard.press("Enter");
    await page.locator(id("audit")).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "audit-open", "the focus stays");
    assert.equal(await page.locator(id("audit-open")).getAttribute("aria-expanded"), "true");
    assert.equal(await page.locator(id("audit-row")).getAttribute("data-lost"), "2");
    await page.keyboard.press("Enter");
    await page.locator(id("verdict")).waitFor();
    await end(page);
  });

  test("two branches are compared, and each row leads to its moment", async () => {
    const page = await begin(here);
    const fork = await promote(page);
    await seek(page, fork);
    await run(page, "m1> SET other 1");
    await run(page, "rejoin m1");
    await tick(page, 3000);
    await page.click(id("compare-open"));
    await shows(page, "first-A", /^A [0-9.]+ s\S/);
    await shows(page, "first-B", /SET other 1/);
    await shows(page, "missing-0", /2 writes answered OK in A, missing at m1 in B/);
    await shows(page, "missing-1", /1 write answered OK in B, missing at r1 in A/);
    await page.locator(`${id("missing-0")} .moment`).first().click();
    await page.waitForFunction((s) => document.querySelector(s).selectedOptions[0].textContent === "A", id("branch"));
    await shows(page, "clock", /viewing/);
    await page.selectOption(id("compare-right"), { label: "A" });
    await shows(page, "compare", /This is one branch/);
    await page.click(id("compare-close"));
    await page.click(id("audit-open"));
    await page.locator(id("audit-rowB")).waitFor();
    await end(page);
  });

  test("the backlog is sized, set, and then large enough", async () => {
    const page = await begin(here);
    await tick(page, 3000);
    await run(page, "sever m1 r1");
    await page.click(id("tab-config"));
    await page.click(id("config-size"));
    await page.locator(id("sizing-rate")).fill("2000");
    await page.locator(id("sizing-outage")).fill("60");
    await shows(page, "sizing-answer", /^120,097 B$/);
    await page.locator(id("sizing-outage")).fill("soon");
    await shows(page, "sizing", /not a length of time, such as 60 or 5m/);
    await shows(page, "sizing-answer", /^\?$/);
    await page.locator(id("sizing-outage")).fill("1m");
    await page.locator(id("sizing-size")).fill("64kb");
    await shows(page, "sizing-lasts", /^32\.[0-9] s for sure, up to /);
    await page.click(id("sizing-set"));
    await shows(page, "sizing-now", /That is enough/);
    assert.match(await script(page), /^m1> CONFIG SET repl-backlog-size 120097$/m);
    await page.focus(id("sizing-close"));
    await page.keyboard.press("Enter");
    await focused(page, "config-size");
    await page.locator(id("sizing")).waitFor({ state: "detached" }); // its button to close it must not be taken for the next one's
    await page.focus(id("sizing-open"));
    await page.keyboard.press("Enter");
    await page.focus(id("sizing-close"));
    await page.keyboard.press("Enter");
    await focused(page, "sizing-open");
    await end(page);
  });

  const replid = "8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13";
  const info = (fields) => "# Replication\n" + Object.entries(fields).map(([k, v]) => `${k}:${v}`).join("\n") + "\n";
  const common = { master_replid: replid, master_replid2: "0".repeat(40), second_repl_offset: -1, repl_backlog_active: 1 };
  const servers =
    "10.0.0.1:6379\n" +
    info({ role: "master", ...common, master_repl_offset: 79067, repl_backlog_size: 16384, repl_backlog_first_byte_offset: 51201, repl_backlog_histlen: 27867 }) +
    "\n10.0.0.2:6380\n" +
    info({
      role: "slave", master_host: "10.0.0.1", master_port: 6379, master_link_status: "down", slave_repl_offset: 50003, ...common,
      master_repl_offset: 50003, repl_backlog_size: 16384, repl_backlog_first_byte_offset: 1, repl_backlog_histlen: 50003,
    });

  test("what real servers say is judged, and nonsense does no harm", async () => {
    const page = await begin(here);
    await page.click(id("topology-open"));
    const asked = []; // by the page: its service worker may still be about to fetch what it keeps
    page.on("request", (r) => asked.push(`${r.method()} ${r.url()} ${r.postData() ?? ""}`));
    await page.locator(id("topology-paste")).fill(servers);
    await shows(page, "topology-answer", /10\.0\.0\.2:6380 asks 10\.0\.0\.1:6379.*PSYNC 8f3a… 50004.*FULLRESYNC.*it wants byte 50,004, the first one held is 51,201: 1,197 B too late/);
    assert.equal(await page.locator(id("topology-node")).count(), 2);

    await page.locator(id("topology-paste")).fill(servers.replace("slave_repl_offset:50003", "slave_repl_offset:60000"));
    await shows(page, "topology-answer", /CONTINUE.*19,067 B are sent/);
    await page.locator(id("topology-paste")).fill(`<img src=x onerror="window.bad=1">\n# Replication\nrole:<b>master</b>`);
    await shows(page, "topology-problem", /role is "<b>master<\/b>", and neither master nor slave/);
    assert.equal(await page.evaluate(() => window.bad), undefined);
    await page.locator(id("topology-paste")).evaluate((area) => {
      area.value = "role:master\n".repeat(22_000); // more than is read; megabytes take the browser long to lay out
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await shows(page, "topology-problem", /more than the 262,144 B/);
    assert.deepEqual(asked, [], "it does not leave the page");
    await page.evaluate(() => fetch("?probe").catch(() => {}));
    assert.equal(asked.length, 1, "and what left it would have been seen");

    await page.locator(id("topology-paste")).fill(servers.replaceAll("10.0.0.2:6380\n", "db2:6380> INFO replication\n"));
    await shows(page, "topology-rebuilt", /Not rebuilt: the data, the ids of histories.*10\.0\.0\.1:6379 is m1, db2:6380 is db2\./);
    await page.click(id("topology-play"));
    await shows(page, "forecast-db2", /FULLRESYNC.*1,197 B too late/);
    await focused(page, "topology-open");
    await run(page, "heal m1 db2");
    await page.waitForFunction((selector) => {
      window.__resync.tick(200);
      return document.querySelector(selector)?.dataset.verdict === "fullresync";
    }, id("verdict"));
    await end(page);
  });

  // real runs a redis-server of its own on a folder and resolves to what the commands given are answered.
  async function real(folder, ...commands) {
    const socket = path.join(folder, "redis.sock");
    const server = spawn("redis-server", ["--port", "0", "--unixsocket", socket, "--dir", folder, "--save", ""]);
    let log = "";
    await new Promise((resolve, reject) => {
      server.stdout.on("data", (text) => {
        log += text;
        if (/accept connections at/.test(log)) resolve();
      });
      server.on("exit", () => reject(new Error(log)));
    });
    try {
      const replies = [];
      for (const c of commands) replies.push((await execute("redis-cli", ["-s", socket, ...c])).stdout.trim());
      return replies;
    } finally {
      server.removeAllListeners("exit");
      server.kill("SIGKILL");
      await once(server, "exit");
    }
  }

  test("a dataset goes to a real server and comes back", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "resync-rdb-"));
    const page = await begin(here);
    await run(page, "unload m1");
    await run(page, "node x");
    await run(page, "m1> SET color blue");
    await run(page, "m1> RPUSH list a b c");
    await run(page, "m1> ZADD scores 1.5 x 2 y");
    await tick(page, 500);
    await page.click(id("pick-m1"));
    await page.click(id("tab-data"));
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(id("rdb-save"))]);
    assert.equal(download.suggestedFilename(), "m1.rdb");
    const file = path.join(folder, "dump.rdb");
    await copyFile(await download.path(), file);
    assert.match((await execute("redis-check-rdb", [file])).stdout, /RDB looks OK/);
    const { nodes } = await tick(page, 0);
    const [size, color, list, score, saved] = await real(
      folder, ["DBSIZE"], ["GET", "color"], ["LRANGE", "list", "0", "-1"], ["ZSCORE", "scores", "x"], ["SAVE"]);
    assert.deepEqual([Number(size), color, list, score, saved], [nodes[0].keys, "blue", "a\nb\nc", "1.5", "OK"]);

    await page.click(id("pick-x"));
    await page.locator(id("rdb-file")).setInputFiles(file); // as the real server wrote it
    await page.waitForFunction((selector) => {
      window.__resync.tick(25);
      return /^✓ x starts with "dump\.rdb"/.test(document.querySelector(selector).textContent);
    }, id("rdb-note"));
    await tick(page, 500);
    const after = await state(page);
    assert.equal(after.nodes.find((n) => n.name === "x").keys, nodes[0].keys);
    await run(page, "x> GET color");
    await shows(page, "cli-output-x", /"blue"/);
    assert.match(await script(page), /^kill x\nrestore x "UkVESVM[^"]+"\nstart x$/m);

    await page.click(id("tab-data"));
    const bad = path.join(folder, "bad.rdb");
    await writeFile(bad, (await readFile(file)).subarray(0, 60));
    await page.locator(id("rdb-file")).setInputFiles(bad);
    await shows(page, "rdb-note", /^✕ "bad\.rdb" cannot be loaded/);
    assert.deepEqual(await axe(page), []);
    await end(page);
    await rm(folder, { recursive: true });
  });

  for (const [width, height, colorScheme] of [[1440, 900, "dark"], [320, 640, "light"]]) {
    test(`axe finds nothing and nothing is too wide: ${width}, ${colorScheme}`, async () => {
      const page = await begin(here, { viewport: { width, height }, colorScheme, hasTouch: width < 768 });
      const check = async (what) => {
        const found = await axe(page);
        assert.deepEqual(found, [], what);
        await fits(page, what);
        if (width < 768) assert.deepEqual(await lowTargets(page, ".tools__tool, .panel :is(button, select, input)"), [], what);
      };
      const fork = await promote(page);
      await page.click(id("audit-open"));
      await check("audit");
      await page.click(id("sizing-open"));
      await check("sizing");
      await page.click(id("topology-open"));
      await page.locator(id("topology-paste")).fill(servers);
      await page.locator(id("topology-answer")).waitFor();
      await check("topology");
      await seek(page, fork);
      await run(page, "m1> SET other 1");
      await page.click(id("compare-open"));
      await page.locator(id("compare")).waitFor();
      await check("compare");
      await end(page);
    });
  }
});
