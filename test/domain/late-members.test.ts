import { expect, it } from "vitest";
import { mostBytes, recordBytes } from "../../src/core/record-size.js";
import {
  fieldValuesOf,
  toCustomField,
  withLateValues,
} from "../../src/resources/custom-fields/custom-field.columns.js";

const time = new Date(0);

/** A definition as a list reads it. */
function rowWith(options: string) {
  return {
    ...{
      company_id: "cmp_a",
      id: "cf_1",
      association_type: 1,
      code: "size",
      label: "Size",
      type: 6,
      is_required: false,
    },
    ...{ default_value: null, options, source: 1, display_order: 1, help_text: "", created_time: time },
    ...{ archived_time: null, last_updated_by: "", last_updated_time: time },
  };
}

it("measures a listed custom field without reading its options", () => {
  const field = toCustomField(rowWith("not JSON"));
  expect(recordBytes(field)).toBeGreaterThan(8);
  expect(mostBytes(field)).toBeGreaterThan(8);
  expect(() => field.options).toThrow(SyntaxError);
});

it.each([recordBytes, mostBytes])("%o counts all bytes of the options of a listed custom field", (measure) => {
  const options = (label: string) => JSON.stringify([{ value: { string: "é" }, label, sortOrder: 1 }]);
  const bytes = (label: string) => measure(toCustomField(rowWith(options(label))));
  expect(bytes("é".repeat(1_000)) - bytes("")).toBe(2_000);
});

const toRecord = withLateValues((row: { readonly custom_fields: object | string }) => ({
  id: "cus_1",
  customFields: fieldValuesOf(row.custom_fields),
}));

it.each([recordBytes, mostBytes])(
  "%o counts long values of a listed record by their text, without reading it",
  (measure) => {
    const text = "é".repeat(10_000);
    const record = toRecord({ custom_fields: text });
    expect(measure(record)).toBeGreaterThanOrEqual(20_000);
    expect(measure(record)).toBeLessThan(20_100);
    expect(() => record.customFields).toThrow(SyntaxError);
  },
);

it("counts at least the JSON of long values", () => {
  const values = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [`code_${n}`, { string: `"quoted"\n${"é".repeat(n)}` }]),
  );
  const record = toRecord({ custom_fields: JSON.stringify(values) });
  expect(recordBytes(record)).toBeGreaterThan(Buffer.byteLength(JSON.stringify(record.customFields)));
});
