// The states that the page can be in, each reached from a fresh page with #test=1: what axe looks at, and what pictures are
// made of.
//
//   for (const [name, reach] of Object.entries(states)) { const page = await begin(here); await reach(page); … }

import assert from "node:assert/strict";
import { id, run, seek, shows, tick } from "./lib.mjs";

// drawn waits until the page has drawn what the model holds, which is two frames at most.
export const drawn = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 20)))));

async function cut(page) {
  await run(page, "sever m1 r1");
  await run(page, 'm1> SET greeting "hello again"');
  await tick(page, 1200);
}

async function overflow(page) {
  await run(page, "sever m1 r1");
  await run(page, "load m1 rate 2000/s size 64 keys 1000");
  await tick(page, 500);
  await run(page, "unload m1");
}

// promote leaves m1 alone with two writes that were answered OK, and makes r1 the master; it resolves to the event of the fork.
export async function promote(page) {
  await tick(page, 1000);
  const { events } = await run(page, "isolate m1");
  await tick(page, 300);
  await run(page, "m1> SET order:1 paid");
  await run(page, "m1> SET order:2 paid");
  await run(page, "r1> REPLICAOF NO ONE");
  await run(page, "r2> REPLICAOF r1 6380");
  await tick(page, 2000);
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
    const { playing } = await tick(page, 500);
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
  await tick(page, 1500);
  await run(page, "m1> SET color blue");
  await run(page, "m1> EXPIRE color 60");
  await tick(page, 1500);
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
  calm: (page) => tick(page, 1500),
  cut,
  late: overflow,
  async continued(page) {
    await cut(page);
    await page.click(id("guess-continue"));
    await run(page, "heal m1 r1");
    await tick(page, 2500);
    await page.locator(id("verdict")).waitFor();
  },
  async full(page) {
    await overflow(page);
    await run(page, "heal m1 r1");
    await tick(page, 2500);
    await page.locator(id("verdict")).waitFor();
  },
  async promoted(page) { // the verdict by the second replid, of a history that is another's now
    await promote(page);
    await page.locator(id("verdict")).waitFor();
  },
  async commands(page) {
    await cut(page);
    await page.click(id("tape-closer"));
    await shows(page, "tape-zoom", /commands/);
  },
  async bytes(page) {
    await cut(page);
    await page.click(id("tape-closer"));
    await page.click(id("tape-closer"));
    await shows(page, "tape-zoom", /bytes/);
  },
  async writing(page) {
    await page.click(id("load-m1"));
    await tick(page, 1530);
  },
  async paused(page) {
    await tick(page, 1500);
    await page.click(id("play"));
  },
  async rewound(page) {
    await cut(page);
    const { events } = await tick(page, 2000);
    await seek(page, events - 60);
  },
  async compared(page) {
    const fork = await promote(page);
    await seek(page, fork);
    await run(page, "m1> SET other 1");
    await run(page, "rejoin m1");
    await tick(page, 2000);
    await page.click(id("compare-open"));
    await page.locator(id("compare")).waitFor();
  },
  async moments(page) {
    await cut(page);
    const more = page.locator(id("deck-more")); // a phone has less often needed keys behind this one
    if (await more.isVisible()) await more.click();
    await page.click(id("moments-open"));
    await page.locator(id("moments")).getByText("hello again").waitFor();
  },
  async audit(page) {
    await promote(page);
    await page.click(id("audit-open"));
    await page.locator(id("audit-row")).waitFor();
  },
  async sizing(page) {
    await tick(page, 2000);
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
  async fidelity(page) {
    await page.click(id("help"));
    await page.click(id("help-real"));
    await page.locator(id("fidelity")).waitFor();
  },
  async share(page) {
    await cut(page);
    await page.click(id("share"));
    await shows(page, "share-link", /#v=1/);
  },
  async linked(page) { // by a link that says what nobody understands
    await page.evaluate(() => (location.hash = "#v=1&test=1&s=nowhere&colour=red"));
    await page.locator(id("notice")).waitFor();
  },
  async table(page) {
    await cut(page);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("v");
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
    await shows(page, "editor-errors", /2 errors/);
  },
  async link(page) {
    await run(page, "blackhole m1 > r1");
    await run(page, "link m1 r2 latency 250ms bandwidth 64kb/s");
    await tick(page, 500);
    await page.click(id("faults-m1-r1"));
    await page.locator(".inspector").waitFor();
  },
  async added(page) {
    await page.click(id("add-node"));
    await page.click(id("fault-add"));
    await tick(page, 200);
    await page.locator(id("node-r3")).waitFor();
  },
  async killed(page) {
    await run(page, "freeze r2");
    await run(page, "skew r1 -2s");
    await run(page, "kill m1");
    await tick(page, 1500);
  },
  async empty(page) {
    for (const name of ["r1", "r2"]) await run(page, `${name}> REPLICAOF NO ONE`);
    await page.locator(id("slot")).waitFor();
  },
  async completing(page) {
    await page.locator(id("cli-m1")).focus();
    await page.keyboard.type("CL");
    await page.locator(".suggest__item").first().waitFor();
  },
  async waiting(page) {
    await run(page, "m1> SET a 1");
    await run(page, "blackhole m1 r1");
    await run(page, "blackhole m1 r2");
    await run(page, "m1> SET b 2");
    await run(page, "m1> WAIT 2 5000");
    await tick(page, 1200);
  },
  async packet(page) {
    await run(page, "m1> SET color blue");
    await tick(page, 300);
    if (await page.locator(id("tab-wire")).isVisible()) await page.click(id("tab-wire")); // where it takes turns
    await page.waitForFunction(() => document.querySelector('[data-testid^="wire-"][role="button"], .wire [data-testid^="wire-"]'));
    await page.evaluate(() => {
      const arrows = [...document.querySelectorAll(".wire [data-testid]")].filter((e) => /^wire-\d+$/.test(e.dataset.testid));
      arrows.at(-1).dispatchEvent(new MouseEvent("click", { bubbles: true }));
    });
    await page.locator(id("wire-detail")).waitFor();
  },
  async chapter(page) {
    await lesson(page, "backlog-overflow");
    await tick(page, 700);
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
    await tick(page, 100);
  },
  async failed(page) {
    await page.click(id("tab-script"));
    await page.setInputFiles(id("script-file"), { name: "wrong.resync", mimeType: "", buffer: Buffer.from("node a\nnode b replicaof a\nwait 7s\nexpect a.connected_slaves = 5\n") });
    await page.locator(id("problem")).waitFor();
  },
  async crowd(page) {
    for (let i = 3; i < 10; i++) await run(page, `node r${i} replicaof ${i < 7 ? "m1" : "r3"}`);
    await run(page, "load m1 rate 200/s");
    await tick(page, 7000);
  },
  async syncing(page) {
    await run(page, "m1> CONFIG SET rdb-key-save-delay 2000");
    await run(page, "link m1 r1 bandwidth 16kb/s");
    await run(page, "r1> REPLICAOF NO ONE");
    await run(page, "r1> SET own 1");
    await run(page, "load m1 rate 1000/s");
    await tick(page, 800);
    await run(page, "r1> REPLICAOF m1 6379");
    await tick(page, 6500);
  },
};
