import { v7 } from "uuid";

/** Prefixes of generated ids, by resource. Imported ids need not have them, so an id does not reveal its kind. */
export const idPrefixes = {
  company: "cmp_",
  business: "biz_",
  staff: "staff_",
  customer: "cus_",
  lead: "lcus_",
  pet: "pet_",
  address: "addr_",
  note: "cxn_",
  tag: "tag_",
  referralSource: "ref_",
  lifeCycle: "lc_",
  actionStatus: "as_",
  customField: "cf_",
  petCode: "pc_",
  petSize: "psz_",
  petType: "pt_",
  petCoatType: "pct_",
  package: "pkg_",
  packageService: "ps_",
  packageTemplate: "pkt_",
  ledgerEntry: "ple_",
  service: "srv_",
  cardLink: "cof_",
  card: "card_",
  vipLevel: "vip_",
  apiKey: "key_",
  externalApi: "xapi_",
  ivrFlow: "ivr_",
  keyUse: "use_",
  optOut: "opt_",
  customerMerge: "mrg_",
  importJob: "job_",
  imported: "imp_",
} as const;

export type IdPrefix = (typeof idPrefixes)[keyof typeof idPrefixes];

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^22 is the smallest power of 62 above 2^128. */
const idDigits = 22;

/**
 * A new id: the prefix and a UUIDv7 as 22 base62 digits in ASCII order. Ids that this process generates later sort
 * after earlier ones under collation "C" (RFC 9562 section 6.2: monotonic within a millisecond).
 */
export function newId(prefix: IdPrefix): string {
  return prefix + toBase62(v7(undefined, new Uint8Array(16)), idDigits);
}

/** Whether a string has the format of an id, generated or imported. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,30}$/.test(text);
}

export const idFormat = "Must be 1 to 30 characters from A-Z, a-z, 0-9, `_`, `.` and `-`.";

/** Prefix of the pseudonyms under which ledgers keep the history of erased records. Clients cannot use it. */
export const erasedPrefix = "erased_";

/** Violation text for an id that a client cannot choose. */
export const reservedIdPrefix = `Must not start with \`${erasedPrefix}\`, a reserved prefix.`;

export function isErasedId(id: string): boolean {
  return id.startsWith(erasedPrefix);
}

/** Whether a client can choose this id for an imported record. */
export function isClientAssignableId(text: string): boolean {
  return isId(text) && !isErasedId(text);
}

/**
 * Encodes the bytes as one big-endian number in base62, padded with zeros on the left, so that strings sort like the
 * bytes.
 */
export function toBase62(bytes: Uint8Array, length: number): string {
  // In words of 16 bits, divided for five digits at once: without BigInt it takes a tenth of the time.
  const words = wordsOf(bytes);
  let text = "";
  for (let first = 0; first < words.length; ) {
    let rest = 0;
    for (let at = first; at < words.length; at += 1) {
      const value = rest * 0x10000 + (words[at] ?? 0);
      words[at] = Math.floor(value / fiveDigits);
      rest = value % fiveDigits;
    }
    for (let digit = 0; digit < 5; digit += 1) {
      text = digits.charAt(rest % 62) + text;
      rest = Math.floor(rest / 62);
    }
    while (first < words.length && words[first] === 0) first += 1;
  }
  return text.replace(/^0+/, "").padStart(length, "0");
}

const fiveDigits = 62 ** 5;

/** As one big-endian number. */
function wordsOf(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let end = bytes.length; end > 0; end -= 2)
    words.unshift((end > 1 ? (bytes[end - 2] ?? 0) << 8 : 0) | (bytes[end - 1] ?? 0));
  return words;
}
