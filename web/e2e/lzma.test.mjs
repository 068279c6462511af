// assets/lzma.js: whatever xz packs comes out again, however it is cut, and nothing that is damaged passes for whole.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import vm from "node:vm";
import { project } from "./lib.mjs";

vm.runInThisContext(readFileSync(path.join(project, "assets/lzma.js"), "utf8"));

// random is a generator of whole numbers below most, always the same ones.
let seed = 1;
function random(most) {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 2 ** 32) * most);
}

// text has words, numbers, noise and long repetitions: all kinds of symbols, and distances near and far.
const text = Buffer.concat(
  Array.from({ length: 6000 }, (_, i) => {
    if (i % 1500 === 1499) return Buffer.alloc(5000, i);
    if (i % 7 === 0) return Buffer.from([random(256), random(256), 0, i]);
    return Buffer.from(["SET ", "greeting ", "hello ", "replica ", `offset=${random(9999)} `][random(5)]);
  }),
);

function pack(bytes, how = "--lzma1=preset=6") {
  const packed = execFileSync("xz", ["--format=lzma", how], { input: bytes, maxBuffer: 1 << 28 });
  packed.writeBigUInt64LE(BigInt(bytes.length), 5); // as the builder does
  return packed;
}

// unpack unpacks a file in pieces of one size.
function unpack(packed, piece = Infinity) {
  const lzma = resyncLzma();
  const bytes = [];
  for (let at = 0; at < packed.length; at += piece) bytes.push(lzma.push(packed.subarray(at, at + piece)));
  bytes.push(lzma.end());
  return Buffer.concat(bytes);
}

const packed = pack(text);

for (const piece of [1, 7, 100, 4096, Infinity]) {
  test(`a file is unpacked in pieces of ${piece} bytes`, () => assert.ok(unpack(packed, piece).equals(text)));
}

test("what has come is unpacked at once, but for the last symbols", () => {
  const lzma = resyncLzma();
  let size = 0;
  for (const byte of packed.subarray(0, packed.length >> 1)) size += lzma.push(Uint8Array.of(byte)).length;
  assert.ok(size > text.length / 3, `${size} of ${text.length} bytes`);
  assert.equal(lzma.push(new Uint8Array()).length, 0);
});

test("every way to pack is understood", () => {
  for (const how of ["lc=0,lp=0,pb=0", "lc=3,lp=0,pb=2", "lc=4,lp=0,pb=4", "lc=0,lp=4,pb=1", "lc=2,lp=2,pb=3", "lc=1,lp=3,pb=0,mode=fast,dict=4KiB", "nice=273,mf=bt4,depth=500"])
    assert.ok(unpack(pack(text, `--lzma1=preset=6,${how}`), 1000).equals(text), how);
});

test("small files and large ones are unpacked", () => {
  const far = Buffer.concat([text, Buffer.from(Array.from({ length: 1 << 19 }, () => random(256))), text]);
  for (const bytes of [Buffer.alloc(0), Buffer.from("a"), Buffer.from("ab"), Buffer.alloc(1 << 22), far])
    for (const piece of [1 + (bytes.length >> 10), Infinity]) assert.ok(unpack(pack(bytes), piece).equals(bytes), `${bytes.length} bytes`);
});

test("what is no such file is told from one that is damaged", () => {
  const large = Buffer.from(packed);
  large.writeBigUInt64LE(2n ** 26n + 1n, 5);
  const other = Buffer.from(packed);
  other[0] = 225;
  for (const bytes of ["", "Not found", "<!doctype html><title>Not here, and nowhere else</title>", "\x1f\x8b\x08\0\0\0\0\0\0\x03", "\0asm\x01\0\0\0\x01\x07\x01`\x03\x7f\x7f\x7f\x01\x7f", large, other]) {
    const file = Buffer.from(bytes, "latin1");
    for (const piece of [1, Infinity]) {
      assert.throws(() => unpack(file, piece), ({ message, start }) => message === "this is no LZMA" && file.subarray(0, 16).equals(start), file.toString("latin1", 0, 20));
    }
  }
});

// damage is a check that says what is wrong with a file.
const damage = (words) => (error) => error.start === undefined && words.test(error.message);

test("a file that breaks off is damaged, wherever it does", () => {
  for (const length of [14, 17, 18, 19, 33, 100, packed.length >> 1, packed.length - 20, packed.length - 2, packed.length - 1])
    for (const piece of [1, Infinity]) assert.throws(() => unpack(packed.subarray(0, length), piece), damage(/breaks off/), `${length} bytes`);
});

test("a file with something behind it is damaged", () => {
  for (const more of [1, 19, 20, 21, 5000])
    for (const piece of [1, 4096, Infinity]) assert.throws(() => unpack(Buffer.concat([packed, Buffer.alloc(more)]), piece), damage(/something follows/), `${more} bytes`);
});

test("a file of another size than it says is damaged", () => {
  for (const [by, words] of [[-1, /larger than it says/], [1, /does not come out even/]]) {
    const file = Buffer.from(packed);
    file.writeBigUInt64LE(BigInt(text.length + by), 5);
    assert.throws(() => unpack(file), damage(words));
  }
});

test("a repetition of what is not there is damage", () => {
  const file = Buffer.from(packed);
  file.fill(0xff, 18, 60); // decisions for 1: repetitions, of the very first byte
  assert.throws(() => unpack(file), damage(/not there/));
});

test("the last bytes are what shows that nothing is damaged", () => {
  for (let back = 1; back <= 4; back++) {
    const file = Buffer.from(packed);
    file[file.length - back] ^= 1;
    assert.throws(() => unpack(file), damage(/./), `${back} from the end`);
  }
});

test("no flipped bit passes, and each is called damage", () => {
  for (let i = 0; i < 1500; i++) {
    const file = Buffer.from(packed);
    const at = i < 200 ? i : 18 + random(file.length - 18);
    const bit = random(8);
    file[at] ^= 1 << bit;
    if (at >= 1 && at < 5) continue; // the size of the packer's window: all of the output is ours
    let got;
    try {
      got = unpack(file, 1 + random(3000));
    } catch (error) {
      assert.ok(error.message === "this is no LZMA" ? at < 14 : damage(/^the program is damaged: /)(error), `bit ${bit} of byte ${at}: ${error.stack}`);
    }
    assert.equal(got, undefined, `bit ${bit} of byte ${at}: ${got?.length} bytes`);
  }
});

test("noise is no program", () => {
  for (let i = 0; i < 300; i++) {
    const file = Buffer.concat([packed.subarray(0, 14), Buffer.from(Array.from({ length: random(3000) }, () => random(256)))]);
    assert.throws(() => unpack(file, 1 + random(500)), (error) => /^(the program is damaged|this is no LZMA)/.test(error.message));
  }
});
