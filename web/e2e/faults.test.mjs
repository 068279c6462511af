// Touching the world: faults on links and nodes, nodes that are added and follow each other, by mouse, by keyboard alone and by
// touch on a phone.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { axe, begin as open, end, fits, focused, id, lowTargets, press, run, script, seek, shows, site, state, tick } from "./lib.mjs";

describe("faults", () => {
  const here = site();

  const begin = (options) => open(here, { viewport: { width: 1440, height: 900 }, ...options });
  const link = (page, name, state) => page.waitForSelector(`${id(`link-${name}`)}[data-state="${state}"]`);
  const node = (page, name, state) => page.waitForSelector(`${id(`node-${name}`)}[data-state="${state}"]`);

  test("by mouse: a link is a blackhole one way, slow, and healed", async () => {
    const page = await begin();
    await page.click(id("faults-m1-r1"));
    await page.waitForSelector(id("faults-m1"));
    await shows(page, "fault-line-dark-from", /^blackhole m1 > r1$/);
    await page.click(id("fault-dark-from"));
    await link(page, "m1-r1", "blackhole");
    await shows(page, "faults-m1-r1", /blackhole m1 to r1/);
    await page.waitForSelector(`${id("fault-dark-from")}[aria-pressed="true"]`);

    // The master goes on as if nothing were wrong, and so does the replica: nobody was told.
    await run(page, "m1/2> SET k v");
    let state = await tick(page, 2000);
    assert.equal(state.nodes[1].link, "connected");
    assert.ok(state.nodes[1].offset < state.nodes[0].offset);
    await page.click(id("fault-heal"));
    await page.waitForSelector(`${id("fault-heal")}[aria-disabled="true"]`);
    state = await tick(page, 4000);
    assert.equal(state.nodes[1].offset, state.nodes[0].offset);

    await page.fill(id("entry-latency-latency"), "250");
    await shows(page, "fault-line-latency", /^link m1 r1 latency 250ms$/);
    await page.click(id("fault-latency"));
    await shows(page, "link-m1-r1", /250 ms/);
    await page.fill(id("entry-latency-latency"), "4000000");
    await page.click(id("fault-latency"));
    await shows(page, "fault-error-latency", /an hour each at most/);
    assert.equal(await page.locator(id("entry-latency-latency")).getAttribute("aria-invalid"), "true");
    assert.deepEqual(await axe(page), []);
    await end(page);
  });

  test("by mouse: a node is frozen, killed, wiped and started, with a clock of its own", async () => {
    const page = await begin();
    await page.click(id("menu-r1"));
    await shows(page, "fault-about", /Up since/);
    await page.click(id("fault-freeze"));
    await node(page, "r1", "frozen");
    await page.click(id("fault-freeze"));
    await node(page, "r1", "up");
    await page.fill(id("entry-skew-by"), "-2.5");
    await page.keyboard.press("Enter");
    await shows(page, "node-r1", /clock −2.5 s/);
    await page.click(id("fault-wipe"), { force: true });
    await shows(page, "fault-error-wipe", /only the files of a node that is down/);
    await page.click(id("fault-kill"));
    await node(page, "r1", "down");
    await page.click(id("fault-wipe"));
    await page.click(id("fault-start"));
    await node(page, "r1", "up");
    await page.fill(id("entry-load-rate"), "50");
    await page.selectOption(id("entry-load-mix"), "all");
    await page.click(id("fault-load"));
    await shows(page, "fault-row-load", /now 50\/s/);
    await page.click(id("fault-unload"));
    assert.match(await script(page), /freeze r1\nthaw r1\nskew r1 -2.5s\nkill r1\nwipe r1\nstart r1\nload r1 rate 50\/s size 64 keys 1000 mix all\nunload r1\n/);
    await end(page);
  });

  test("a node comes back as another version, goes for good, and is still there in the past", async () => {
    const page = await begin();
    await page.click(id("menu-r1"));
    await page.click(id("fault-remove"), { force: true });
    await shows(page, "fault-error-remove", /r1 is up: kill it or shut it down first/);
    await page.click(id("fault-shutdown"));
    await node(page, "r1", "down");
    await page.selectOption(id("entry-start-era"), "8.0");
    await shows(page, "fault-line-start", /^start r1 era 8.0$/);
    await page.click(id("fault-start"));
    await shows(page, "node-r1", /Valkey 8.0/);
    await page.click(id("fault-kill"));
    await node(page, "r1", "down");
    assert.deepEqual(await axe(page), []);
    const killed = (await state(page)).events;

    // Its button goes with it: the focus is on a card, where another press removes nothing.
    await page.locator(id("fault-remove")).focus();
    await press(page, "Enter");
    await page.waitForSelector(id("node-r1"), { state: "detached" });
    await page.waitForFunction(() => document.activeElement?.id === "node-m1");
    assert.equal(await page.locator(id("pick-r1")).count(), 0);
    assert.match(await script(page), /shutdown r1 save\nstart r1 era 8.0\nkill r1\nremove r1\n/);
    assert.deepEqual(await axe(page), []);

    await seek(page, killed);
    await node(page, "r1", "down");
    await page.waitForSelector(id("pick-r1"));
    await end(page);
  });

  test("by mouse: a node is added, and follows the one that it is dragged onto", async () => {
    const page = await begin();
    await page.click(id("add-node"));
    await page.selectOption(id("entry-add-era"), "2.8");
    await page.fill(id("entry-add-name"), "No");
    await page.click(id("fault-add"));
    await shows(page, "fault-error-add", /is no name/);
    await page.fill(id("entry-add-name"), "old");
    await shows(page, "fault-line-add", /^node old era 2.8 replicaof m1$/);
    await page.click(id("fault-add"));
    await shows(page, "node-old", /Redis 2.8/);

    await page.dragAndDrop(id("node-r2"), id("node-r1"));
    await page.waitForSelector(id("link-r1-r2"));
    assert.match(await script(page), /^r2> REPLICAOF r1 6380$/m);
    const state = await tick(page, 4000);
    assert.equal(state.nodes[2].master, "r1");
    assert.equal(state.nodes[2].link, "connected");
    assert.equal(await page.locator(".card__drop").count(), 0);

    // The end of a link is the replica's.
    await page.dragAndDrop(id("link-r1-r2"), id("node-m1"), { sourcePosition: { x: 20, y: 20 } });
    await page.waitForSelector(id("link-m1-r2"));
    await end(page);
  });

  for (const [width, height] of [[1280, 800], [375, 740]]) {
    test(`what waits at the master for a slow replica fills a bar, ${width} wide`, async () => {
      const page = await begin({ viewport: { width, height } });
      await run(page, `m1> CONFIG SET client-output-buffer-limit "replica 300kb 0 0"`);
      await run(page, "link m1 r1 bandwidth 1kb/s");
      await run(page, "load m1 rate 200/s");
      await tick(page, 4500); // until the path is as full as it gets
      const bar = page.locator(id("queue-m1-r1"));
      await bar.waitFor();
      const part = Number(await bar.getAttribute("data-part"));
      assert.ok(part > 0 && part <= 1000, `${part} of 1000`);
      assert.match(await page.locator(id("link-m1-r1")).getAttribute("aria-label"), /[0-9,]+ B of .* wait at m1/);
      await tick(page, 2500);
      await page.waitForFunction(([s, before]) => Number(document.querySelector(s)?.dataset.part) > before, [id("queue-m1-r1"), part]);
      await fits(page);
      assert.deepEqual(await axe(page), []);
      await end(page);
    });
  }

  test("by keys alone: the same", async () => {
    const page = await begin();
    await page.locator("#node-m1").focus();
    await press(page, "ArrowRight");
    await page.waitForFunction(() => document.activeElement.id === "node-r1");
    await press(page, "ArrowDown");
    await page.waitForFunction(() => document.activeElement.id === "node-r2");
    await press(page, "b");
    await link(page, "m1-r2", "blackhole");
    await press(page, "h", "l", "x");
    await link(page, "m1-r1", "severed");
    await press(page, "h", "2", "p");
    await node(page, "r1", "frozen");
    await press(page, "p", "k");
    await node(page, "r1", "down");
    await press(page, "Shift+R");
    await node(page, "r1", "up");
    assert.match(await script(page), /blackhole m1 r2\nheal m1 r2\nsever m1 r1\nheal m1 r1\nfreeze r1\nthaw r1\nkill r1\nwipe r1\nstart r1\n/);

    // F goes to the palette; the rest is Tab, Space and what the browser does with a select.
    await press(page, "3", "f");
    await focused(page, "faults-r2");
    const reach = async (name) => {
      for (let i = 0; i < 60; i++) {
        if ((await page.evaluate(() => document.activeElement?.dataset.testid)) === name) return;
        await press(page, "Tab");
      }
      assert.fail(`${name} cannot be reached`);
    };
    await reach("entry-follow-master");
    await press(page, "r"); // r1
    await shows(page, "fault-line-follow", /REPLICAOF r1 6380/);
    await reach("fault-follow");
    await press(page, "Space");
    await page.waitForSelector(id("link-r1-r2"));
    await end(page);
  });

  test("by touch, 375 wide: a link is cut from its palette, and a node promoted", async () => {
    const page = await begin({ viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true });
    await page.tap(id("faults-m1-r2"));
    await page.waitForSelector(id("faults-m1"));
    const seen = await page.locator(id("fault-target")).boundingBox();
    assert.ok(seen.y >= 0 && seen.y + seen.height <= 812, `the palette is at ${seen.y}`);
    await page.tap(id("fault-sever"));
    await link(page, "m1-r2", "severed");
    await page.tap(id("pick-r1"));
    await page.selectOption(id("entry-follow-master"), "NO ONE");
    await page.tap(id("fault-follow"));
    await page.waitForSelector(`${id("node-r1")}[data-role="master"]`);
    await page.tap(id("add-node"));
    await page.tap(id("fault-add"));
    await page.waitForSelector(id("node-r3"));
    assert.deepEqual(await lowTargets(page, ".inspector :is(button, input, select), .link button, .node__pick"), []);
    await fits(page);
    await end(page);
  });

  // Every state that a stage or a palette can be in, each on top of the one before: what is run, and what is opened.
  const states = [
    ["the palette of a link", ["blackhole m1 > r1", "link m1 r2 latency 250ms bandwidth 64kb/s"], "faults-m1-r1"],
    ["the palette of a node", ["freeze r2", "skew r1 -2s", "isolate r1"], "fault-target"],
    ["a chain of four eras", ["thaw r2", "node a era 2.8 replicaof r2", "node b era 4.0 replicaof a", "node c era 8.0 replicaof b"], "add-node"],
    ["a ring, and masters alone", ["node d", "r1> REPLICAOF NO ONE", "m1> REPLICAOF b 6384", "shutdown d nosave"], "tab-faults"],
    ["no replica", ["m1> REPLICAOF NO ONE", "r2> REPLICAOF NO ONE", "a> SLAVEOF NO ONE", "b> SLAVEOF NO ONE", "c> REPLICAOF NO ONE"], "add-node"],
  ];
  for (const [width, height, colorScheme] of [[1440, 900, "dark"], [375, 812, "light"]]) {
    test(`every state at ${width}, ${colorScheme}: axe finds nothing`, async () => {
      const page = await begin({ viewport: { width, height }, colorScheme });
      for (const [name, lines, shown] of states) {
        for (const line of lines) await run(page, line);
        await page.click(id(shown));
        await page.waitForSelector(".inspector");
        assert.deepEqual(await axe(page), [], name);
      }
      await page.waitForSelector(id("slot"));
      await end(page);
    });
  }

  test("no state is wider than the window", async () => {
    const page = await begin();
    for (const [name, lines, shown] of states) {
      for (const line of lines) await run(page, line);
      await page.click(id(shown));
      await page.waitForSelector(".inspector");
      for (const width of [320, 375, 900, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        await fits(page, name);
      }
    }
    await end(page);
  });

  test("many nodes: cards keep their places, and the stage scrolls to the last", async () => {
    const page = await begin();
    for (let i = 0; i < 14; i++) await run(page, `node n${i} replicaof ${i < 7 ? "m1" : `n${i - 1}`}`);
    await tick(page, 100);
    await page.waitForSelector(id("node-n13"));
    const overlaps = await page.evaluate(() => {
      const boxes = [...document.querySelectorAll(".card")].map((e) => e.getBoundingClientRect());
      return boxes.filter((a, i) => boxes.some((b, k) => k > i && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
    });
    assert.equal(overlaps, 0);
    await page.locator("#node-n13").scrollIntoViewIfNeeded();
    const inside = await page.evaluate(() => {
      const card = document.querySelector('[data-testid="node-n13"] .card__name').getBoundingClientRect();
      const stage = document.querySelector(".stage").getBoundingClientRect();
      return card.right <= stage.right + 1 && card.bottom <= stage.bottom + 1;
    });
    assert.ok(inside);
    await end(page);
  });
});
