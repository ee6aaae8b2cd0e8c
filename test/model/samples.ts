import fc from "fast-check";

/**
 * A value to send with what the documents make of it: the form in which it is stored, or why it is refused. The model so
 * needs no rules of its own for texts, numbers and addresses.
 */
export type Sample<T = string> = Good<T> | Bad<T>;
export type Good<T = string> = { readonly sent: T; readonly stored: T };
export type Bad<T = string> = { readonly sent: T; readonly fault: string };

export const kept = <T>(sent: T): Good<T> => ({ sent, stored: sent });
export const becomes = <T>(sent: T, stored: T): Good<T> => ({ sent, stored });
const refusedAs = (fault: string, ...values: readonly string[]): Bad[] => values.map((sent) => ({ sent, fault }));

/** One bad value in so many, so that most requests of ten fields are good. */
const goodForOneBad = 80;

function mostlyGood(good: readonly Good[], bad: readonly Bad[]): fc.Arbitrary<Sample> {
  return fc.oneof(
    { weight: goodForOneBad, arbitrary: fc.constantFrom<Sample>(...good) },
    { weight: 1, arbitrary: fc.constantFrom<Sample>(...bad) },
  );
}

export const names = mostlyGood(
  [kept("Ada"), becomes("  Grace ", "Grace"), becomes("Jose\u0301", "Jos\u00e9"), kept("👩‍🚀 Zoë")],
  [
    ...refusedAs("REQUIRED", "", "  "),
    ...refusedAs("INVALID_FORMAT", "A\u0007"),
    ...refusedAs("TOO_LONG", "x".repeat(101)),
  ],
);

/** A family name that may be unknown. */
export const optionalNames = mostlyGood(
  [kept("Lovelace"), becomes(" Hopper ", "Hopper"), kept("")],
  refusedAs("TOO_LONG", "x".repeat(101)),
);

/** The companies of the model are in the United States. */
export const phones = mostlyGood(
  [kept("+12125550101"), becomes("(212) 555-0102", "+12125550102"), becomes("212-555-0103", "+12125550103")],
  [...refusedAs("REQUIRED", ""), ...refusedAs("INVALID_FORMAT", "12", "call me")],
);

/** A lead may do without. */
export const leadPhones = mostlyGood(
  [kept("+12125550101"), becomes("(212) 555-0102", "+12125550102"), kept("")],
  refusedAs("INVALID_FORMAT", "12", "call me"),
);

export const emails = mostlyGood(
  [kept("ada@example.com"), kept("Ada@Example.COM"), becomes(" grace@example.com ", "grace@example.com"), kept("")],
  refusedAs("INVALID_FORMAT", "nobody", "a@b@example.com"),
);

export const colors = mostlyGood([kept("#A1B2C3"), kept("#000000"), kept("")], refusedAs("INVALID_FORMAT", "red"));

export const lines = mostlyGood(
  [kept("walk-in"), becomes(" a friend ", "a friend"), kept("")],
  [...refusedAs("TOO_LONG", "y".repeat(256)), ...refusedAs("INVALID_FORMAT", "a\nb")],
);

export const noteTexts = mostlyGood(
  [kept("likes tea"), becomes(" two\nlines\t", "two\nlines"), kept("nervous")],
  [
    ...refusedAs("REQUIRED", "", " \n"),
    ...refusedAs("TOO_LONG", "z".repeat(10_001)),
    ...refusedAs("INVALID_FORMAT", "a\u0000"),
  ],
);

export const pictures = mostlyGood(
  [kept("https://img.example/a.png"), kept("")],
  refusedAs("INVALID_FORMAT", "http://img.example/a.png", "picture"),
);

/** A value one time in so many, else nothing. */
export function maybe<T>(arbitrary: fc.Arbitrary<T>, oneIn = 2): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

/** Which of the things made so far: one by its place, or one that never was. */
export const which = fc.oneof({ weight: 12, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.constant(-1) });

export function pick<T>(list: readonly T[], at: number): T | undefined {
  return at < 0 || list.length === 0 ? undefined : list[at % list.length];
}
