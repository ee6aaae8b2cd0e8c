import { readFileSync } from "node:fs";
import type { PhoneReading } from "../../../src/core/phone/phone.js";

/** One format of a phone number, and what it says to a reader who knows the standards and the country. */
export interface Sample {
  /** The company's country. "" means unknown. */
  readonly country: string;
  /** Who reads the text: a `line` (readCallerPhone), a `field` (readPhone) or `both`. */
  readonly reader: string;
  readonly text: string;
  /** E.164, with `;ext=` before an extension; `withheld`; `unreadable`. */
  readonly right: string;
  /** The standard, document or product that says so. */
  readonly source: string;
}

/** A file of tab-separated values beside this one, in the order of the members of `Sample`. */
export function samples(file: string): Sample[] {
  const lines = readFileSync(new URL(file, import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "").map(toSample);
}

function toSample(line: string): Sample {
  const [country = "", reader = "", text = "", right = "", source = ""] = line.split("\t");
  return { country, reader, text, right, source };
}

/** A reading in the notation of the corpus. */
export function written(reading: PhoneReading): string {
  if (reading.kind !== "number") return reading.kind;
  return reading.extension === "" ? reading.number : `${reading.number};ext=${reading.extension}`;
}
