// <resync-playground scenario="short-outage" height="420">a figure for where no script runs</resync-playground>
//
// A thin shell around a sandboxed frame. README.md lists what it takes and does; assets/frame.js has the protocol.

const home = new URL("../", import.meta.url);
const size = "SIZE"; // filled in by the builder
const live = new Set(); // the elements that run
const places = ["scenario", "src", "seed", "step", "t", "profile"];
const plain = { node: "", view: "", controls: "minimal", readonly: 0, motion: "auto", keys: "on", pace: "story", speed: 1 };
const dark = matchMedia("(prefers-color-scheme: dark)");
const sheet = new CSSStyleSheet(); // no policy forbids it
sheet.replaceSync(`
:host { display: block; position: relative; overflow: hidden; border: var(--resync-border, 1px solid #7A8696); border-radius: var(--resync-radius, 6px); }
:host([hidden]), [hidden], :host([data-runs]) .poster { display: none; }
iframe { width: 100%; height: 100%; border: 0; }
:host(:not([data-runs])) iframe { position: absolute; inset: 0; visibility: hidden; }
.poster { box-sizing: border-box; height: 100%; padding: 12px 16px 64px; overflow: auto; }
button { position: absolute; left: 16px; bottom: 12px; min-height: 44px; padding: 0 16px; border: 0; border-radius: 6px;
  background: var(--resync-accent, #0B5CC4); color: #FFF; font: 600 15px system-ui; cursor: pointer; }
progress { position: absolute; inset: 0 0 auto; width: 100%; height: 3px; }`);

// A frame of opaque origin shares no cache with others, so the program is fetched once, here, and each frame gets a copy of its
// pieces. Where this page may not fetch it, the frame does.
const programs = {};

async function pour(name, port) {
  try {
    if (!/^assets\/play\.[\w.]+$/.test(name)) throw 0;
    const answer = await (programs[name] ??= fetch(new URL(name, home)));
    if (!answer.ok) throw 0;
    for (const pieces = answer.clone().body.getReader(); ; ) {
      const { done, value } = await pieces.read();
      port.postMessage({ type: "program", piece: value, done });
      if (done) return;
    }
  } catch {
    delete programs[name];
    port.postMessage({ type: "program", failed: true });
  }
}

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

const slow = ({ saveData, effectiveType } = navigator.connection ?? {}) => saveData || /[23]g/.test(effectiveType) || navigator.deviceMemory <= 1;

// hostTheme reads the signs that documentation tools leave, or else the page's ground; "auto" is the reader's system.
function hostTheme() {
  for (const { dataset: d, classList } of [document.documentElement, document.body]) {
    const signs = [d.theme, d.mdColorScheme, d.bsTheme, ...classList].join(" ");
    if (/(^| )(dark|slate|coal|navy|ayu)( |$)/.test(signs)) return "dark";
    if (/(^| )(light|default|rust)( |$)/.test(signs)) return "light";
  }
  const [r, g, b, a = 1] = getComputedStyle(document.body).backgroundColor.match(/(?<=^rgb.*)[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
  return a ? (r + g + b < 384 ? "dark" : "light") : "auto";
}

class ResyncPlayground extends HTMLElement {
  static observedAttributes = [...Object.keys(plain), ...places, "title", "theme", "height", "min-height", "max-height"];

  #button = make("button", { type: "button", part: "run", textContent: /MB/.test(size) ? `Run it · ${size}` : "Run it" });
  #bar = make("progress", { hidden: true, part: "bar", ariaLabel: "Loading" });
  #alert = make("p", { hidden: true, role: "alert" });
  #runs = false;
  #frame;
  #port;
  #start; // {promise, resolve, reject}
  #calls = new Map();
  #rid = 0;
  #snapshot; // what the frame shows, for the next one
  #moment = {}; // the latest state
  #content = 420;
  #outside; // ends what listens outside

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const poster = make("div", { className: "poster", part: "poster" });
    poster.append(this.#alert, document.createElement("slot"));
    root.append(poster, this.#bar, this.#button);
    this.#button.onclick = () => this.start();
  }

  get state() { return this.getAttribute("state"); }

  #get(name, other) { return this.getAttribute(name) ?? other; }

  #become(state) {
    this.setAttribute("state", state);
    this.toggleAttribute("data-runs", (this.#runs = /ready|play|pause/.test(state)));
    this.#bar.hidden = state !== "loading";
    this.#button.hidden = !/poster|error/.test(state);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent("resync-" + type, { detail, bubbles: true, composed: true }));
  }

  connectedCallback() {
    this.#become("poster");
    this.#resize();
    const { signal } = (this.#outside = new AbortController());
    const theme = () => this.#theme();
    addEventListener("message", (e) => this.#welcome(e), { signal });
    dark.addEventListener("change", theme, { signal });
    const signs = new MutationObserver(theme);
    for (const e of [document.documentElement, document.body]) signs.observe(e, { attributes: true });
    const seen = new IntersectionObserver((all) => all.at(-1).isIntersecting && (seen.disconnect(), this.start(true)), { rootMargin: "200px" });
    signal.onabort = () => (signs.disconnect(), seen.disconnect());
    const lazy = this.#get("lazy", "visible");
    if (lazy === "eager" || this.#snapshot) this.start(true);
    else if (lazy === "visible" && !slow()) seen.observe(this);
  }

  disconnectedCallback() {
    this.#outside.abort();
    this.stop();
  }

  // One that starts by itself does not stop another.
  start(byItself) {
    if (this.#start) return this.#start.promise;
    const s = (this.#start = {});
    s.promise = new Promise((resolve, reject) => Object.assign(s, { resolve, reject }));
    s.promise.catch(() => {}); // also an event
    this.#alert.hidden = true;
    this.#become("loading");
    live.add(this);
    this.#open(s, byItself && this.#others().some((e) => e.state === "playing")).catch((e) => this.#fail("src", e.message));
    return s.promise;
  }

  // Back to the poster; start comes back to what was shown.
  stop(state = "poster", why = "The frame is gone.") {
    const gone = new Error(why);
    for (const call of [this.#start, ...this.#calls.values()]) call?.reject(gone);
    this.#calls.clear();
    live.delete(this);
    this.#port?.close();
    this.#frame?.remove();
    this.#start = this.#port = this.#frame = null;
    this.#moment = {};
    this.#become(state);
  }

  #others() {
    return [...live].filter((e) => e !== this && e.#get("group") === this.#get("group"));
  }

  // #words are the fragment that the attributes ask for.
  async #words() {
    const words = new URLSearchParams({ v: 1 });
    const src = this.#get("src", "");
    if (src.includes("#")) for (const [k, v] of new URLSearchParams(src.split("#")[1])) words.set(k, v);
    else if (src) {
      const answer = await fetch(src);
      if (!answer.ok) throw new Error(`${src}: ${answer.status}`);
      const packed = await new Response(answer.body.pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer();
      const binary = Array.from(new Uint8Array(packed), (b) => String.fromCharCode(b));
      words.set("a", btoa(binary.join("")).replace(/[+/=]/g, (c) => ({ "+": "-", "/": "_" })[c] ?? ""));
    } else words.set("s", this.#get("scenario", "playground"));
    for (const k of places.slice(2)) if (this.#get(k)) words.set(k, this.#get(k));
    return words;
  }

  async #open(s, quiet) {
    const was = this.#snapshot;
    const words = was ? new URLSearchParams(was.link) : await this.#words();
    if (was && !words.has("a")) words.set("t", was.t);
    for (const k in plain) if (this.hasAttribute(k)) words.set(k, this.#get(k) || 1);
    if (this.#get("height") === "auto") words.set("height", "auto");
    words.set("autoplay", quiet || was?.playing === false ? "off" : this.#get("autoplay", "once"));
    words.set("theme", this.#wanted());
    if (this.#start !== s) return;
    // On one origin, allow-same-origin would undo the sandbox.
    const opaque = home.origin === location.origin && !this.hasAttribute("trusted");
    const frame = (this.#frame = make("iframe", { title: this.#title(), referrerPolicy: "no-referrer", allow: "fullscreen; clipboard-write", part: "frame" }));
    if (opaque) words.set("program", "host");
    frame.sandbox = "allow-scripts allow-popups allow-downloads" + (opaque ? "" : " allow-same-origin");
    frame.src = new URL("embed.html#" + words, home);
    frame.token = [...crypto.getRandomValues(new Uint32Array(4))].join("-");
    this.shadowRoot.append(frame);
    for (let i = 0; i < 21; i++) {
      await new Promise((r) => setTimeout((frame.onload = r), i ? 500 : 2000));
      if (this.#start !== s || this.#port) return;
      if (i < 20) frame.contentWindow.postMessage({ ns: "resync", v: 1, type: "hello", id: "1", nonce: frame.token }, opaque ? "*" : home.origin);
    }
    this.#fail("silent", `${home}embed.html does not answer. Is it there, and allowed: frame-src ${home.origin} here, frame-ancestors there?`);
  }

  #welcome({ source, data, ports }) {
    const frame = this.#frame;
    if (this.#port || !frame || source !== frame.contentWindow || data?.ns !== "resync" || data.nonce !== frame.token) return;
    if (!(this.#port = ports[0])) return;
    this.#port.onmessage = (e) => this.#hear(e.data);
  }

  #hear({ type, rid, ok, result, error, ...detail }) {
    if (rid != null) {
      const call = this.#calls.get(rid);
      this.#calls.delete(rid);
      if (ok) call?.resolve(result);
      else call?.reject(Object.assign(new Error(error.message), error));
    } else if (type === "program") pour(detail.name, this.#port);
    else if (type === "loading") Object.assign(this.#bar, { max: detail.total || 1, value: detail.bytes });
    else if (type === "error") this.#fail(detail.code, detail.message);
    else {
      if (type === "ready") {
        this.#become(type);
        this.#theme();
        this.#start.resolve(this);
      }
      if (type === "resize") this.#resize((this.#content = +detail.h || 420));
      if (type === "link") this.#snapshot = { v: 1, link: detail.fragment };
      if (type === "state") {
        // Where memory is short, the others leave it.
        for (const e of detail.playing && !this.#moment.playing ? this.#others() : []) navigator.deviceMemory <= 2 ? e.stop() : e.state === "playing" && e.pause();
        this.#moment = detail;
        this.#become(detail.playing ? "playing" : "paused");
      }
      if (this.#snapshot) Object.assign(this.#snapshot, { t: this.#moment.t, playing: this.#moment.playing });
      this.#emit(type, detail);
    }
  }

  #fail(code, message) {
    this.#alert.hidden = false;
    this.#alert.textContent = message;
    this.stop("error", message);
    this.#emit("error", { code, message });
  }

  async #call(type, detail) {
    await this.start();
    return new Promise((resolve, reject) => {
      this.#calls.set(++this.#rid, { resolve, reject });
      this.#port.postMessage({ ...detail, type, rid: this.#rid });
    });
  }

  seek(to) { return this.#call("seek", to?.event == null ? { t: to?.t ?? to } : to); }
  exec(node, command) { return this.#call("exec", { node, [Array.isArray(command) ? "argv" : "line"]: command }); }
  fault(target, kind, ...words) { return this.#call("fault", { target, kind, words }); }
  load(what) { return this.#call("load", what.trim ? { scenario: what } : what); }
  static { // a request, and its operand
    for (const m of ["play", "pause", "step n", "heal target", "snapshot", "restore snapshot", "permalink", "subscribe topics"]) {
      const [type, key] = m.split(" ");
      this.prototype[type] = function (v) { return this.#call(type, { [key]: v }); };
    }
  }

  #title() { return this.title || "Resync: " + (this.#get("scenario") ?? "Redis replication"); }

  #wanted() { return this.#get("theme", "host").replace("host", hostTheme); }

  #set(key, value) {
    if (this.#runs) this.#call("set", { [key]: value }).catch(() => {});
  }

  #theme() {
    const theme = this.#wanted();
    if (this.#runs && this.#frame.theme !== theme) this.#set("theme", (this.#frame.theme = theme));
  }

  #resize() {
    const px = (name, other) => parseFloat(this.#get(name)) || other;
    const fit = Math.max(px("min-height", 200), Math.min(this.#content, px("max-height", 1200)));
    this.style.height = (this.#get("height") === "auto" ? fit : px("height", 420)) + "px";
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.isConnected) return;
    this.#resize();
    this.#theme();
    if (this.#frame) this.#frame.title = this.#title();
    if (name in plain) this.#set(name, after ?? plain[name]);
    if (!places.includes(name)) return;
    this.#snapshot = null;
    if (this.#port) this.#words().then((w) => this.load({ link: w + "" })).catch(({ message }) => this.#emit("error", { code: "src", message }));
  }
}

if (!customElements.get("resync-playground")) customElements.define("resync-playground", ResyncPlayground);
