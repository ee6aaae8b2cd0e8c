import type { DescField } from "@bufbuild/protobuf";
import { maxItemsOf } from "./limits.js";

/**
 * The items of a list that is one text with commas. Only ids and enum values are read so: they hold no comma.
 *
 * @returns undefined for any other list
 */
export function listedItems(field: DescField & { readonly fieldKind: "list" }, text: string): string[] | undefined {
  const isSplittable = field.listKind === "enum" || (field.listKind === "scalar" && /(?:^|_)ids$/.test(field.name));
  if (!isSplittable) return text === "" ? [] : undefined;
  return text
    .split(",", maxItemsOf(field) + 1)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
