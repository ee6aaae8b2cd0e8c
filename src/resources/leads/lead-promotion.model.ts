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

/** Begins the key of a value that could not become the customer's own; no code of a field holds a colon. */
const ofLead = "lead:";

/**
 * A lead's values as its customer holds them, none lost. A value becomes the customer's own where a CUSTOMER field of its
 * code and type is in use and can hold it. It keeps its code where no CUSTOMER field has that code. Where one has it that
 * is of another type, archived, or lacks the option, the value stands under `lead:<code>`, so that nothing ill-typed
 * stands under a field of customers.
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
