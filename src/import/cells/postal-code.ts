/** Digits of the postal codes of countries whose codes can begin with 0 and have digits alone. */
const lengths: Readonly<Record<string, number>> = {
  ...{ US: 5, PR: 5, DE: 5, FR: 5, IT: 5, ES: 5, FI: 5, MX: 5, EE: 5, MY: 5, TR: 5, HR: 5, UA: 5, KR: 5 },
  ...{ AU: 4, AT: 4, BE: 4, CH: 4, DK: 4, NO: 4, NZ: 4, ZA: 4, HU: 4 },
  ...{ CN: 6, IN: 6, SG: 6, RO: 6 },
};

/** Gives a postal code back the zeros at its beginning, which spreadsheets drop: `2134` is `02134` in the United States. */
export function restoredPostalCode(text: string, country: string): string {
  const [, digits, more = ""] = /^(\d{1,6})(?:\.0)?(-\d{1,4})?$/.exec(text) ?? [];
  const length = lengths[country.toUpperCase()];
  if (digits === undefined || length === undefined || digits.length >= length || digits.length < length - 2)
    return text;
  return digits.padStart(length, "0") + more;
}
