// Packs texts into addresses and takes them out again: deflate, then base64url, by what browsers bring along.
//
//   resyncPack(text)            a promise of the packed text
//   resyncUnpack(packed, most)  a promise of the text; it fails for what is broken or has more than so many bytes
//
// Browsers from before 2023 do not bring it along. There both fail, and the page does without.
(() => {
  "use strict";

  const through = (stream, bytes) => new Blob([bytes]).stream().pipeThrough(stream);

  window.resyncPack = async (text) => {
    const packed = await new Response(through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text))).arrayBuffer();
    let binary = "";
    for (const byte of new Uint8Array(packed)) binary += String.fromCharCode(byte);
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  };

  window.resyncUnpack = async (packed, most) => {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0));
    const reader = through(new DecompressionStream("deflate-raw"), bytes).getReader();
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let size = 0;
    // A few bytes can unpack to gigabytes: it is read piece by piece, and no further than it may.
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      size += value.length;
      if (size > most) {
        reader.cancel();
        throw new Error("too long");
      }
      text += decoder.decode(value, { stream: true });
    }
  };
})();
