import { describe, expect, it } from "vitest";
import type { FieldDefinition } from "../../src/resources/custom-fields/custom-field.model.js";
import { checkFields } from "../../src/resources/custom-fields/custom-field-check.service.js";

/** Fields whose codes are names that every object of JavaScript has. */
function field(code: string, required: boolean): FieldDefinition {
  return { code, type: "SHORT_TEXT", required, archived: false, options: [] };
}

describe("a custom field with the code `constructor`", () => {
  const value = { string: "Lego" };

  it("is left as it was by a merge that does not name it, though it is required", () => {
    const definitions = [field("constructor", true), field("other", false)];
    const { values, violations } = checkFields(definitions, "merge", {}, { other: value });
    expect(violations).toEqual([]);
    expect(values).toEqual({ other: value });
  });

  it("is missed by a create that does not name it, and taken by one that does", () => {
    const definitions = [field("constructor", true)];
    expect(checkFields(definitions, "create", {}, {}).violations).toMatchObject([{ reason: "REQUIRED" }]);
    expect(checkFields(definitions, "create", {}, { constructor: value }).values).toEqual({ constructor: value });
  });

  it("that the company does not have is unknown, also where its value is to be cleared", () => {
    const { violations } = checkFields([], "merge", {}, { constructor: {} });
    expect(violations).toMatchObject([{ field: 'custom_fields["constructor"]', reason: "NOT_FOUND" }]);
  });
});
