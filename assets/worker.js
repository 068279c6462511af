// Keeps the page for when there is no network, and for a start that waits for none. The site's builder puts this file beside
// index.html, since a service worker serves its own folder and what is below, and fills in what the page consists of:
//
//   version    names the build
//   page       a piece of text that this build's index.html holds, and no other's
//   files      what the page loads, relative to it
//
// A reader keeps the version that the page began with. The next one is fetched beside it and waits, until the page is told
// to take it (assets/boot.js asks its reader) or is not open any more.
"use strict";

const build = {};
const scope = self.registration.scope;
const prefix = `resync ${new URL(scope).pathname} `; // an origin has other folders, with other pages
const name = prefix + build.version;
const pages = [scope, new URL("index.html", scope).href];

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(tidy()));
addEventListener("message", (event) => {
  if (event.data === "now") self.skipWaiting();
});
addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  const url = new URL(request.url);
  const address = url.origin + url.pathname;
  if (request.mode === "navigate" ? pages.includes(address) : isOurs(address)) event.respondWith(answer(event, address));
});

function isOurs(address) {
  return build.files.some((file) => new URL(file, scope).href === address);
}

async function answer(event, address) {
  const cache = await caches.open(name);
  return (await cache.match(event.request.mode === "navigate" ? scope : address)) ?? fetch(event.request);
}

async function install() {
  const cache = await caches.open(name);
  await cache.put(scope, await fetchPage());
  // Their names have the hash of what they hold: what the browser has of them is right, however old. It has them all, since
  // the page has just loaded them.
  const requests = build.files.map((file) => new Request(new URL(file, scope), { cache: "force-cache" }));
  await cache.addAll(requests);
}

// fetchPage looks for this build's page under its two names. A host may be half way through an update: then this version
// is given up, and another comes with the next visit.
async function fetchPage() {
  for (const address of pages) {
    const response = await fetch(address, { cache: "no-cache" });
    if (response.ok && !response.redirected && (await response.clone().text()).includes(build.page)) return response;
  }
  throw new Error(`the page at ${scope} is not of the build ${build.version}`);
}

async function tidy() {
  for (const key of await caches.keys()) {
    if (key.startsWith(prefix) && key !== name) await caches.delete(key);
  }
}
