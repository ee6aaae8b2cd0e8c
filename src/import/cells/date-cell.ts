import { atLocalTime, localDate, startOfDay } from "../../core/time-zones.js";
import { meaningful, type Reading, refusal } from "./cell.js";

export type DayOrder = "mdy" | "dmy" | "ymd";

export interface DateContext {
  /** The order of `3/5/19` in this file. Absent if it was not stated. */
  readonly dayOrder?: DayOrder | undefined;
  /** Whether the column counts seconds since 1970. */
  readonly isUnix?: boolean;
  /** Of the company. A moment is read as the day there. */
  readonly timeZone: string;
  /** Today, `yyyy-MM-dd`. Two digits of a year are the latest year that is not in the future. */
  readonly today: string;
}

/** Reads a date as `yyyy-MM-dd`, or as `yyyy-MM` or `yyyy` if it has no more. */
export function readDate(cell: string, context: DateContext): Reading<string> {
  const text = meaningful(cell);
  if (text === "" || text === "0") return undefined;
  if (context.isUnix && /^-?\d{1,13}(?:\.0+)?$/.test(text)) return unixDate(Number(text), context.timeZone);
  const day = text
    .replace(/[T\s,]+\d{1,2}:\d{2}.*$/i, "")
    .replace(/^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+/i, "");
  return readDay(day.trim(), context);
}

function readDay(text: string, context: DateContext): Reading<string> {
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text) ?? /^((?:19|20)\d{2})([01]\d)([0-3]\d)$/.exec(text);
  if (iso) return dateOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const numeric = /^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})$/.exec(text);
  if (numeric) return orderedDate([Number(numeric[1]), Number(numeric[2])], numeric[3] ?? "", context);
  if (/^(?:19|20)\d{2}$/.test(text)) return text;
  const month = /^(?:(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4}))$/.exec(text);
  if (month) return monthOf(Number(month[1] ?? month[4]), Number(month[2] ?? month[3]));
  if (/^\d{5}(?:\.\d+)?$/.test(text)) return serialDate(Number(text));
  if (/^\d{9,13}$/.test(text)) {
    return refusal(
      "The cell has a number instead of a date; it can be the seconds since 1970.",
      "Use the preset of the system that wrote the file, or write dates such as 2019-03-05.",
    );
  }
  return namedDate(text, context) ?? notADate;
}

const notADate = refusal("The cell is not a date.", "Write a date such as 2019-03-05, or clear the cell.");
const impossible = refusal("The date does not exist.", "Correct the day, the month or the year.");

/** Two numbers and a year, or with the year first: `19/03/05`. */
function orderedDate([first, second]: readonly [number, number], last: string, context: DateContext): Reading<string> {
  const { dayOrder } = context;
  if (dayOrder === "ymd" && last.length === 2)
    return dateOf(yearOf(String(first).padStart(2, "0"), context), second, Number(last));
  const year = yearOf(last, context);
  if (dayOrder === "dmy") return dateOf(year, second, first);
  if (dayOrder === "mdy") return dateOf(year, first, second);
  const isClear = first > 12 || second > 12 || first === second;
  if (!isClear) {
    return refusal(
      "The date can be read with the month first or with the day first.",
      "State the order of the file: --day-order mdy, or --day-order dmy.",
    );
  }
  return first > 12 ? dateOf(year, second, first) : dateOf(year, first, second);
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] as const;

/** `Mar 5, 2019`, `5 March 2019`, `March 2019`. */
function namedDate(text: string, context: DateContext): Reading<string> {
  const found =
    /^(?<name>\p{L}{3,9})\.?[\s-]+(?<day>\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(?<year>\d{4}|\d{2})$/u.exec(text) ??
    /^(?<day>\d{1,2})(?:st|nd|rd|th|\.)?[\s-]+(?<name>\p{L}{3,9})\.?,?[\s-]+(?<year>\d{4}|\d{2})$/u.exec(text) ??
    /^(?<name>\p{L}{3,9})\.?,?[\s-]+(?<year>\d{4})$/u.exec(text);
  const { name = "", day, year = "" } = found?.groups ?? {};
  const month = months.findIndex((start) => name.toLowerCase().startsWith(start)) + 1;
  if (month === 0) return undefined;
  if (day === undefined) return monthOf(Number(year), month);
  return dateOf(yearOf(year, context), month, Number(day));
}

function yearOf(digits: string, { today }: DateContext): number {
  if (digits.length > 2) return Number(digits);
  const century = Math.floor(Number(today.slice(0, 4)) / 100) * 100;
  const year = century + Number(digits);
  return year > Number(today.slice(0, 4)) + 20 ? year - 100 : year;
}

function dateOf(year: number, month: number, day: number): Reading<string> {
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists = year >= 1900 && year < 2200 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.toISOString().slice(0, 10) : impossible;
}

function monthOf(year: number, month: number): Reading<string> {
  return month >= 1 && month <= 12 && year >= 1900 && year < 2200
    ? `${year}-${String(month).padStart(2, "0")}`
    : impossible;
}

/** A date that a spreadsheet wrote as a number, counted from 1900. */
function serialDate(serial: number): Reading<string> {
  if (serial < 10_000 || serial > 73_050) return notADate;
  return new Date(Date.UTC(1899, 11, 30) + Math.floor(serial) * 86_400_000).toISOString().slice(0, 10);
}

function unixDate(given: number, timeZone: string): Reading<string> {
  const date = new Date(Math.abs(given) > 99_999_999_999 ? given : given * 1_000);
  const year = date.getUTCFullYear();
  return year >= 1900 && year < 2200 ? localDate(timeZone, date) : impossible;
}

const timeOfDay =
  /[T\s,]+(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.(?<fraction>\d{1,9}))?)?\s*(?<half>[ap]\.?m\b\.?)?\s*(?<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i;

/** Reads a moment. A date alone is the start of the day in the company, and a time without a zone is of its clocks. */
export function readMoment(cell: string, context: DateContext): Reading<Date> {
  const text = meaningful(cell);
  if (context.isUnix && /^\d{9,13}$/.test(text)) return new Date(Number(text) * (text.length > 11 ? 1 : 1_000));
  const day = readDate(cell, context);
  if (typeof day !== "string") return day;
  if (day.length < 10) return refusal("The date has no day.", "Write the whole date.");
  const groups = timeOfDay.exec(text)?.groups;
  if (!groups) return startOfDay(context.timeZone, day);
  const time = timeOf(groups);
  if (time === undefined) return noTime;
  const zone = groups["zone"];
  if (zone === undefined) return atLocalTime(context.timeZone, day, time);
  const date = new Date(`${day}T${time}${/^[a-z]/i.test(zone) ? "Z" : zone}`);
  return Number.isNaN(date.getTime()) ? noTime : date;
}

const noTime = refusal("The time does not exist.", "Correct the time, or leave it out.");

/** `2:30 PM` as `14:30:00.000`. Undefined if no clock shows it. */
function timeOf({ hour, minute, second, fraction, half }: Readonly<Record<string, string | undefined>>) {
  const isHalf = half !== undefined && Number(hour) <= 12;
  const hours = isHalf ? (Number(hour) % 12) + (/^p/i.test(half) ? 12 : 0) : Number(hour);
  if (hours > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined;
  const digits = [hours, Number(minute), Number(second ?? 0)].map((number) => String(number).padStart(2, "0"));
  return `${digits.join(":")}.${(fraction ?? "").padEnd(3, "0").slice(0, 3)}`;
}
