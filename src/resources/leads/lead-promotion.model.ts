import {
  checkValue,
  type FieldDefinition,
  type FieldValue,
  type FieldValues,
} from "../custom-fields/custom-field-values.model.js";

export interface PromotedDefinitions {
  readonly ofLeads: readonly FieldDefinition[];
  readonly ofCustomers: readonly FieldDefinition[];
}

/** Prefix for the keys of values that do not fit a customer field. Field codes cannot contain a colon. */
const ofLead = "lead:";

/**
 * Converts the custom fields of a promoted lead for its customer, without losing any. A value is kept under its code if
 * there is an active CUSTOMER field with that code and type that accepts it, or if there is no CUSTOMER field with that
 * code. If the CUSTOMER field has another type, is archived or lacks the option, the value is stored under
 * `lead:<code>`, so that no customer field has a value of the wrong type.
 */
export function convertCustomFields(values: FieldValues, { ofLeads, ofCustomers }: PromotedDefinitions): FieldValues {
  const types = new Map(ofLeads.map(({ code, type }) => [code, type]));
  const fields = new Map(ofCustomers.map((definition) => [definition.code, definition]));
  return Object.fromEntries(
    Object.entries(values).map(([code, value]) => {
      const field = fields.get(code);
      return [!field || holds(field, types.get(code), value) ? code : `${ofLead}${code}`, value];
    }),
  );
}

function holds(field: FieldDefinition, type: FieldDefinition["type"] | undefined, value: FieldValue): boolean {
  return field.type === type && !field.archived && !("reason" in checkValue(field, value));
}
