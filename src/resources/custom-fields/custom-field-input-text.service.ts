import type { ViolationReason } from "../../core/errors.js";
import type { FieldDefinition, FieldValue } from "./custom-field.model.js";

type TextProblem = { readonly reason: ViolationReason; readonly description: string };

/**
 * Reads the member `text` of a value by the type of its field. Other values stay as they are. Only what has one meaning is
 * read: a problem says what to send.
 */
export function readFieldText(
  { type, options }: Pick<FieldDefinition, "type" | "options">,
  value: FieldValue,
): FieldValue | TextProblem {
  if (!("text" in value)) return value;
  const raw = String(value["text"]);
  const text = raw.trim();
  switch (type) {
    case "SHORT_TEXT":
    case "LONG_TEXT":
      return { string: raw };
    case "SELECT":
      return { string: options.includes(raw) ? raw : text };
    case "MULTI_SELECT":
      return { stringList: { values: options.includes(text) ? [text] : listOf(text) } };
    case "NUMBER":
      return isInt64(text) ? { int64: String(BigInt(text)) } : invalid("Must be a whole number.");
    case "BOOLEAN":
      return booleanOf(text) ?? invalid("Must be true or false.");
    case "DATE":
      return dateOf(text) ?? invalid(dateFormat);
    case "DATETIME":
      return momentOf(text) ?? invalid('Must be a date with a time and zone, for example "2024-08-01T09:15:00Z".');
    case "TIME":
      return timeOf(text) ?? invalid('Must be a time in the format HH:mm, for example "09:15".');
    case "MONEY":
      return invalid('Must be an object, for example {"money": {"currencyCode": "USD", "units": "500"}}.');
    case "RELATION":
      return invalid('Must be an object, for example {"relation": {"entity": "CUSTOMER", "refId": "cus_1"}}.');
    case "GROUP":
      return value;
    default:
      return type satisfies never;
  }
}

const dateFormat = 'Must be a date in the format yyyy-MM-dd, for example "2024-08-01".';

function invalid(description: string): TextProblem {
  return { reason: "INVALID_FORMAT", description };
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

const [int64Min, int64Max] = [-(2n ** 63n), 2n ** 63n - 1n];

function isInt64(text: string): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  return BigInt(text) >= int64Min && BigInt(text) <= int64Max;
}

/** With the words that forms send for a checkbox. */
function booleanOf(text: string): FieldValue | undefined {
  const word = text.toLowerCase();
  if (["true", "yes", "on", "1"].includes(word)) return { bool: true };
  return ["false", "no", "off", "0"].includes(word) ? { bool: false } : undefined;
}

/** The day as written, whatever the offset of a time after it. */
function dateOf(text: string): FieldValue | undefined {
  const midnight = `${text.slice(0, "yyyy-MM-dd".length)}T00:00:00Z`;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  return isDay || momentOf(text) ? momentOf(midnight) : undefined;
}

/** In RFC 3339, as proto JSON encodes it. */
function momentOf(text: string): FieldValue | undefined {
  const [, day] = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  const time = day === undefined ? Number.NaN : Date.parse(text);
  const exists = day !== undefined && new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true;
  if (Number.isNaN(time) || !exists || day.startsWith("0000")) return undefined;
  return { timestampTime: new Date(time).toISOString().replace(".000Z", "Z") };
}

function timeOf(text: string): FieldValue | undefined {
  const [, hours, minutes, seconds = "0"] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  if (hours === undefined) return undefined;
  return { timeOfDay: { hours: Number(hours), minutes: Number(minutes), seconds: Number(seconds), nanos: 0 } };
}
