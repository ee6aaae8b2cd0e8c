import { phoneForms } from "../core/phone.js";
import type { Bind } from "./record-list.js";

/** Matches the rows whose phone is one of the forms of the number. Few numbers have more than one. */
export function phoneCondition(column: string, number: string, bind: Bind): string {
  const forms = phoneForms(number);
  return forms.length === 1 ? `${column} = ${bind(number)}` : `${column} = ANY(${bind(forms)}::text[])`;
}
