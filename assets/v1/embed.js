// <resync-playground scenario="short-outage" height="420">a figure for where no script runs</resync-playground>
//
// A thin shell around a sandboxed frame. README.md lists what it takes and does; assets/frame.js has the protocol.

const home = new URL("../", import.meta.url);
const size = "SIZE"; // filled in by the builder
const live = new Set(); // the elements that run, the oldest first
const most = navigator.deviceMemory <= 2 ? 1 : 3; // of them where none needs to; only some browsers tell their memory
const places = ["scenario", "src", "seed", "step", "t", "profile"];
// What is told to the frame as it stands: also what only matters here, for it knows what that may be.
const plain = {
  node: "", view: "", controls: "minimal", readonly: 0, motion: "auto", keys: "on", pace: "story", speed: 1,
  height: 420, "min-height": "", "max-height": "", lazy: "visible",
};
const dark = matchMedia("(prefers-color-scheme: dark)");
const sheet = new CSSStyleSheet(); // no policy forbids it
sheet.replaceSync(`
:host { display: block; position: relative; overflow: hidden; border: var(--resync-border, 1px solid #7A8696); border-radius: var(--resync-radius, 6px); }
:host([hidden]), [hidden] { display: none !important; }
:host([data-runs]) .poster { display: none; }
iframe { width: 100%; height: 100%; border: 0; }
:host(:not([data-runs])) iframe { position: absolute; inset: 0; visibility: hidden; }
.poster { box-sizing: border-box; height: calc(100% - 64px); padding: 12px 16px 0; overflow: auto; }
img { width: 100%; height: auto; aspect-ratio: 4/3; object-fit: contain; }
img, ::slotted(img) { display: block; max-width: 100%; max-height: calc(100% - 5em); margin: auto; }
:host(:empty) img { max-height: 100%; }
.foot { position: absolute; inset: auto 16px 12px; display: flex; gap: 12px; align-items: center; font: 15px system-ui; pointer-events: none; }
button { min-height: 44px; padding: 0 16px; border: 0; border-radius: 6px; background: var(--resync-accent, #0B5CC4); color: #FFF; font: 600 15px system-ui; cursor: pointer; pointer-events: auto; }
progress { position: absolute; inset: 0 0 auto; width: 100%; height: 3px; }
.said { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
@media print {
  :host { height: auto !important; min-height: 0 !important; max-height: none !important; }
  iframe, .foot, progress { display: none; }
  .poster { display: block !important; height: auto; padding: 12px 16px; }
}`);

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

const refusal = (error) => Object.assign(new Error(error.message), error);

const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

const slow = ({ saveData, effectiveType } = navigator.connection ?? {}) => saveData || /[23]g/.test(effectiveType) || navigator.deviceMemory <= 1;

const roots = () => [document.documentElement, document.body];

// hostTheme reads the signs that documentation tools leave, or else the page's ground, or else its color-scheme; "auto" is the
// reader's system.
function hostTheme() {
  const both = roots();
  for (const { dataset: d, classList } of both) {
    const signs = [d.theme, d.mdColorScheme, d.bsTheme, ...classList].join(" ");
    if (/(^| )(dark|slate|coal|navy|ayu)( |$)/.test(signs)) return "dark";
    if (/(^| )(light|default|rust)( |$)/.test(signs)) return "light";
  }
  // Colours are written in many ways. A pixel has one.
  const pen = make("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  for (const e of both.reverse()) {
    pen.fillStyle = getComputedStyle(e).backgroundColor;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    if (a > 127) return 3 * r + 6 * g + b < 1280 ? "dark" : "light";
  }
  return getComputedStyle(both[1]).colorScheme.match(/^(only )?(dark|light)( only)?$/)?.[2] ?? "auto";
}

class ResyncPlayground extends HTMLElement {
  static observedAttributes = [...Object.keys(plain), ...places, "title", "theme"];

  #button = make("button", { type: "button", part: "run" });
  #far = make("span"); // how far it is, of how much
  #foot = make("div", { className: "foot" });
  #bar = make("progress", { part: "bar", ariaLabel: "Loading" });
  #said = make("p", { className: "said", role: "status" });
  #alert = make("p", { hidden: true, role: "alert" });
  #image = make("img", { part: "picture", loading: "lazy" });
  #runs = false;
  #near = false; // in sight, or almost
  #waits = false; // starts when it is
  #again = false; // was taken out of the document while it ran, and goes on when it is back
  #claims = false; // is about to play by itself
  #frame;
  #port;
  #start; // {promise, resolve, reject, byItself, was}
  #calls = new Map();
  #rid = 0;
  #topics;
  #snapshot; // what the frame shows, for the next one
  #moment = {}; // the latest state
  #content = 420;
  #outside; // ends what listens outside

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const poster = make("div", { className: "poster", part: "poster" });
    poster.append(this.#alert, this.#image, make("slot", { onslotchange: () => this.#picture() }));
    this.#foot.append(this.#button, this.#far);
    root.append(poster, this.#bar, this.#foot, this.#said);
    this.#button.onclick = () => (this.state === "loading" ? this.stop() : this.start());
    this.#image.onerror = () => (this.#image.hidden = true);
  }

  get state() { return this.getAttribute("state"); }

  #get(name, other) { return this.getAttribute(name) || other; }

  // #value is what the frame is told of an attribute: one without a value is the usual, but for readonly.
  #value(name) { return this.#get(name, name === "readonly" && this.hasAttribute(name) ? 1 : plain[name]); }

  #become(state) {
    const focused = this.shadowRoot.activeElement === this.#button;
    this.setAttribute("state", state);
    this.toggleAttribute("data-runs", (this.#runs = /ready|play|pause/.test(state)));
    this.#bar.hidden = state !== "loading";
    this.#foot.hidden = this.#runs;
    this.#far.textContent = "";
    this.#button.textContent = { loading: "Cancel", error: "Retry" }[state] ?? `Run it · ${size}`;
    if (!/play|pause/.test(state)) this.#said.textContent = { loading: `Loading: ${this.#title()}`, ready: `It runs: ${this.#title()}` }[state] ?? "";
    if (focused && this.#runs) this.#frame.focus({ preventScroll: true }); // whoever pressed the button goes on in what it started
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent("resync-" + type, { detail, bubbles: true, composed: true }));
  }

  // #complain tells of what was not done. It goes on without.
  #complain({ code, message }) {
    if (code) this.#emit("error", { code, message });
  }

  connectedCallback() {
    const { signal } = (this.#outside = new AbortController());
    const here = { signal, capture: true };
    this.#become("poster");
    this.#resize();
    this.#picture();
    const theme = () => this.#theme();
    theme();
    addEventListener("message", (e) => this.#welcome(e), here);
    dark.addEventListener("change", theme, here);
    document.head.addEventListener("load", theme, here); // of a <link> or <style> that comes later; this event does not bubble
    const signs = new MutationObserver(theme);
    for (const e of roots()) {
      signs.observe(e, { attributes: true });
      e.addEventListener("transitionend", (end) => end.target === e && theme(), here); // as it began, the colour was the old one
    }
    const sight = new IntersectionObserver((all) => {
      this.#near = all.at(-1).isIntersecting;
      if (this.#near && this.#waits) this.start(true);
      this.#spare();
    }, { rootMargin: "200px" });
    sight.observe(this);
    signal.onabort = () => (signs.disconnect(), sight.disconnect());
    if (this.#again) this.start(true);
    else this.#lazily();
  }

  disconnectedCallback() {
    this.#outside.abort();
    this.#outside = null;
    this.#again = Boolean(this.#start);
    this.#near = false;
    this.#end();
  }

  #wait() { this.#waits = this.#get("lazy") !== "click" && !slow(); }

  #lazily() {
    this.#wait();
    if (this.#get("lazy") === "eager" || (this.#waits && this.#near)) this.start(true);
  }

  // #spare leaves the memory to those that are looked at: the oldest that stands still out of sight goes back to its poster, with
  // what it showed.
  #spare() {
    for (const e of live) {
      if (live.size <= most || e.#near || e.state !== "paused" || !e.#snapshot) continue;
      e.#end();
      e.#wait();
    }
  }

  start(byItself) {
    if (this.#start) return this.#start.promise;
    if (!this.#outside) return Promise.reject(new Error("The element is in no document."));
    this.#waits = this.#again = false;
    const s = (this.#start = { byItself, was: this.#snapshot });
    s.promise = new Promise((resolve, reject) => Object.assign(s, { resolve, reject }));
    s.promise.catch(() => {}); // also an event
    this.#alert.hidden = this.#far.hidden = true;
    setTimeout(() => (this.#far.hidden = false), 1000);
    this.#become("loading");
    live.add(this);
    this.#spare();
    this.#open(s).catch((e) => this.#fail("src", e.message));
    return s.promise;
  }

  // Back to the poster; start comes back to what was shown.
  stop() {
    this.#waits = false;
    this.#end();
  }

  #end(state = "poster", why = "The frame is gone.") {
    for (const call of [this.#start, ...this.#calls.values()]) call?.reject(new Error(why));
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
    for (const k of [...places.slice(2), "node"]) if (this.#get(k)) words.set(k, this.#get(k));
    return words;
  }

  async #open(s) {
    const { was } = s;
    const words = was ? new URLSearchParams(was.link) : await this.#words();
    if (was?.t > words.get("t")) words.set("t", was.t);
    const given = {};
    for (const k in plain) {
      given[k] = this.#value(k);
      if (this.hasAttribute(k)) words.set(k, given[k]);
    }
    words.set("autoplay", "off"); // until it is known who else plays
    words.set("theme", this.#wanted());
    if (this.#start !== s) return;
    // On one origin, allow-same-origin would undo the sandbox. A page out of srcdoc has its origin from the page around, and no
    // location to tell it.
    const opaque = home.origin === self.origin && !this.hasAttribute("trusted");
    // It has no loading=lazy: the element itself decides when, and a frame out of sight has to answer as well.
    const frame = (this.#frame = make("iframe", { title: this.#title(), referrerPolicy: "no-referrer", allow: "fullscreen; clipboard-write", part: "frame" }));
    frame.given = given;
    if (opaque) words.set("program", "host");
    // What the reader opens in a tab is the page itself, which needs its storage and its service worker. A popup would inherit the sandbox.
    frame.sandbox = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads" + (opaque ? "" : " allow-same-origin");
    frame.src = new URL("embed.html#" + words, home);
    frame.token = [...crypto.getRandomValues(new Uint32Array(4))].join("-");
    this.shadowRoot.append(frame);
    for (let i = 0; i < 21; i++) {
      await new Promise((r) => setTimeout((frame.onload = r), i ? 500 : 2000));
      if (this.#start !== s || this.#port) return;
      if (i < 20) frame.contentWindow.postMessage({ ns: "resync", v: 1, type: "hello", id: "1", nonce: frame.token }, opaque || self.origin === "null" ? "*" : home.origin);
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
      else call?.reject(refusal(error));
    } else if (type === "program") pour(detail.name, this.#port);
    else if (type === "loading") {
      const { bytes, total } = detail;
      Object.assign(this.#bar, { max: total || 1, value: bytes });
      this.#far.textContent = total > 1 ? `${(bytes / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB` : "";
    } else if (type === "notice") this.#complain(detail);
    else if (type === "error") this.#fail(detail.code, detail.message);
    else {
      if (type === "ready") this.#ready(this.#start);
      if (type === "resize") this.#resize((this.#content = +detail.h || 420));
      if (type === "link") this.#snapshot = { v: 1, link: detail.fragment };
      if (type === "state") {
        for (const e of detail.playing && !this.#moment.playing ? this.#others() : []) if (e.state === "playing") e.pause();
        this.#moment = detail;
        this.#become(detail.playing ? "playing" : "paused");
        this.#spare();
      }
      if (this.#snapshot) Object.assign(this.#snapshot, { t: this.#moment.t, playing: this.#moment.playing });
      this.#emit(type, detail);
    }
  }

  // #ready is when the frame can be spoken to. One that starts by itself does not play while another does, and stops none.
  #ready(s) {
    this.#become("ready");
    this.#theme();
    for (const k in plain) if (this.#value(k) !== this.#frame.given[k]) this.#set(k, this.#value(k));
    if (this.#topics) this.#ask("subscribe", { topics: this.#topics }).catch((e) => this.#complain(e));
    s.resolve(this);
    const auto = this.#get("autoplay", "once");
    if (auto === "off" || (auto === "once" && (s.was?.playing === false || (s.byItself && this.#others().some((e) => e.#claims || e.state === "playing"))))) return;
    this.#claims = auto === "once"; // the frame complains of any other word
    setTimeout(() => (this.#claims = false), 2000);
    this.#set("autoplay", auto);
  }

  #fail(code, message) {
    this.#alert.hidden = false;
    this.#alert.textContent = message;
    this.#end("error", message);
    this.#emit("error", { code, message });
  }

  async #call(type, detail) {
    await this.start();
    return this.#ask(type, detail);
  }

  #ask(type, detail) {
    return new Promise((resolve, reject) => {
      this.#calls.set(++this.#rid, { resolve, reject });
      this.#port.postMessage({ ...detail, type, rid: this.#rid });
    });
  }

  // What a poster can answer is not worth the engine.
  async pause() { return this.#start ? this.#call("pause") : true; }
  async snapshot() { return this.#start ? this.#call("snapshot") : this.#snapshot ?? null; }
  async permalink() { return this.#start ? this.#call("permalink") : new URL("index.html#" + (this.#snapshot?.link ?? (await this.#words())), home).href; }
  async subscribe(topics) { return (this.#topics = topics), this.#start ? this.#call("subscribe", { topics }) : true; }
  seek(to) { return this.#call("seek", to?.event == null ? { t: to?.t ?? to } : to); }
  exec(node, command) { return this.#call("exec", { node, [Array.isArray(command) ? "argv" : "line"]: command }); }
  fault(target, kind, ...words) { return this.#call("fault", { target, kind, words }); }
  play() { return this.#call("play"); }
  heal(target) { return this.#call("heal", { target }); }
  restore(snapshot) { return this.#call("restore", { snapshot }); }

  // What cannot be loaded is not worth it either.
  async load(what) {
    const to = what?.trim ? { scenario: what } : what;
    if (!(to?.link ?? to?.log ?? to?.scenario)?.trim?.()) throw refusal({ code: "invalid", message: "load has a scenario, a log or a link" });
    return this.#call("load", to);
  }

  // step is a method and an attribute. Frameworks set what an element has as a property: that is the attribute.
  get step() { return (n) => this.#call("step", { n }); }
  set step(chapter) { this.setAttribute("step", chapter ?? ""); }

  #title() { return this.title || "Resync: " + this.#get("scenario", "Redis replication"); }

  #wanted() { return this.#get("theme", "host").replace("host", hostTheme); }

  #set(key, value) {
    if (this.#runs) this.#ask("set", { [key]: value }).catch((e) => this.#complain(e));
  }

  #theme() {
    const theme = this.#wanted();
    this.#image.style.colorScheme = theme.replace("auto", "light dark");
    if (this.#runs && this.#frame.theme !== theme) this.#set("theme", (this.#frame.theme = theme));
  }

  // #picture shows the scenario's poster above the words that stand in the element, unless they have a picture.
  #picture() {
    const image = this.#image;
    const src = this.#get("src");
    const name = src ? new URLSearchParams(src.split("#")[1]).get("s") : this.#get("scenario", "playground");
    const address = new URL(`posters/${name}.svg`, home).href;
    image.alt = this.#title();
    if (!name || this.querySelector("img, picture, svg, video, canvas")) image.hidden = true;
    else if (image.src !== address) [image.src, image.hidden] = [address, false];
  }

  // #resize takes numbers as pixels, and any other length as it is. What is none is as if it were not there.
  #resize() {
    const fit = this.#get("height") === "auto";
    const lengths = { height: [420, fit ? this.#content : this.#get("height")], "min-height": [fit ? 200 : 0, this.#get("min-height")], "max-height": [fit ? 1200 : "none", this.#get("max-height")] };
    for (const name in lengths) for (const v of lengths[name]) if (v != null) this.style.setProperty(name, isNaN(v) ? v : v + "px");
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    const place = places.includes(name);
    if (place) this.#snapshot = null;
    if (!this.#outside) return;
    this.#resize();
    this.#picture();
    this.#theme();
    if (name === "lazy") this.#lazily();
    if (this.#frame) this.#frame.title = this.#title();
    if (name in plain) this.#set(name, this.#value(name));
    const load = () => this.#words().then((w) => this.load({ link: w + "" })).catch(({ code = "src", message }) => this.#complain({ code, message }));
    if (place) this.#start?.promise.then(load, () => {});
  }
}

if (!customElements.get("resync-playground")) customElements.define("resync-playground", ResyncPlayground);
