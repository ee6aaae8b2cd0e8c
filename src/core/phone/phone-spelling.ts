import { readExtension } from "./phone-extension.js";
import { readPhoneUri } from "./phone-uri.js";
import { isPrivateName, isWithheldWord } from "./withheld-caller.js";

/** The digits of a phone number, without what surrounds them. */
export interface PhoneSpelling {
  /** ASCII digits, at least one. */
  readonly digits: string;
  /** Whether the text marks the digits as international with a plus. */
  readonly hasPlus: boolean;
  /** "" if there is none. */
  readonly extension: string;
  /** The digits without a `(0)` behind the country code: `+34 (0)912 34 56 78`. Absent if there is none. */
  readonly withoutZero?: string;
}

/** Far longer than a SIP address with all its parameters, so that the work on one text is small. */
export const maxSpellingChars = 512;

/** More than any number with its prefixes. */
const maxDigits = 40;

/** What most files have: digits alone, or as North America groups them. It needs no taking apart. */
const isPlain = /^(?:\d{7,15}|\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4})$/;

/**
 * Takes apart how people, spreadsheets and telephone systems write a phone number. The library for phone numbers
 * receives the digits alone.
 *
 * @param raw at most `maxSpellingChars` characters
 * @returns undefined if the text is not the spelling of one number
 */
export function readSpelling(raw: string): PhoneSpelling | "withheld" | undefined {
  if (isPlain.test(raw)) return { digits: raw.replace(/\D/g, ""), hasPlus: false, extension: "" };
  const { name, address } = splitName(plainText(raw));
  if (isPrivateName(name)) return "withheld";
  const uri = readPhoneUri(address);
  if (uri === "withheld" || uri === undefined) return uri;
  if (isWithheldWord(uri.number)) return "withheld";
  const { number, extension } = readExtension(withoutLabel(cellValue(uri.number)));
  const spelled = toDigits(number);
  if (!spelled) return undefined;
  const isLocal = uri.context !== "" && !spelled.hasPlus;
  const withoutZero =
    spelled.hasPlus && trunkZero.test(number) ? toDigits(number.replace(trunkZero, "$1"))?.digits : undefined;
  return {
    digits: isLocal ? uri.context + spelled.digits : spelled.digits,
    hasPlus: isLocal || spelled.hasPlus,
    extension: uri.extension || extension,
    ...(withoutZero === undefined ? {} : { withoutZero }),
  };
}

/** Decoded, in compatibility form (full-width digits and signs), without quotes and invisible characters around. */
function plainText(raw: string): string {
  const decoded = percentDecoded(percentDecoded(raw));
  const visible = decoded.normalize("NFKC").replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "");
  return visible.replace(/^[\s'"`=‘’“”]+/, "").replace(/[\s'"`‘’“”]+$/, "");
}

/** Some systems encode what is encoded already. */
function percentDecoded(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `"Anna" <sip:+12125550111@pbx.example>` has a name before its address. */
function splitName(text: string): { name: string; address: string } {
  const [, name = "", address] = /^([^<>]*)<([^<>]*)>[^<>]*$/.exec(text) ?? [];
  return address === undefined ? { name: "", address: text } : { name, address: address.trim() };
}

/** The digits of a number that a spreadsheet took for an amount. Any other text is returned as it is. */
function cellValue(text: string): string {
  if (/^\d{1,3}(?:,\d{3}){2,}(?:\.0{1,2})?$/.test(text)) return text.replaceAll(",", "").replace(/\..*$/, "");
  const [, whole] = /^(\+?\d{7,})[.,]0{1,2}$/.exec(text) ?? [];
  if (whole !== undefined) return whole;
  const [, plus = "", first = "", fraction = "", sign, exponent] =
    /^(\+?)(\d)[.,](\d{1,17})e(\+?)0?(\d{1,2})$/i.exec(text) ?? [];
  // Excel (E+09) rounds, so that missing digits are lost. Java (E9) leaves out zeros at the end.
  const missing = Number(exponent) - fraction.length;
  if (!(missing >= 0 && missing <= (sign === "" ? 3 : 0))) return text;
  return plus + first + fraction + "0".repeat(missing);
}

/** Labels of contact lists: English, German, French, Spanish, Portuguese and Italian. */
const words =
  "cell(?:ular(?:e)?|phone)?|mob(?:ile|il)?|home|house|work|office|business|main|primary|other|direct|land ?line|" +
  "daytime|day|evening|night|personal|tele(?:ph)?one?|tel|phone|ph|fon|fax|whats ?app|sms|text|number|nummer|num|no|nr|n°|" +
  "handy|privat|telefon|festnetz|gesch[äa]ft(?:lich)?|dienstlich|arbeit|b[üu]ro|zu ?hause|firma|" +
  "(?:tele(?:f|ph)on|tel|handy|mobil|festnetz|ruf)(?:nummer|nr)|mobil(?:telefon|funk)|" +
  "t[ée]l[ée]phone|t[ée]l|portable|gsm|fixe|domicile|maison|bureau|travail|num[ée]ro|perso(?:nnel)?|pro(?:fessionnel)?|" +
  "tel[ée]fono|tfno|tlf|tlfno|m[óo]vil|celular|cel|casa|trabajo|oficina|fijo|n[úu]mero|particular|" +
  "telefone|telem[óo]vel|fixo|trabalho|escrit[óo]rio|ufficio|lavoro|fisso";
/** Up to three words, `Cell Phone`, `tel. no`, or the first letter of one. */
const labels = `(?:${words})(?:[\\s./-]{1,3}(?:${words})){0,2}|[hmwco]`;
const labelBefore = new RegExp(`^(?:${labels})\\s*\\.?(?:\\s*[1-9]?\\s*[:#]{1,2})?\\s*(?=[+(\\d])`, "iu");
const labelBehind = new RegExp(`\\s*(?:[([]\\s*(?:${labels})\\.?\\s*[)\\]]|(?<=\\d)[\\s,/-]+(?:${labels})\\.?)$`, "iu");
const labelInBrackets = new RegExp(`^[([]\\s*(?:${labels})\\.?\\s*[)\\]]\\s*`, "iu");

/** `2125550111 (cell)`, `Mobile: 2125550111`. A text with other words is not read: they can name another person. */
function withoutLabel(text: string): string {
  return text.replace(labelInBrackets, "").replace(labelBefore, "").replace(labelBehind, "");
}

/** The zero that is dialed within the country only. People write it for countries without one, too. */
const trunkZero = /^(\D*\p{Nd}{1,3}[\s.-]*)\(0\)/u;

/** Only what separates digits may be left. Letters that stand for digits (1-800-FLOWERS) are not read. */
function toDigits(text: string): { digits: string; hasPlus: boolean } | undefined {
  const [, plus, body = ""] = /^[\s([]*(\+?)([\p{Nd}\s.()[\]/~·•\-‐-―−ー]+)$/u.exec(text) ?? [];
  const digits = body.replace(/\P{Nd}/gu, "").replace(/[^0-9]/gu, asciiDigit);
  return digits === "" || digits.length > maxDigits ? undefined : { digits, hasPlus: plus === "+" };
}

/** The decimal digits of each script are a run of ten. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let start = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(start - 1))) start--;
  return String((code - start) % 10);
}
