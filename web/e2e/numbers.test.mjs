// Every number that the page shows is one that INFO, ROLE, DBSIZE or CONFIG GET says: asked at the prompt, at random events of a
// run with everything that moves them. The choice is that of SEED.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { begin, run, seek, site, state, tick } from "./lib.mjs";
import { drawn } from "./states.mjs";

const seed = Number(process.env.SEED ?? 1);
const samples = Number(process.env.SAMPLES ?? (process.env.ALL ? 100 : 20));
const commas = (number) => Number(number).toLocaleString("en");
const short = (replid) => `${replid.slice(0, 4)}…${replid.slice(-4)}`;

// A run in which a replica is cut and continues, is cut and comes too late, a master is killed and a replica takes over,
// and the old master follows it.
const acts = [
  ["load m1 rate 100/s", 800],
  ["sever m1 r1", 700],
  ["heal m1 r1", 2500],
  ["blackhole m1 r2", 900],
  ["load m1 rate 2000/s", 600],
  ["heal m1 r2", 1500],
  ["load m1 rate 100/s", 300],
  ["sever m1 r2", 800],
  ["heal m1 r2", 7000],
  ["kill m1", 900],
  ["r1> REPLICAOF NO ONE", 200],
  ["r2> REPLICAOF r1 6380", 1500],
  ["r1> SET after failover", 400],
  ["start m1", 300],
  ["m1> REPLICAOF r1 6380", 2500],
];

// random is a generator of numbers below 1 that every machine repeats (mulberry32).
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const fields = (text) => Object.fromEntries(text.split("\n").filter((l) => /^\w+:/.test(l)).map((l) => [l.slice(0, l.indexOf(":")), l.slice(l.indexOf(":") + 1).trim()]));

// parsed turns "slave0:ip=10.0.0.2,port=6380,state=online,offset=5,lag=0" into its parts.
const parsed = (value) => Object.fromEntries(value.split(",").map((part) => part.split("=")));

describe("numbers", () => {
  const here = site();

  // shown reads everything that the page shows of a node, without telling anybody anything.
  async function shown(page, name) {
    return page.evaluate(
      async (name) => {
        const there = async (selector) => {
          for (let i = 0; i < 1000; i++) {
            const e = document.querySelector(`[data-testid="${selector}"]`);
            if (e) return e;
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          throw new Error(`there is no ${selector}`);
        };
        const tab = async (which) => {
          (await there(`tab-${which}`)).click();
          return there(`${which}-${name}`);
        };
        (await there(`pick-${name}`)).click();
        await tab("ledger");
        const ledger = Object.fromEntries([...document.querySelectorAll("[data-field]")].map((e) => [e.dataset.field, e.textContent]));
        await tab("config");
        const config = Object.fromEntries([...document.querySelectorAll(".knob")].map((e) => [e.querySelector("label").textContent, e.querySelector("input").value]));
        const about = (await tab("data")).querySelector(".inspector__about").textContent;
        const pick = (root, selector) => root?.querySelector(selector)?.textContent.trim() ?? "";
        const card = document.querySelector(`[data-testid="node-${name}"]`);
        const row = [...document.querySelectorAll(".nodes tbody tr")].find((tr) => tr.querySelector("th").textContent === name);
        return {
          ledger, config, about,
          state: card.dataset.state, role: card.dataset.role,
          figure: pick(card, ".card__figure"), caption: pick(card, ".card__caption"), word: pick(card, ".card__word"), chip: pick(card, ".chip"),
          fact: pick(card, ".card__fact"), held: pick(card, ".card__held span"),
          counts: Object.fromEntries([...card.querySelectorAll(".card__fields > div")].map((d) => [d.querySelector("dt").textContent, d.querySelector("dd").textContent])),
          cursor: document.querySelector(`[data-testid="cursor-${name}"]`)?.dataset.offset,
          flag: pick(document, `[data-testid="flag-${name}"]`),
          forecast: pick(document, `[data-testid="forecast-${name}"]`),
          links: Object.fromEntries([...document.querySelectorAll(`.link[data-testid^="link-${name}-"]`)].map((e) => [e.dataset.testid.slice(`link-${name}-`.length), pick(e, ".link__state")])),
          tape: document.querySelector(".tape__plot")?.getAttribute("aria-label") ?? "",
        };
      },
      name,
    );
  }

  // ask types commands at a node's prompt and resolves to the replies.
  async function ask(page, name, ...commands) {
    return page.evaluate(
      async ([name, commands]) => {
        for (const command of commands) window.__resync.run(`${name}> ${command}`);
        for (let i = 0; i < 1000; i++) {
          const turns = [...document.querySelectorAll(`[data-testid="cli-output-${name}"] .cli__turn`)].slice(-commands.length);
          const typed = turns.map((turn) => turn.querySelector(".cli__typed").textContent);
          if (typed.join() === commands.join()) return turns.map((turn) => turn.querySelector(".cli__reply").textContent);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        throw new Error(`${name} does not answer`);
      },
      [name, commands],
    );
  }

  // compare holds what is shown of a node against what it says.
  async function compare(page, name, node, all) {
    if (node.state === "down") {
      assert.equal(node.figure, "–");
      assert.deepEqual(node.ledger, {});
      return 0;
    }
    const [replication, stats, role, dbsize, config] = await ask(page, name, "INFO replication", "INFO stats", "ROLE", "DBSIZE", `CONFIG GET ${Object.keys(node.config).join(" ")}`);
    const info = { ...fields(replication), ...fields(stats) };
    const roles = [...role.matchAll(/(?:"([^"]*)"|\(integer\) (-?\d+))/g)].map((m) => m[1] ?? m[2]);
    let checked = 0;
    const same = (got, want, what) => {
      checked++;
      assert.equal(got, want, `${name}: ${what}`);
    };
    const master = info.role === "master";
    same(node.role, master ? "master" : "replica", "role");
    same(roles[0], info.role, "role in ROLE");
    same(node.caption, master ? "master_repl_offset" : "slave_repl_offset", "caption");
    same(node.figure, commas(info[node.caption]), "the figure on its card");
    same(master ? roles[1] : roles[4], info[node.caption] && (master ? info.master_repl_offset : roles[4]), "offset in ROLE");
    same(node.chip, short(info.master_replid), "the chip");
    for (const [field, value] of Object.entries(node.counts)) same(value, info[field], field);
    if (node.held && node.held !== "none yet") same(node.held, `${commas(info.repl_backlog_histlen)} B`, "held");
    assert.ok(Object.keys(node.ledger).length >= 10);
    for (const [field, value] of Object.entries(node.ledger)) {
      const [line, part] = field.split(" "); // as in slave0 lag
      same(value, part ? parsed(info[line])[part] : info[field] ?? node.config[field], `${field} in the ledger`);
    }
    const keys = dbsize.match(/\(integer\) (\d+)/)[1];
    assert.match(node.about, new RegExp(`^${commas(keys)} keys?\\b|Too many keys to compare: ${commas(keys)}\\.`), `${name}: keys in the data tab`);
    if (/keys?$/.test(node.fact)) same(node.fact, `${commas(keys)} key${keys === "1" ? "" : "s"}`, "keys on its card");
    const set = [...config.matchAll(/\d+\) "((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]);
    assert.ok(Object.keys(node.config).length >= 10);
    for (const [knob, value] of Object.entries(node.config)) same(value, set[set.indexOf(knob) + 1], knob);

    if (master) {
      const followers = Object.keys(info).filter((k) => /^slave\d+$/.test(k)).map((k) => parsed(info[k]));
      for (const f of followers) {
        const follower = Object.keys(all).find((n) => `638${Number(n.slice(1)) - 1}` === f.port || (n === "m1" && f.port === "6379"));
        const words = node.links[follower]?.split(/:\s*/).pop().trim() ?? "";
        if (f.state === "online" && /^online/.test(words)) same(words, `online lag ${f.lag} s`, `the link to ${follower}`);
      }
      same(roles.filter((_, i) => i > 1).length / 3, followers.length, "replicas in ROLE");
      if (node.tape.startsWith(`${name}`) || node.tape.includes(`${name} `)) {
        if (info.repl_backlog_active === "1") assert.ok(node.tape.includes(commas(info.master_repl_offset)), `${name}: the tape says ${node.tape}`);
      }
    } else {
      same(node.word.replace("✕ ", ""), info.master_sync_in_progress === "1" ? "sync" : info.master_link_status, "the word on its card");
      if (node.cursor !== undefined) same(node.cursor, info.slave_repl_offset, "its cursor on the tape");
      const wants = node.flag.match(/will ask for ([0-9,]+)/);
      if (wants) same(wants[1], commas(Number(info.slave_repl_offset) + 1), "its flag on the tape");
      const owner = Object.entries(all).find(([, n]) => n.info?.role === "master")?.[1].info;
      const missing = node.forecast.match(/sends the missing ([0-9,]+) B/);
      if (missing && owner) same(missing[1], commas(owner.master_repl_offset - info.slave_repl_offset), "its forecast");
      const late = node.forecast.match(/it wants byte ([0-9,]+), the first one held is ([0-9,]+)/);
      if (late && owner) {
        same(late[1], commas(Number(info.slave_repl_offset) + 1), "what its forecast says it wants");
        same(late[2], commas(owner.repl_backlog_first_byte_offset), "what its forecast says is held");
      }
    }
    all[name].info = info;
    return checked;
  }

  // lastOfItsMoment resolves to the last event that happens at the same moment as one: whoever asks is answered after them all.
  async function lastOfItsMoment(page, event) {
    const { nanos } = await seek(page, event);
    let step = 1;
    const goesOn = async () => {
      const there = await seek(page, event + step);
      const same = there.nanos === nanos && there.events > event;
      if (same) event = there.events;
      return same;
    };
    while (await goesOn()) step *= 2;
    while ((step >>= 1)) await goesOn();
    return event;
  }

  test(`at ${samples} random events (seed ${seed}) everything shown is what INFO, ROLE, DBSIZE and CONFIG GET say`, async () => {
    const page = await begin(here, { viewport: { width: 1440, height: 1000 } });
    const from = (await state(page)).events;
    for (const [line, millis] of acts) {
      await run(page, line);
      await tick(page, millis);
    }
    const { events, problem } = await state(page);
    assert.equal(problem, undefined);
    const next = random(seed);
    const chosen = Array.from({ length: samples }, () => from + Math.floor(next() * (events - from)));
    let checked = 0;
    // From the last one back: what is asked at an event begins a branch there, and those before it are on that branch, too.
    for (let event of chosen.sort((a, b) => b - a)) {
      event = await lastOfItsMoment(page, event);
      await seek(page, event);
      await drawn(page);
      const { nodes } = await state(page);
      const all = {};
      for (const { name } of nodes) all[name] = await shown(page, name);
      const order = nodes.map((n) => n.name).sort((a, b) => Number(all[b].role === "master") - Number(all[a].role === "master"));
      try {
        for (const name of order) checked += await compare(page, name, all[name], all);
      } catch (error) {
        error.message = `at event ${event}: ${error.message}`;
        throw error;
      }
    }
    assert.ok(checked > samples * 60, `${checked} numbers were compared`);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
});
