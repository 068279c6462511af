// The states that the page can be in, each reached from a fresh page with #test=1: what axe looks at, and what pictures are
// made of.
//
//   for (const [name, reach] of Object.entries(states)) { const page = await fresh(browser, url); await reach(page); … }

import assert from "node:assert/strict";
import { open, waitReady } from "./lib.mjs";

export const id = (name) => `[data-testid="${name}"]`;

// fresh opens a page whose time stands still. page.run, page.tick and page.seek are those of window.__resync.
export async function fresh(browser, url, options) {
  const page = await open(browser, url + "#test=1", options);
  await waitReady(page);
  for (const name of ["run", "tick", "seek"]) {
    page[name] = async (argument) => JSON.parse(await page.evaluate(([f, a]) => window.__resync[f](a), [name, argument]));
  }
  page.state = async () => JSON.parse(await page.evaluate(() => window.__resync.state()));
  page.shows = (name, pattern) =>
    page.waitForFunction(([s, p]) => new RegExp(p).test(document.querySelector(s)?.textContent ?? ""), [id(name), pattern.source]);
  return page;
}

// drawn waits until the page has drawn what the model holds, which is two frames at most.
export const drawn = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 20)))));

async function cut(page) {
  await page.run("sever m1 r1");
  await page.run('m1> SET greeting "hello again"');
  await page.tick(1200);
}

async function overflow(page) {
  await page.run("sever m1 r1");
  await page.run("load m1 rate 2000/s size 64 keys 1000");
  await page.tick(500);
  await page.run("unload m1");
}

// promote leaves m1 alone with two writes that were answered OK, and makes r1 the master; it resolves to the event of the fork.
async function promote(page) {
  await page.tick(1000);
  const { events } = await page.run("isolate m1");
  await page.tick(300);
  await page.run("m1> SET order:1 paid");
  await page.run("m1> SET order:2 paid");
  await page.run("r1> REPLICAOF NO ONE");
  await page.run("r2> REPLICAOF r1 6380");
  await page.tick(2000);
  return events;
}

// lesson opens a scenario of the library.
export async function lesson(page, name) {
  await page.click(id("gallery-open"));
  await page.click(id(`scenario-${name}`));
  await page.locator(id("gallery")).waitFor({ state: "detached" });
}

// stop lets time pass until the story waits for the reader, or has ended.
export async function stop(page) {
  for (let i = 0; i < 400; i++) {
    const { playing } = await page.tick(500);
    await drawn(page);
    if (!playing) return page.waitForSelector('.deck[data-playing="false"]');
    if (!(await page.locator(id("story-next")).count())) return;
  }
  assert.fail("the story does not stop");
}

async function question(page) {
  await lesson(page, "short-outage");
  for (let i = 0; i < 20 && !(await page.locator(id("guess-continue")).count()); i++) {
    await page.click(id("story-next"));
    await stop(page);
  }
}

const tab = (name) => async (page) => {
  await page.tick(1500);
  await page.run("m1> SET color blue");
  await page.run("m1> EXPIRE color 60");
  await page.tick(1500);
  await page.click(id(`tab-${name}`));
};

export const servers = `10.0.0.1:6379
# Replication
role:master
connected_slaves:0
master_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:79067
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:16384
repl_backlog_first_byte_offset:51201
repl_backlog_histlen:27867

10.0.0.2:6380
# Replication
role:slave
master_host:10.0.0.1
master_port:6379
master_link_status:down
slave_repl_offset:50003
master_replid:8f3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa6e13
master_replid2:0000000000000000000000000000000000000000
master_repl_offset:50003
second_repl_offset:-1
repl_backlog_active:1
repl_backlog_size:16384
repl_backlog_first_byte_offset:1
repl_backlog_histlen:50003
`;

export const states = {
  calm: (page) => page.tick(1500),
  cut,
  late: overflow,
  async continued(page) {
    await cut(page);
    await page.click(id("guess-continue"));
    await page.run("heal m1 r1");
    await page.tick(2500);
    await page.locator(id("verdict")).waitFor();
  },
  async full(page) {
    await overflow(page);
    await page.run("heal m1 r1");
    await page.tick(2500);
    await page.locator(id("verdict")).waitFor();
  },
  async writing(page) {
    await page.click(id("load-m1"));
    await page.tick(1530);
  },
  async paused(page) {
    await page.tick(1500);
    await page.click(id("play"));
  },
  async rewound(page) {
    await cut(page);
    const { events } = await page.tick(2000);
    await page.seek(events - 60);
  },
  async compared(page) {
    const fork = await promote(page);
    await page.seek(fork);
    await page.run("m1> SET other 1");
    await page.run("rejoin m1");
    await page.tick(2000);
    await page.click(id("compare-open"));
    await page.locator(id("compare")).waitFor();
  },
  async audit(page) {
    await promote(page);
    await page.click(id("audit-open"));
    await page.locator(id("audit-row")).waitFor();
  },
  async sizing(page) {
    await page.tick(2000);
    await page.click(id("sizing-open"));
    await page.locator(id("sizing")).waitFor();
  },
  async servers(page) {
    await page.click(id("topology-open"));
    await page.locator(id("topology-paste")).fill(servers);
    await page.locator(id("topology-answer")).waitFor();
  },
  async gallery(page) {
    await page.click(id("gallery-open"));
    await page.locator(id("gallery")).waitFor();
  },
  help: (page) => page.click(id("help")),
  async table(page) {
    await cut(page);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("t");
    await page.locator(".nodes").waitFor();
  },
  ledger: tab("ledger"),
  data: tab("data"),
  config: tab("config"),
  log: tab("log"),
  script: tab("script"),
  faults: tab("faults"),
  async editor(page) {
    await page.click(id("tab-script"));
    await page.click(id("edit"));
    await page.fill(id("editor"), "node m1\nnode r1 replicof m1\nserver m1 r1\n");
    await page.click(id("editor-run"));
    await page.shows("editor-errors", /2 errors/);
  },
  async link(page) {
    await page.run("blackhole m1 > r1");
    await page.run("link m1 r2 latency 250ms bandwidth 64kb/s");
    await page.tick(500);
    await page.click(id("faults-m1-r1"));
    await page.locator(".inspector").waitFor();
  },
  async added(page) {
    await page.click(id("add-node"));
    await page.click(id("fault-add"));
    await page.tick(200);
    await page.locator(id("node-r3")).waitFor();
  },
  async killed(page) {
    await page.run("freeze r2");
    await page.run("skew r1 -2s");
    await page.run("kill m1");
    await page.tick(1500);
  },
  async empty(page) {
    for (const name of ["r1", "r2"]) await page.run(`${name}> REPLICAOF NO ONE`);
    await page.locator(id("slot")).waitFor();
  },
  async completing(page) {
    await page.locator(id("cli-m1")).focus();
    await page.keyboard.type("CL");
    await page.locator(".suggest__item").first().waitFor();
  },
  async waiting(page) {
    await page.run("m1> SET a 1");
    await page.run("blackhole m1 r1");
    await page.run("blackhole m1 r2");
    await page.run("m1> SET b 2");
    await page.run("m1> WAIT 2 5000");
    await page.tick(1200);
  },
  async packet(page) {
    await page.run("m1> SET color blue");
    await page.tick(300);
    await page.waitForFunction(() => document.querySelector('[data-testid^="wire-"][role="button"], .wire [data-testid^="wire-"]'));
    await page.evaluate(() => {
      const arrows = [...document.querySelectorAll(".wire [data-testid]")].filter((e) => /^wire-\d+$/.test(e.dataset.testid));
      arrows.at(-1).dispatchEvent(new MouseEvent("click", { bubbles: true }));
    });
    await page.locator(id("wire-detail")).waitFor();
  },
  async chapter(page) {
    await lesson(page, "backlog-overflow");
    await page.tick(700);
  },
  question,
  async told(page) {
    await question(page);
    await page.click(id("guess-fullresync"));
    await stop(page);
  },
  async opening(page) {
    await page.click(id("tab-script"));
    await page.setInputFiles(id("script-file"), { name: "long.resync", mimeType: "", buffer: Buffer.from("node x\nload x rate 1000/s\nwait 2m\n") });
    await page.locator(id("opening")).waitFor();
    await page.tick(100);
  },
  async failed(page) {
    await page.click(id("tab-script"));
    await page.setInputFiles(id("script-file"), { name: "wrong.resync", mimeType: "", buffer: Buffer.from("node a\nnode b replicaof a\nwait 7s\nexpect a.connected_slaves = 5\n") });
    await page.locator(id("problem")).waitFor();
  },
  async crowd(page) {
    for (let i = 3; i < 10; i++) await page.run(`node r${i} replicaof ${i < 7 ? "m1" : "r3"}`);
    await page.run("load m1 rate 200/s");
    await page.tick(7000);
  },
  async syncing(page) {
    await page.run("m1> CONFIG SET rdb-key-save-delay 2000");
    await page.run("link m1 r1 bandwidth 16kb/s");
    await page.run("r1> REPLICAOF NO ONE");
    await page.run("r1> SET own 1");
    await page.run("load m1 rate 1000/s");
    await page.tick(800);
    await page.run("r1> REPLICAOF m1 6379");
    await page.tick(6500);
  },
};
