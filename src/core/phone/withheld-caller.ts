/**
 * The digits that spell a word on a keypad, as telephone systems send them for a caller who withholds the number.
 * Twilio sends the first five: RESTRICTED, ANONYMOUS, UNAVAILABLE, BLOCKED, UNKNOWN. Bare or after a plus they are no
 * number. Behind a country code they are one, except 1 737 874 2833, which Twilio sends for RESTRICTED as well.
 */
const spelledDigits: ReadonlySet<string> = new Set([
  "7378742833",
  "266696687",
  "86282452253",
  "2562533",
  "8656696",
  "17378742833",
]);

/** Whether the digits, without a plus or `00` before them, stand for a caller who withholds the number. */
export function isWithheldDigits(digits: string): boolean {
  return spelledDigits.has(digits) || /^0+$/.test(digits);
}

/**
 * Hosts of SIP addresses that name nobody: `anonymous.invalid` (RFC 3323), `unknown.invalid` (3GPP TS 23.003). No
 * other address may use the domain `invalid` (RFC 2606).
 */
export function isWithheldHost(host: string): boolean {
  return /(?:^|\.)invalid$/i.test(host);
}

/** Whether the text is a word for a caller who withholds the number or whose number the line does not know. */
export function isWithheldWord(text: string): boolean {
  return words.has(lettersOf(text));
}

/**
 * Whether a name before a SIP address says that the number behind it must not be used. `Unknown` and `Unavailable`
 * there concern the name alone.
 */
export function isPrivateName(name: string): boolean {
  return privateNames.has(lettersOf(name));
}

/** Case, blanks and punctuation differ from system to system: `Caller ID Blocked`, `caller-id_blocked`. */
function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{M}]/gu, "");
}

const privateNames: ReadonlySet<string> = new Set([
  ...["anonymous", "anonymouscaller", "anonymoususer"],
  ...["private", "privatecaller", "privatenumber", "privatename"],
  ...["restricted", "restrictedcaller", "restrictednumber"],
  ...["withheld", "withheldnumber", "numberwithheld"],
  ...["blocked", "blockedcaller", "blockednumber", "calleridblocked"],
  ...["nocallerid", "hidden", "hiddennumber"],
]);

/** The names of private callers, and those that say that the line knows no number. */
const words: ReadonlySet<string> = new Set([
  ...privateNames,
  ...["unknown", "unknowncaller", "unknownnumber", "unknownuser"],
  ...["unavailable", "notavailable", "numberunavailable", "idunavailable", "calleridunavailable"],
  ...["outofarea", "unspecified", "undefined", "null", "nil", "none", "noname", "nonumber"],
  ...["unassigned", "unassignednumber", "unallocated", "unallocatednumber", "unidentified", "notprovided"],
  // FreeSWITCH has `_undef_` for a variable that is not set.
  "undef",
  // The default names of Asterisk and FreeSWITCH.
  ...["asterisk", "freeswitch"],
  // Android shows this for an unknown number in Vietnamese, and clients pass it on. No source shows other languages.
  "khôngxácđịnh",
]);
