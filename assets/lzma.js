// Unpacks the program while it arrives. LZMA is a third shorter than gzip, and no browser undoes it by itself.
//
//   const lzma = resyncLzma();
//   lzma.push(bytes)  takes the next bytes of the file, and returns what can be unpacked so far and was not returned before
//   lzma.end()        returns the rest
//
// Both throw an error for a damaged file; if it is no such file at all, the error has its first bytes as start. That nothing is
// damaged is only known at the end: what was unpacked until then may be anything.
//
// The format is that of .lzma files with an end marker, after lzma-specification.txt of the LZMA SDK. A header says how large
// everything will be. Symbols follow: each is a byte, or says how many bytes to repeat from what distance back. All of it is
// written as decisions between 0 and 1. Each costs the less the likelier it was, by what the same decision was before: the
// decoder keeps the odds of every decision that there is, and corrects them every time.
(() => {
  "use strict";

  const header = 13; // bytes
  const mostBytes = 1 << 26; // of what is unpacked: a header that says more is something else
  const longest = 20; // bytes that a symbol can take

  // Where the odds of the decisions lie, in one array. Most have a place for each of 12 states, which tell of what kind the last symbols
  // were, and some also for the position in 16 bytes. Decisions that make up a number have as many places as there are numbers.
  const isRepeat = 0; // and no byte
  const isKnown = isRepeat + 12 * 16; // the distance is one of the last four
  const isOlder = isKnown + 12; // than the last
  const isThird = isOlder + 12; // or the fourth
  const isFourth = isThird + 12;
  const isLong = isFourth + 12; // more than one byte, from the last distance
  const newLength = isLong + 12 * 16; // of one with a new distance
  const knownLength = newLength + 2 + 2 * 16 * 8 + 256;
  const distanceSlot = knownLength + 2 + 2 * 16 * 8 + 256;
  const nearDistance = distanceSlot + 4 * 64;
  const distanceEnd = nearDistance + 128;
  const literal = distanceEnd + 16; // bytes: 0x300 for each context

  // What the range coder holds is in an array: elsewhere, numbers of 32 bits that functions share are slow.
  const RANGE = 0;
  const CODE = 1;
  const AT = 2; // of the input: the next byte

  globalThis.resyncLzma = () => {
    const coder = Uint32Array.of(0xffffffff, 0, 0);
    const memory = new Int32Array(5); // the state and the last four distances, from one piece to the next
    let input = new Uint8Array(); // what has come and is not used yet
    let output; // everything unpacked: distances lead back into it
    let filled = 0; // of it
    let ended = false;
    let odds, literalBits, literalMask, positionMask;

    function push(bytes) {
      const rest = input.subarray(coder[AT]);
      input = new Uint8Array(rest.length + bytes.length);
      input.set(rest);
      input.set(bytes, rest.length);
      coder[AT] = 0;
      if (!output && input.length < header + longest) return new Uint8Array();
      return unpack(input.length - longest);
    }

    function end() {
      const bytes = unpack(input.length + 1);
      if (coder[AT] > input.length || coder[CODE] !== 0 || filled !== output.length) throw damaged("it does not come out even");
      return bytes;
    }

    // damaged is the error for a file that is wrong, unless what was read came from behind its end.
    const damaged = (what) => new Error(`the program is damaged: ${coder[AT] > input.length ? "it breaks off" : what}`);

    // unpack reads the symbols that begin before a place of the input.
    function unpack(before) {
      if (!output) begin();
      const from = filled;
      if (!ended) symbols(before);
      if (ended && coder[AT] < input.length) throw damaged("something follows it");
      return output.subarray(from, filled);
    }

    function begin() {
      const size = input.subarray(5, header).reduceRight((sum, byte) => sum * 256 + byte, 0);
      const [properties] = input;
      if (properties >= 9 * 5 * 5 || size > mostBytes || input[header] !== 0) // undefined where the header itself breaks off
        throw Object.assign(new Error("this is no LZMA"), { start: input.slice(0, 16) });
      const literalPositionBits = Math.floor(properties / 9) % 5;
      literalBits = properties % 9;
      literalMask = (1 << literalPositionBits) - 1;
      positionMask = (1 << Math.floor(properties / 45)) - 1;
      odds = new Uint16Array(literal + (0x300 << (literalBits + literalPositionBits))).fill(1024); // of 2048: even
      output = new Uint8Array(size);
      for (coder[AT] = header + 1; coder[AT] < header + 5; coder[AT]++) coder[CODE] = (coder[CODE] << 8) | input[coder[AT]];
    }

    // symbols is the format's loop. It ends with the input, at a place where it can be taken up again.
    function symbols(before) {
      let [state, last, second, third, fourth] = memory; // distances are less by one
      let n = filled;
      while (coder[AT] < before) {
        const position = n & positionMask;
        if (!decision(isRepeat + (state << 4) + position)) {
          const context = ((n & literalMask) << literalBits) + ((n && output[n - 1]) >> (8 - literalBits));
          const base = literal + 0x300 * context;
          output[n] = state < 7 ? number(base, 256) : otherByte(base, output[n - last - 1]);
          n++;
          state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
          continue;
        }

        let count = 1;
        if (!decision(isKnown + state)) {
          fourth = third;
          third = second;
          second = last;
          count = length(newLength, position);
          last = distance(count);
          state = state < 7 ? 7 : 10;
          if (last === -1) {
            ended = true;
            break;
          }
        } else {
          let long = 1;
          if (!decision(isOlder + state)) {
            long = decision(isLong + (state << 4) + position);
          } else {
            let older = second;
            if (decision(isThird + state)) {
              older = third;
              if (decision(isFourth + state)) {
                older = fourth;
                fourth = third;
              }
              third = second;
            }
            second = last;
            last = older;
          }
          if (long) count = length(knownLength, position);
          state = state < 7 ? 9 - long : 11;
        }
        if (last >>> 0 >= n) throw damaged("it repeats what is not there");
        for (const stop = n + count; n < stop; n++) output[n] = output[n - last - 1];
      }
      if (n > output.length) throw damaged("it is larger than it says");
      filled = n;
      memory.set([state, last, second, third, fourth]);
    }

    function length(base, position) {
      if (!decision(base)) return 2 + number(base + 2 + (position << 3), 8);
      if (!decision(base + 1)) return 10 + number(base + 2 + (16 << 3) + (position << 3), 8);
      return 18 + number(base + 2 + (32 << 3), 256);
    }

    // distance reads how many bits a distance has with the first two of them, then the others: the last ones of a far distance are
    // worth odds of their own, those between are not.
    function distance(count) {
      const slot = number(distanceSlot + 64 * Math.min(count - 2, 3), 64);
      if (slot < 4) return slot;
      const bits = (slot >> 1) - 1;
      const first = (2 | (slot & 1)) << bits;
      if (slot < 14) return first + reversed(nearDistance + first - slot, bits);
      return first + (plain(bits - 4) << 4) + reversed(distanceEnd, 4);
    }

    // --- the range coder ---
    //
    // CODE is a place in a range of numbers. A decision cuts the range in two by its odds, and the place says which part is meant:
    // that is the next range, counted from 0. Before it gets too small, the next byte of the input makes 256 times more of both.
    // These lines are in four functions, since calls would take longer than they do.

    function decision(i) {
      const p = odds[i];
      const bound = Math.imul(coder[RANGE] >>> 11, p) >>> 0;
      let range = bound;
      let code = coder[CODE];
      let bit = 0;
      if (code < bound) {
        odds[i] = p + ((2048 - p) >> 5);
      } else {
        odds[i] = p - (p >> 5);
        range = coder[RANGE] - bound;
        code -= bound;
        bit = 1;
      }
      if (range < 1 << 24) {
        range <<= 8;
        code = (code << 8) | input[coder[AT]++];
      }
      coder[RANGE] = range;
      coder[CODE] = code;
      return bit;
    }

    // number reads a number below a power of two, its highest bit first. The odds of a bit depend on those before it.
    function number(base, limit) {
      let range = coder[RANGE];
      let code = coder[CODE];
      let at = coder[AT];
      let m = 1;
      do {
        const p = odds[base + m];
        const bound = Math.imul(range >>> 11, p) >>> 0;
        if (code < bound) {
          odds[base + m] = p + ((2048 - p) >> 5);
          range = bound;
          m <<= 1;
        } else {
          odds[base + m] = p - (p >> 5);
          range = (range - bound) >>> 0;
          code = (code - bound) >>> 0;
          m = (m << 1) | 1;
        }
        if (range < 1 << 24) {
          range = (range << 8) >>> 0;
          code = ((code << 8) | input[at++]) >>> 0;
        }
      } while (m < limit);
      coder[RANGE] = range;
      coder[CODE] = code;
      coder[AT] = at;
      return m - limit;
    }

    // otherByte reads a byte after a repetition. The byte that would have gone on with it is a hint, up to the first bit that differs.
    function otherByte(base, hint) {
      let range = coder[RANGE];
      let code = coder[CODE];
      let at = coder[AT];
      let m = 1;
      let same = 0x100;
      do {
        hint <<= 1;
        const hinted = hint & same;
        const i = base + same + hinted + m;
        const p = odds[i];
        const bound = Math.imul(range >>> 11, p) >>> 0;
        if (code < bound) {
          odds[i] = p + ((2048 - p) >> 5);
          range = bound;
          m <<= 1;
          same &= ~hinted;
        } else {
          odds[i] = p - (p >> 5);
          range = (range - bound) >>> 0;
          code = (code - bound) >>> 0;
          m = (m << 1) | 1;
          same &= hinted;
        }
        if (range < 1 << 24) {
          range = (range << 8) >>> 0;
          code = ((code << 8) | input[at++]) >>> 0;
        }
      } while (m < 256);
      coder[RANGE] = range;
      coder[CODE] = code;
      coder[AT] = at;
      return m;
    }

    // reversed reads a number of so many bits, its lowest first.
    function reversed(base, bits) {
      let m = 1;
      let value = 0;
      for (let i = 0; i < bits; i++) {
        const bit = decision(base + m);
        m = (m << 1) | bit;
        value |= bit << i;
      }
      return value;
    }

    // plain reads a number of so many bits that have no odds.
    function plain(bits) {
      let range = coder[RANGE];
      let code = coder[CODE];
      let at = coder[AT];
      let value = 0;
      for (; bits; bits--) {
        range >>>= 1;
        value <<= 1;
        if (code >= range) {
          code = (code - range) >>> 0;
          value |= 1;
        }
        if (range < 1 << 24) {
          range = (range << 8) >>> 0;
          code = ((code << 8) | input[at++]) >>> 0;
        }
      }
      coder[RANGE] = range;
      coder[CODE] = code;
      coder[AT] = at;
      return value;
    }

    return { push, end };
  };
})();
