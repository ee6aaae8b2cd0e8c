import type { PhoneLine } from "../../core/phone/contact-phone.js";
import { judgePhone } from "../../core/phone/judged-phone.js";
import { meaningful, type Reading, refusal } from "./cell.js";

/** Several numbers in one cell are written with these between them. */
const separators = /\s*(?:[;/|\n\r]+|,\s|\s(?:or|and|&)\s|&)\s*/i;

/** Reads the phones of a cell: usually one, sometimes two or three. */
export function readPhones(cell: string, country: string): Reading<readonly PhoneLine[]> {
  const text = meaningful(cell);
  if (text === "") return undefined;
  const whole = judgePhone(text, country);
  if (whole.refusal === undefined) return [whole];
  const parts = text.split(separators).filter((part) => part !== "");
  const lines = parts.map((part) => judgePhone(part, country));
  if (parts.length > 1 && lines.every((line) => line.refusal === undefined)) return lines;
  if (parts.length > 1 && lines.some((line) => line.refusal === undefined)) {
    return refusal(
      "The cell has several phone numbers, and one of them cannot be read.",
      "Write each number in full, with a semicolon between them.",
    );
  }
  const remedy = "Correct the number, clear the cell, or add the country code with a plus.";
  return refusal(whyUnreadable(text), remedy);
}

function whyUnreadable(text: string): string {
  const digits = text.replaceAll(/\D/g, "").length;
  if (digits === 0) return "The cell has no phone number.";
  if (/e\+\d+$/i.test(text)) return "A spreadsheet rounded the phone number, so that digits are lost.";
  if (digits < 8) return "The phone number is too short; its area code may be missing.";
  return "The phone number cannot be read.";
}
