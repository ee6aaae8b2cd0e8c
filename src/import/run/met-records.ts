import type { Draft } from "./draft.js";

type Met = Pick<Draft, "key" | "contentHash">;

/** Three words of the key, and one of the content, which is never 0. */
const words = 4;

/**
 * The records that a run has met. A file of a million customers with pets has two million, so each takes four numbers
 * instead of an object with its texts.
 */
export function createMetRecords() {
  let slots = 1024;
  let table = new Uint32Array(slots * words);
  let count = 0;

  /** Where the record is, or would be. */
  function placeOf([a, b, c]: Words): number {
    for (let slot = a % slots; ; slot = (slot + 1) % slots) {
      const at = slot * words;
      if (table[at + 3] === 0 || (table[at] === a && table[at + 1] === b && table[at + 2] === c)) return at;
    }
  }

  function set(key: Words, content: number): void {
    const at = placeOf(key);
    if (table[at + 3] === 0) count += 1;
    table.set([...key, content], at);
  }

  function grow(): void {
    const before = table;
    slots *= 2;
    table = new Uint32Array(slots * words);
    count = 0;
    for (let at = 0; at < before.length; at += words) {
      const [a = 0, b = 0, c = 0, content = 0] = before.subarray(at, at + words);
      if (content !== 0) set([a, b, c], content);
    }
  }

  return {
    add({ key, contentHash }: Met): void {
      if (count >= slots * 0.75) grow();
      set(wordsOf(key), contentOf(contentHash));
    },

    /** Whether the record was met, and with which content. */
    find({ key, contentHash }: Met): "new" | "same" | "other" {
      const content = table[placeOf(wordsOf(key)) + 3];
      if (content === 0) return "new";
      return content === contentOf(contentHash) ? "same" : "other";
    },
  };
}

type Words = readonly [number, number, number];

/** A key is a hash of 128 bits already. */
function wordsOf(key: string): Words {
  return [hash(key, 0, 7), hash(key, 7, 14), hash(key, 14, key.length)];
}

function contentOf(contentHash: string): number {
  return hash(contentHash, 0, contentHash.length) || 1;
}

/** FNV-1a of a part of a text. */
function hash(text: string, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
