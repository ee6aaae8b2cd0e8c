import { refusal } from "../cells/cell.js";
import type { ImportSettings, RowReader } from "./row-reader.js";

/** What other systems do not know of each owner and pet, as `--allow-missing` names it. */
export const mayLack = ["first-name", "last-name", "phone", "breed"] as const;

export type MayLack = (typeof mayLack)[number];

/** A value that a record is stored without. */
export interface Lack {
  readonly what: MayLack;
  readonly field: string;
}

interface Missing extends Lack {
  readonly reason: string;
  readonly remedy: string;
}

/** Refuses a row without a value, unless its record may lack it. Nothing is put in place of the value. */
export function miss(reader: RowReader, settings: ImportSettings, { what, field, reason, remedy }: Missing): void {
  if (settings.mayLack.has(what)) reader.lacks.push({ what, field });
  else reader.refuse(field, refusal(reason, `${remedy} Or import the row without it: --allow-missing ${what}.`));
}

/** How a warning names the value. */
export const lackNames: Readonly<Record<MayLack, string>> = {
  "first-name": "a first name",
  "last-name": "a last name",
  phone: "a phone number",
  breed: "a breed",
};
