// Boots the page: fetches the program, shows how far it is, starts it, and says what is wrong when it cannot.
//
// It is a classic script on purpose: in a frame with sandbox="allow-scripts" a module would need CORS headers that plain
// file servers do not send. It needs the elements of index.html, whose build writes into #play-build:
//
//   wasm   address of the program as LZMA, relative to the site's folder; assets/lzma.js unpacks it
//   twin   address of the same bytes as a script, for where fetch is not allowed
//   size   length of wasm in bytes
//   worker the service worker, relative to the site's folder
//
// Package wasm/browser calls resyncBoot.ready(), resyncBoot.fail(what), resyncBoot.keep(script) with what leads to the
// moment that is shown: the error panel offers it, so that whoever repairs the page can see the same; and
// resyncBoot.breathe(f), which calls f when the browser has had its turn.
(() => {
  "use strict";

  // The site's folder. The address of this script tells it; document.baseURI would follow a <base> element.
  const base = new URL("../", document.currentScript.src);
  const build = JSON.parse(document.getElementById("play-build").textContent);
  const page = document.documentElement;
  const { size } = build; // of what is fetched
  const twin = new URL(build.twin, base).href; // its errors are awaited, and not the page's end
  const patience = 8; // for so many milliseconds the page may be busy with unpacking, and then lets the browser have its turn
  const output = []; // the last lines that the program wrote: a panic's trace is among them
  let cancelled = new AbortController(); // aborts the download
  let failed = false;
  let ready = false;
  let kept = "";

  const breaths = []; // what breathe is to call, the longest waiting first
  const lungs = new MessageChannel();
  lungs.port1.onmessage = () => breaths.shift()();

  const pictured = painted();

  page.dataset.state = "loading";
  document.getElementById("stuck")?.remove();
  window.resyncBoot = { ready: onReady, fail: (what) => fail(failures.program(String(what))), keep: (script) => (kept = String(script)), breathe };

  addEventListener("error", (event) => {
    if (!failed && isOurs(event.filename) && event.filename !== twin) fail(failures.program(event.message));
  });
  addEventListener("unhandledrejection", (event) => {
    if (!failed && isOurs(event.reason?.stack)) fail(failures.program(String(event.reason)));
  });

  async function main() {
    if (typeof WebAssembly !== "object") throw failures.noWebAssembly();
    if (!window.CanvasRenderingContext2D?.prototype.roundRect) throw failures.oldBrowser();

    const go = new Go();
    go.env = { GOAPP_STATIC_RESOURCES_URL: new URL("assets", base).href };
    keepOutput();

    if (metered()) await asked();
    let instance = null;
    while (!instance) {
      cancelled = new AbortController();
      instance = await loaded(go.importObject).catch((failure) => {
        if (!cancelled.signal.aborted) throw failure;
      });
      if (cancelled.signal.aborted) instance = await asked();
    }
    button("load-cancel", false); // it is too late for that
    await breath();
    // The promise settles when the program ends, and it is not meant to.
    await go.run(instance).catch((error) => fail(failures.program(String(error))));
    fail(failures.program(lastWords()));
  }

  // loaded resolves to the program, ready to run.
  async function loaded(imports) {
    progress(0);
    try {
      return await instantiate(await fetchProgram(), imports);
    } catch (failure) {
      if (!failure.retry || cancelled.signal.aborted) throw failure;
      // A sandboxed frame may not fetch from a host without CORS headers, and a page opened from a disk may not fetch at
      // all; some hosts refuse files whose names end as ours does. A script is allowed in all three.
      const bytes = await loadTwin().catch(() => {
        throw failure;
      });
      progress(size);
      return await instantiate([bytes], imports);
    }
  }

  // metered reports whether the reader's line is slow or costs money: then the page asks first. A frame is loaded when its host
  // says so.
  function metered() {
    const { saveData, effectiveType } = navigator.connection ?? {};
    return window === window.top && (saveData || /2g/.test(effectiveType ?? ""));
  }

  // asked resolves when the reader wants the program: after a cancelled download, or before one that costs. The poster stays.
  function asked() {
    progress(0);
    document.getElementById("load-text").textContent = `The engine is not loaded: ${megabytes(size)} MB.`;
    button("load-cancel", false);
    return new Promise((resolve) => {
      button("load-run", () => {
        button("load-run", false);
        resolve(null);
      });
    });
  }

  // button shows one of the loading line's two buttons with what it does, or hides it.
  function button(id, act) {
    const b = document.getElementById(id);
    if (b) [b.hidden, b.onclick] = [!act, act || null];
  }

  // painted resolves once the poster can be seen. The program keeps the page busy while it comes and starts, and then takes the
  // poster's place: a browser that has not shown it by then never does. A page in the background is not painted, and a frame
  // may be out of sight; its host has a picture of its own.
  function painted() {
    return new Promise((resolve) => {
      setTimeout(resolve, document.hidden ? 0 : "embed" in page.dataset ? 300 : 3000);
      if (!window.PerformanceObserver?.supportedEntryTypes?.includes("paint")) return;
      new PerformanceObserver((list) => list.getEntriesByName("first-contentful-paint").length && resolve()).observe({ type: "paint", buffered: true });
    });
  }

  // breathe calls f in a task of its own, so that the browser can draw and listen in between. A timer would wait for four
  // milliseconds, and for a second in the background. breath is the same for who awaits it.
  function breathe(f) {
    breaths.push(f);
    lungs.port2.postMessage(0);
  }

  function breath() {
    return new Promise(breathe);
  }

  // fetchProgram resolves to the file's bytes, piece by piece as they are asked for, and shows how much of it has come. First comes
  // the picture: the program would take the line away from it, and to unpack and compile what comes the processor.
  async function fetchProgram() {
    await pictured;
    const address = new URL(build.wasm, base);
    let body = await window.resyncProgram?.(build.wasm).catch(() => null); // frame.js knows whom to ask
    if (!body) {
      let response;
      try {
        response = await fetch(address, { signal: cancelled.signal });
      } catch (error) {
        throw failures.fetch(address, error);
      }
      if (!response.ok || !response.body) throw failures.status(address, response.status);
      ({ body } = response);
    }

    return arriving(body.getReader(), address);
  }

  async function* arriving(reader, address) {
    try {
      for (let arrived = 0; ; ) {
        const { done, value } = await reader.read().catch((error) => {
          throw failures.fetch(address, error);
        });
        if (done) return;
        progress((arrived += value.length));
        yield value;
      }
    } finally {
      reader.cancel().catch(() => {}); // whoever has seen enough does not wait for the rest
    }
  }

  // unpacked makes the program out of the file's pieces, in pieces. One may be all of the file, which takes a slow phone seconds,
  // so it is cut up: finely at first, since a browser is slow with what it has not run before, then as coarsely as patience lets.
  async function* unpacked(pieces) {
    const lzma = resyncLzma();
    let mouthful = 1 << 10; // bytes of the file
    try {
      for await (let piece of pieces) {
        while (piece.length) {
          const began = performance.now();
          const bytes = lzma.push(piece.subarray(0, mouthful));
          piece = piece.subarray(mouthful);
          if (performance.now() - began > patience) mouthful = Math.max(mouthful >> 1, 1 << 9);
          else mouthful = Math.min(mouthful << 1, 1 << 14);
          yield bytes;
          await breath();
        }
      }
      yield lzma.end();
    } catch (error) {
      throw error.title ? error : error.start ? failures.notProgram(error.start) : failures.damaged(error);
    }
  }

  // instantiate compiles while the bytes arrive. It looks at the bytes, not at what the host called them.
  async function instantiate(pieces, imports) {
    const program = unpacked(pieces);
    let damage = null; // the compiler reports an error of its stream in its own words
    const next = () =>
      program.next().catch((error) => {
        throw (damage = error);
      });
    const stream = new ReadableStream({
      async pull(controller) {
        const { done, value } = await next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    const response = new Response(stream, { headers: { "Content-Type": "application/wasm" } });
    try {
      const module = await (WebAssembly.compileStreaming?.(response) ?? WebAssembly.compile(await response.arrayBuffer()));
      await breath(); // to fill its memory takes as long as the last of the compiling
      return await WebAssembly.instantiate(module, imports);
    } catch (error) {
      if (/unsafe-eval|content.security|\bCSP\b/i.test(error.message)) throw failures.policy();
      // Only at its end it shows whether the file is whole: damaged, it is unpacked to something that is no program.
      while (!damage && !(await next().catch(() => ({ done: true }))).done);
      throw damage ?? failures.compile(error);
    }
  }

  // loadTwin resolves to the program's bytes, out of a script that calls playWasm with them in base64.
  function loadTwin() {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      window.playWasm = (base64) => {
        const binary = atob(base64);
        const bytes = new Uint8Array(binary.length);
        for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
        resolve(bytes);
      };
      script.onload = () => reject(new Error("the script did not call playWasm"));
      script.onerror = () => reject(new Error("the script could not be loaded"));
      script.src = twin;
      document.head.append(script);
    }).finally(() => delete window.playWasm);
  }

  // Where storage is forbidden (a sandboxed frame, cookies blocked) reading window.localStorage throws, which Go's
  // runtime cannot catch: it would end the program. There the page gets storage that lasts as long as the page.
  function shimStorage() {
    for (const name of ["localStorage", "sessionStorage"]) {
      try {
        void window[name].length;
      } catch {
        const kept = new Map();
        const storage = {
          get length() {
            return kept.size;
          },
          key: (i) => [...kept.keys()][i] ?? null,
          getItem: (k) => kept.get(String(k)) ?? null,
          setItem: (k, v) => void kept.set(String(k), String(v)),
          removeItem: (k) => void kept.delete(String(k)),
          clear: () => kept.clear(),
        };
        Object.defineProperty(window, name, { value: storage, configurable: true });
      }
    }
  }

  // keepOutput keeps what the program writes, which wasm_exec.js also prints on the console.
  function keepOutput() {
    const decoder = new TextDecoder();
    const write = globalThis.fs.writeSync;
    let line = "";
    globalThis.fs.writeSync = (fd, bytes) => {
      const lines = (line + decoder.decode(bytes, { stream: true })).split("\n");
      line = lines.pop();
      output.push(...lines);
      output.splice(0, output.length - 400);
      return write(fd, bytes);
    };
  }

  // lastWords is the line that says why the program ended.
  function lastWords() {
    return output.findLast((line) => /^(panic|fatal error|resync): /.test(line)) ?? "it ended without a word";
  }

  function onReady() {
    if (failed || ready) return;
    ready = true;
    page.dataset.state = "ready";
    document.getElementById("load")?.remove();
    // go-app takes over every click on a link and every step in history. The page has one address, so the browser
    // may do what it does.
    window.onclick = null;
    window.onpopstate = null;
    performance.mark("resync-ready");
    // A page that draws all the time on a slow machine is never idle.
    (window.requestIdleCallback ?? setTimeout)(() => keep().catch(() => {}), { timeout: 5000 });
  }

  // keep has a service worker keep the page for when there is no network. Never in a frame: an embedded page leaves
  // nothing behind. Where it is forbidden, or the page comes from a disk, there is none.
  async function keep() {
    if (!build.worker || window !== window.top || !/^https?:$/.test(location.protocol)) return;
    const home = new URL(".", location.href).href;
    const worker = new URL(build.worker, base).href;
    if (!worker.startsWith(home)) return; // the page lies elsewhere than its files
    const registration = await navigator.serviceWorker.register(worker);
    const announce = (next) => {
      if (next?.state === "installed" && registration.active) offer(next);
    };
    const watch = (next) => next?.addEventListener("statechange", () => announce(next));
    // The browser looks for a newer version by itself when a page comes up, and may be under way or done by now.
    announce(registration.waiting);
    watch(registration.installing);
    registration.addEventListener("updatefound", () => watch(registration.installing));
    // Who leaves a page open for days should hear of a new version as well.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") registration.update().catch(() => {});
    });
  }

  // offer says that a newer version waits. Nothing changes under a reader's hands: it comes with a reload.
  function offer(next) {
    const note = document.getElementById("update");
    note.hidden = false;
    document.getElementById("update-text").textContent = "A newer version of this page is ready. What you have done here ends with a reload.";
    document.getElementById("update-later").onclick = () => (note.hidden = true);
    document.getElementById("update-now").onclick = () => {
      next.addEventListener("statechange", () => next.state === "activated" && location.reload());
      next.postMessage("now");
    };
  }

  function progress(bytes) {
    const bar = document.getElementById("load-bar");
    if (!bar) return;
    const shown = Math.min(bytes, size);
    bar.max = size;
    bar.value = shown;
    button("load-cancel", shown < size && (() => cancelled.abort()));
    bar.textContent = `${Math.round((100 * shown) / size)} %`; // for browsers that know no progress element
    document.getElementById("load-text").textContent =
      shown < size ? `Loading ${megabytes(shown)} of ${megabytes(size)} MB` : "Starting";
  }

  function megabytes(bytes) {
    return (bytes / 1e6).toFixed(2);
  }

  function isOurs(where) {
    return typeof where === "string" && where.includes(new URL("assets/", base).href);
  }

  // fail shows the panel. The first failure is the cause; what follows from it is not shown.
  function fail({ title, what, todo, details }) {
    if (failed) return;
    failed = true;
    page.dataset.state = "error";
    const panel = document.getElementById("failure");
    document.getElementById("failure-title").textContent = title;
    document.getElementById("failure-what").textContent = what;
    document.getElementById("failure-todo").textContent = todo;
    const trace = [details, ...output].filter(Boolean).join("\n");
    document.getElementById("failure-trace").textContent = trace;
    document.getElementById("failure-details").hidden = trace === "";
    document.getElementById("failure-reload").onclick = () => location.reload();
    const script = document.getElementById("failure-script");
    script.hidden = kept === "";
    script.href = kept && URL.createObjectURL(new Blob([`# ${title}: ${what}`.replace(/\s+/g, " "), "\n", kept], { type: "text/plain" }));
    panel.hidden = false;
  }

  // What can go wrong, and what helps. A failure with retry may be cured by loading the twin instead.
  const failures = {
    noWebAssembly: () => ({
      title: "This browser runs no WebAssembly",
      what: "The engine is a WebAssembly program. Here WebAssembly is missing or switched off.",
      todo: "Use a current Firefox, Chrome, Edge or Safari. Some have a strict mode (Safari's Lockdown Mode, Edge's enhanced security) with an exception for single sites.",
    }),
    oldBrowser: () => ({
      title: "This browser is too old for this page",
      what: "It draws with CanvasRenderingContext2D.roundRect, which this browser lacks.",
      todo: "Use Chrome or Edge 99, Firefox 112, Safari 16 or anything later.",
    }),
    policy: () => ({
      title: "The site's security policy blocks WebAssembly",
      what: "The Content-Security-Policy header of this page allows scripts but not WebAssembly.",
      todo: "Whoever runs this site: add 'wasm-unsafe-eval' to script-src, as in: script-src 'self' 'wasm-unsafe-eval'",
    }),
    fetch: (address, error) => ({
      retry: true,
      title: "The engine could not be loaded",
      what: `Loading ${address} failed.`,
      todo: "Check the connection and reload. Whoever runs this site: " + (window.origin === "null"
        ? "this frame is sandboxed, so the server must send Access-Control-Allow-Origin: * with the files under assets/. Or write trusted on the resync-playground element, if the page around may trust them."
        : "the page's policy must allow connect-src 'self'."),
      details: String(error),
    }),
    status: (address, status) => ({
      retry: true,
      title: "The engine is not where it should be",
      what: `The server answered ${status} for ${address}.`,
      todo: "Reload: the page may have been updated just now. Whoever runs this site: upload the whole folder, including the file that ends in .lzma.",
    }),
    notProgram: (bytes) => ({
      retry: true,
      title: "The server sent something else instead of the engine",
      what: `The file begins with ${JSON.stringify(String.fromCharCode(...bytes))}, not as a program does.`,
      todo: "Whoever runs this site: the server must send files under assets/ unchanged, not a page of its own in their place.",
    }),
    damaged: (error) => ({
      retry: true,
      title: "The engine arrived damaged",
      what: "The download broke off or was changed on its way.",
      todo: "Reload. If it happens again, something between the site and this browser changes files.",
      details: String(error),
    }),
    compile: (error) => ({
      title: "This browser cannot run the engine",
      what: "It refused the WebAssembly program.",
      todo: "Use a current browser. If this one is current, please report the lines below.",
      details: String(error),
    }),
    start: (error) => ({
      title: "The page could not be started",
      what: String(error?.message ?? error),
      todo: "Reload. If it happens again, please report the lines below.",
      details: error?.stack,
    }),
    program: (what) => ({
      title: "The engine stopped",
      what,
      todo: `Reload to start afresh. This is a fault of the page: please report it with ${kept ? "the script that led here and " : ""}the lines below.`,
    }),
  };

  shimStorage();
  // As package wasm/browser stores it, or the link of a frame says: what is seen first should have it already.
  const theme = "embed" in page.dataset ? new URLSearchParams(location.hash.slice(1)).get("theme") : localStorage.getItem("resync:theme");
  if (theme === "light" || theme === "dark") page.dataset.theme = theme;
  main().catch((failure) => fail(failure.title ? failure : failures.start(failure)));
})();
