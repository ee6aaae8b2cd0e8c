import type { AnsweredField } from "../callers/caller.model.js";
import type { FieldValue, Json } from "./custom-field.model.js";

/**
 * The value of a custom field as text for people and call-center flows, "" if there is none:
 *
 * - strings and numbers unchanged
 * - a date as `yyyy-MM-dd`, a timestamp as RFC 3339 in UTC, a time of day as `HH:mm:ss`
 * - a boolean as `true` or `false`
 * - an option as its label, several joined by `,`; an option that was removed as its value
 * - an amount as `12.50 USD`
 * - a relation as the id of the record
 */
export function customFieldText(
  { type, options }: Pick<AnsweredField, "type" | "options">,
  value?: FieldValue,
): string {
  if (!value) return "";
  const labelOf = (chosen: string) => options.find((option) => option.value === chosen)?.label ?? chosen;
  switch (type) {
    case "SHORT_TEXT":
    case "LONG_TEXT":
      return textOf(value["string"]);
    case "SELECT":
      return labelOf(textOf(value["string"]));
    case "MULTI_SELECT":
      return textsOf(member(value["stringList"], "values")).map(labelOf).join(",");
    case "NUMBER":
      return textOf(value["int64"]);
    case "BOOLEAN":
      return textOf(value["bool"]);
    case "DATE":
      return textOf(value["timestampTime"]).slice(0, "yyyy-MM-dd".length);
    case "DATETIME":
      return textOf(value["timestampTime"]);
    case "TIME":
      return timeText(value["timeOfDay"]);
    case "MONEY":
      return moneyText(value["money"]);
    case "RELATION": {
      const relation = value["relation"];
      return textOf(member(relation, "refId")) || textOf(member(relation, "id"));
    }
    case "GROUP":
      return "";
    default:
      return type satisfies never;
  }
}

function timeText(time: Json | undefined): string {
  const parts = ["hours", "minutes", "seconds"].map((name) => textOf(member(time, name)) || "0");
  return parts.map((part) => part.padStart(2, "0")).join(":");
}

/** Omits a zero fraction, otherwise prints at least two decimal places. */
function moneyText(money: Json | undefined): string {
  const units = textOf(member(money, "units")) || "0";
  const nanos = Number(member(money, "nanos") ?? 0);
  const sign = nanos < 0 && !units.startsWith("-") ? "-" : "";
  const fraction = String(Math.abs(nanos)).padStart(nanoDigits, "0").replace(/0+$/, "").padEnd(2, "0");
  const amount = nanos === 0 ? units : `${sign}${units}.${fraction}`;
  return `${amount} ${textOf(member(money, "currencyCode"))}`.trim();
}

const nanoDigits = 9;

function member(json: Json | undefined, name: string): Json | undefined {
  return typeof json === "object" && json !== null && !isList(json) ? json[name] : undefined;
}

function textsOf(json: Json | undefined): string[] {
  return json !== undefined && isList(json) ? json.map(textOf) : [];
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function textOf(json: Json | undefined): string {
  return typeof json === "object" || json === undefined ? "" : String(json);
}
