// Lets the page that holds this frame speak to it: the child's side of the protocol resync/1. Only embed.html loads it.
//
// The parent says hello, again and again until it is welcomed:
//
//   → {ns: "resync", v: 1, type: "hello", id, nonce}
//   ← {ns: "resync", v: 1, type: "welcome", id, nonce, engine, build, caps, scenario} and a MessagePort
//
// A hello of another version is answered with {ns: "resync", v: 1, type: "unsupported", id, nonce}.
//
// Everything else goes through the port. A request carries rid, and has one reply: {rid, ok: true, result} or {rid, ok: false,
// error: {code, message}}. What the frame tells by itself has type and no rid; of that an error is the end, and a notice, {code,
// message}, says what was wrong with what was asked for: it goes on without.
//
// Only the parent is listened to, for messages of a known form, of 64 KB at most, and 50 a second. Nothing here is a
// secret, and no message can make the frame navigate, fetch, open, evaluate or store anything: a request is words and
// numbers, which package web/view takes apart.
(() => {
  "use strict";
  if (window.parent === window) return;

  const largest = 64 << 10; // characters of a message as JSON
  const mostInSecond = 50;
  const mostWaiting = 50; // before the program runs
  const every = 250; // ms between two looks at what is new
  const soon = 40; // ms until one for which something waits
  const linkEvery = 1000; // ms between two links of a run that goes on

  let port = null;
  let waiting = []; // requests from before the program ran
  let said = {}; // the last of each kind that was told
  let stated = -every; // when the state was told last
  let linked = 0; // when a link was asked for last
  let stale = false; // that one is of an earlier moment
  let asked = 0; // its number
  let links = new Map(); // by number: who waits for a link
  let openings = []; // answers to those who had something opened
  let sizes = []; // when the last changes of size were told
  let height = 0;

  const words = () => new URLSearchParams(location.hash.slice(1));
  const inside = () => (document.documentElement.dataset.state === "ready" ? window.__resync : undefined);
  const isText = (v, most = largest) => typeof v === "string" && v.length <= most;
  const isNumber = (v) => typeof v === "number" && Number.isFinite(v);
  const isPlain = (v) => typeof v !== "object" || v === null || ((Array.isArray(v) || Object.getPrototypeOf(v) === Object.prototype) && Object.values(v).every(isPlain));
  const isName = (v) => isText(v, 100) && /^[\w.-]+$/.test(v);

  addEventListener("message", (event) => {
    const d = event.data;
    if (event.source !== window.parent || port || typeof d !== "object" || d === null) return;
    if (d.ns !== "resync" || !isNumber(d.v) || d.type !== "hello" || !isText(d.id, 100) || !isText(d.nonce, 100)) return;
    const answer = (type, more, ports) =>
      window.parent.postMessage({ ns: "resync", v: 1, type, id: d.id, nonce: d.nonce, ...more }, "*", ports); // nothing secret, and its origin may be "null"
    if (d.v !== 1) return answer("unsupported");
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = (message) => take(message.data);
    askForProgram();
    const scenario = words().get("s") ?? "";
    const build = JSON.parse(document.getElementById("play-build").textContent).wasm?.split(".")[1]; // the program's hash
    answer("welcome", { engine: "resync", build, caps: [...Object.keys(requests)], scenario }, [channel.port2]);
    loading();
    look();
  });

  // --- the program ---

  // A frame of opaque origin shares no cache with others: the host that says so in the address fetches the program once for all
  // of them, and hands its pieces over. On an origin of its own nobody's program would be run but that origin's.
  let program = null; // what waits for it: {name, take}
  if (window.origin === "null" && words().get("program") === "host")
    window.resyncProgram = (name) =>
      new Promise((resolve, reject) => {
        let pieces; // the controller of a stream
        const hurry = setTimeout(() => program.take({ failed: true }), 5000);
        program = {
          name,
          take({ piece, done, failed }) {
            clearTimeout(hurry);
            if (failed || !(done || piece instanceof Uint8Array)) {
              const error = new Error("the page around the frame does not hand over the program");
              program = null;
              if (pieces) pieces.error(error);
              else reject(error);
              return;
            }
            if (!pieces) resolve(new ReadableStream({ start: (controller) => void (pieces = controller) }));
            if (piece) pieces.enqueue(piece);
            if (done) [program] = [null, pieces.close()];
          },
        };
        askForProgram();
      });

  function askForProgram() {
    if (port && program) tell("program", { name: program.name });
  }

  const tell = (type, data) => port?.postMessage({ type, ...data });

  // tellNew tells what differs from what was told last.
  function tellNew(type, data) {
    const text = JSON.stringify(data);
    if (said[type] === text) return false;
    said[type] = text;
    tell(type, data);
    return true;
  }

  // --- requests ---

  let second = 0;
  let inSecond = 0;

  function take(d) {
    if (program && d?.type === "program") return program.take(d);
    const now = performance.now();
    if (now - second >= 1000) [second, inSecond] = [now, 0];
    const rid = typeof d === "object" && d !== null && (isNumber(d.rid) || isText(d.rid, 100)) ? d.rid : null;
    const fail = (code, message) => port.postMessage({ rid, ok: false, error: { code, message } });
    if (++inSecond > mostInSecond) return fail("rate", `more than ${mostInSecond} messages in a second`);
    let size;
    try {
      size = JSON.stringify(d).length;
    } catch {
      size = NaN;
    }
    if (!(size <= largest)) return fail("size", `a message has ${largest} characters of JSON at most`);
    if (!isPlain(d)) return fail("invalid", "a message has texts, numbers, truths, lists and plain objects");
    if (rid === null || typeof d.type !== "string") return fail("invalid", "a request has a type and a rid");
    if (!Object.hasOwn(requests, d.type)) return fail("unsupported", `there is no request ${d.type.slice(0, 40)}`);
    const answer = (result) => port.postMessage({ rid, ok: true, result });
    const run = () => {
      try {
        const result = requests[d.type](d, { answer, fail });
        if (result !== undefined) answer(result);
        setTimeout(look);
      } catch (error) {
        fail(error.code ?? "invalid", error.message);
      }
    };
    if (inside()) run();
    else if (document.documentElement.dataset.state === "error") fail("failed", "the engine does not run");
    else if (waiting.length < mostWaiting) waiting.push(run);
    else fail("rate", "too many requests before the engine runs");
  }

  // ask hands a request to the page. Words arrive there as words.
  function ask(verb, ...words) {
    const { code, message, result } = JSON.parse(inside().embed(verb, ...words.map(String)));
    if (code) throw Object.assign(new Error(message), { code });
    return result;
  }

  const wrong = (message) => {
    throw Object.assign(new Error(message), { code: "invalid" });
  };

  // noLength says why the host's element cannot be as high as that. The browser knows best what a length is.
  function noLength(key, value) {
    if (!/^(m..-)?height$/.test(key) || value === "" || CSS.supports(key, isNaN(value) ? value : value + "px")) return "";
    return `${key} is pixels, auto or any length of CSS, and not "${String(value).slice(0, 40)}".`;
  }

  // a line of the script out of a fault: the statement, what it is done to, and its further words.
  function statement(kind, target, words = []) {
    if (!isName(kind) || !isText(target, 200) || !Array.isArray(words) || !words.every((w) => isText(String(w), 200))) wrong("a fault has a kind, a target and perhaps words");
    return [kind, ...places(target.trim()), ...words.map(String)].join(" ").replace(/[\r\n]/g, " ");
  }

  // places are the nodes of a target: "r1", "m1 r1" or "m1-r1". A name may have a hyphen itself.
  function places(target) {
    if (/\s/.test(target)) return target.split(/\s+/);
    const names = ask("state").nodes.map((n) => n.name);
    if (names.includes(target)) return [target];
    const first = names.find((n) => target.startsWith(n + "-") && names.includes(target.slice(n.length + 1)));
    return first ? [first, target.slice(first.length + 1)] : target.split("-").filter(Boolean);
  }

  const topics = ["state", "step", "command", "verdict", "link", "resize", "edge", "notice", "wire"]; // all but the last are told anyway

  const requests = {
    play: () => ask("play") ?? true,
    pause: () => ask("pause") ?? true,
    seek: (d) => (isNumber(d.event) ? ask("seek", "event", Math.trunc(d.event)) : isNumber(d.t) ? ask("seek", "t", Math.trunc(d.t)) : wrong("seek has t or event")) ?? true,
    step: (d) => (isNumber(d.n ?? 1) ? ask("step", Math.trunc(d.n ?? 1)) : wrong("n is a number")) ?? true,
    speed: (d) => (isNumber(d.speed) ? ask("speed", d.speed) : wrong("speed is a number")) ?? true,
    exec(d) {
      const line = Array.isArray(d.argv) ? d.argv.map((w) => quote(String(w))).join(" ") : d.line;
      if (!isName(d.node) || !isText(line)) wrong("exec has a node, and a line or argv");
      return ask("exec", d.node, line.replace(/[\r\n]/g, " "));
    },
    fault: (d) => ask("run", statement(d.kind, d.target, d.words)) ?? true,
    heal: (d) => ask("run", statement("heal", d.target)) ?? true,
    load(d, { answer, fail }) {
      if (isText(d.link)) open(d.link.slice(d.link.indexOf("#") + 1), answer); // permalink() has the page before it
      else if (isText(d.log)) resyncPack(d.log).then((packed) => open(`v=1&a=${packed}`, answer)).catch((e) => fail(e.code ?? "invalid", e.message));
      else if (isName(d.scenario)) open(`v=1&s=${d.scenario}`, answer);
      else wrong("load has a scenario, a log or a link");
    },
    set(d) {
      if (d.lang !== undefined && !/^en\b/i.test(d.lang)) wrong("this page speaks English, and no other language yet");
      const settings = ["theme", "motion", "pace", "speed", "controls", "view", "readonly", "keys", "node", "height", "min-height", "max-height", "lazy", "autoplay"];
      for (const [key, value] of Object.entries(d)) {
        if (["type", "rid", "lang"].includes(key)) continue;
        if (!settings.includes(key)) wrong(`there is no setting ${key.slice(0, 40)}`);
        if (!["string", "number", "boolean"].includes(typeof value)) wrong(`${key} is a word or a number`);
        if (noLength(key, value)) wrong(noLength(key, value));
        ask("set", key, value);
      }
      return true;
    },
    subscribe(d) {
      if (!Array.isArray(d.topics) || !d.topics.every((topic) => topics.includes(topic))) wrong(`subscribe has topics, of ${topics.join(", ")}`);
      ask("wire", d.topics.includes("wire"));
      return true;
    },
    snapshot: (d, reply) => link((fragment) => reply.answer({ v: 1, link: fragment, t: JSON.parse(inside().news()).state.t })),
    restore: (d, { answer }) => (d.snapshot?.v === 1 && isText(d.snapshot.link) ? open(d.snapshot.link, answer) : wrong("that is no snapshot")),
    permalink: (d, reply) => link((fragment) => reply.answer(new URL("index.html#" + fragment, document.baseURI).href)),
    state: () => ask("state"),
  };

  // quote writes a word so that a prompt reads it as one, whatever is in it.
  const quote = (word) => '"' + word.replace(/[\\"]/g, "\\$&").replace(/[\x00-\x1f]/g, (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0")) + '"';

  // open has the page open a link. The answer comes when it stands there, so that what is asked for next is asked of that.
  function open(fragment, answer) {
    ask("load", fragment);
    openings.push(answer);
    setTimeout(look);
  }

  // link has the page make a link to this moment, and hands it over once it is there.
  function link(then) {
    [linked, stale] = [performance.now(), false];
    asked = ask("link");
    links.set(asked, then);
  }

  // --- what the frame tells ---

  let timer = 0;
  function look() {
    clearTimeout(timer);
    timer = setTimeout(look, links.size || openings.length ? soon : every);
    if (!inside()) return;
    for (const run of waiting.splice(0)) run();
    const { state, step, events, notice } = JSON.parse(inside().news());
    const { opening, ...rest } = state;
    if (!opening) {
      const amiss = [notice];
      if (!said.ready) {
        tellNew("ready", { scenario: state.scenario });
        for (const [key, value] of words()) amiss.push(noLength(key, value));
      }
      for (const answer of openings.splice(0)) answer(true);
      for (const message of amiss.filter(Boolean)) tell("notice", { code: "invalid", message });
      for (const { type, data } of events) tell(type, data);
      const now = performance.now();
      if (now - stated >= every && tellNew("state", rest)) [stated, stale] = [now, true];
      if (stale && performance.now() - linked >= linkEvery) link(() => {});
      if (step) tellNew("step", step);
    }
    const made = inside().link();
    const cut = made.indexOf(" ");
    const [number, fragment] = [Number(made.slice(0, cut)), made.slice(cut + 1)];
    for (const [n, then] of links) {
      if (n > number || !fragment) continue;
      links.delete(n);
      then(fragment);
    }
    if (fragment) tellNew("link", { fragment });
    measure();
  }

  // What a reader does is told soon: the host may take the frame away, and the link is what brings it back.
  for (const type of ["click", "keyup"]) addEventListener(type, () => setTimeout(look, soon));

  // measure tells how high the frame would be with nothing cut off, at the width that it has. The way is one way: what is
  // told depends on the width alone, so that the answer cannot ask again.
  function measure() {
    const stage = document.querySelector(".embed .stage");
    const app = document.getElementById("app");
    if (!app) return;
    const inner = stage?.firstElementChild;
    const pads = stage ? parseFloat(getComputedStyle(stage).paddingTop) + parseFloat(getComputedStyle(stage).paddingBottom) : 0;
    const least = parseFloat(getComputedStyle(app).minHeight) || 0;
    const h = Math.ceil(Math.max(least, stage ? app.offsetHeight - stage.offsetHeight + (inner?.offsetHeight ?? 0) + pads + 1 : document.documentElement.scrollHeight));
    const now = performance.now();
    sizes = sizes.filter((at) => now - at < 1000);
    if (Math.abs(h - height) < 2 || sizes.length >= 5) return;
    height = h;
    sizes.push(now);
    tell("resize", { h });
  }

  // loading tells how far the download is, and why the program does not run.
  function loading() {
    const bar = document.getElementById("load-bar");
    const progress = () => tellNew("loading", { bytes: bar?.value ?? 0, total: bar?.max ?? 0 });
    const failed = () => {
      if (document.documentElement.dataset.state !== "error") return;
      const words = (id) => document.getElementById(id).textContent;
      tellNew("error", { code: "failed", message: `${words("failure-title")}. ${words("failure-what")} ${words("failure-todo")}` });
    };
    if (bar) new MutationObserver(progress).observe(bar, { attributes: true });
    new MutationObserver(failed).observe(document.documentElement, { attributes: true, attributeFilter: ["data-state"] });
    progress();
    failed();
  }

  // Out of sight, time stands still: from the beginning, where the frame begins there. The browser draws no frames of a hidden
  // page anyway.
  let asleep = false;
  const sleep = () => inside() && ask("sleep", asleep);
  new IntersectionObserver((entries) => sleep((asleep = !entries.at(-1).isIntersecting))).observe(document.documentElement);
  new MutationObserver(sleep).observe(document.documentElement, { attributes: true, attributeFilter: ["data-state"] });

  // Tab leaves the frame at its ends, as always: the host hears which way.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Tab" || event.defaultPrevented) return;
    const stops = [...document.querySelectorAll("a[href], button:not(:disabled), input, select, [tabindex='0']")].filter((e) => e.getClientRects().length);
    if (document.activeElement === stops.at(event.shiftKey ? 0 : -1)) tell("edge", { dir: event.shiftKey ? "back" : "forward" });
  });
})();
