import { z } from "zod";
import { companyResourceSchema, list, notSetAndCleared, text } from "../../api/fields.js";
import { importedId, newResourceFields } from "../../api/import-fields.js";
import { customIssue } from "../../api/parse.js";
import { protoEnum } from "../../api/proto-enum.js";
import { lineRule, nameRule, noteRule } from "../../core/text.js";
import {
  CustomField_AssociationTypeSchema,
  CustomField_TypeSchema,
  type CustomField_Value,
} from "../../gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { newOrder } from "../setting-lists/setting.input.js";
import {
  callCentreKeys,
  type FieldOption,
  fieldAssociations,
  fieldTypes,
  maxOptionsPerCall,
} from "./custom-field.model.js";
import { toFieldValue } from "./custom-field-values.input.js";

export const fieldAssociation = protoEnum(CustomField_AssociationTypeSchema, fieldAssociations);
export const fieldType = protoEnum(CustomField_TypeSchema, fieldTypes);

const code = z.string().superRefine((value, context) => {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(value))
    context.addIssue(customIssue("INVALID_FORMAT", "Must be 1 to 64 characters from A-Z, a-z, 0-9, `_`, `.` and `-`."));
});

/** A value in proto JSON. A value without a member is a violation. */
const defaultValue = z.custom<CustomField_Value>().transform((value, context) => {
  const json = toFieldValue(value);
  if (json && Object.keys(json).length > 0) return json;
  context.addIssue(
    json
      ? customIssue("REQUIRED", "Required: set one member of the value.")
      : customIssue("INVALID_FORMAT", "Invalid value."),
  );
  return z.NEVER;
});

const optionText = text({ ...lineRule, min: 1 });

/** Records store options as strings. */
const optionValue = z.custom<CustomField_Value | undefined>().transform((value, context) => {
  const isText = value?.value.case === "string" || value?.value.case === "text";
  const parsed = optionText.safeParse(isText ? value.value.value : "");
  if (parsed.success) return parsed.data;
  context.addIssue(customIssue("INVALID_FORMAT", "Must be a single-line `string` of 1 to 255 characters."));
  return z.NEVER;
});

const option = z
  .object({ value: optionValue, label: text(nameRule), sortOrder: z.number() })
  .transform(({ value, label, sortOrder }): FieldOption => ({ value, label, sortOrder }));

const fieldId = importedId.superRefine((value, context) => {
  if (value !== undefined && callCentreKeys.has(value))
    context.addIssue(customIssue("NOT_ALLOWED", "Must not be a reserved key of the call-center response."));
});

const options = list(option, maxOptionsPerCall);
const label = text(nameRule);
const helpText = text({ ...noteRule, min: 0 });

export const newCustomField = z
  .object({
    ...newResourceFields,
    id: fieldId,
    associationType: fieldAssociation.required,
    code,
    label,
    type: fieldType.required,
    isRequired: z.boolean(),
    defaultValue: defaultValue.optional(),
    options,
    displayOrder: z
      .number()
      .superRefine((value, context) => {
        if (value < 0) context.addIssue(customIssue("OUT_OF_RANGE", "Must not be negative."));
      })
      .optional(),
    helpText,
  })
  .transform(({ companyId, id, associationType: association, defaultValue: value, displayOrder, ...same }) => ({
    companyId,
    id,
    content: {
      ...{ ...same, association },
      ...(value ? { defaultValue: value } : {}),
      ...(displayOrder === undefined ? {} : { displayOrder }),
    },
  }));

/** Absent fields are unchanged. */
export const customFieldUpdate = z
  .object({
    ...companyResourceSchema.shape,
    label: label.optional(),
    isRequired: z.boolean().optional(),
    defaultValue: defaultValue.optional(),
    clearDefaultValue: z.boolean(),
    options: z.object({ options }).optional(),
    helpText: helpText.optional(),
  })
  .refine(...notSetAndCleared("clearDefaultValue", "defaultValue"))
  .transform(({ clearDefaultValue, defaultValue: value, options: whole, ...same }) => {
    return { ...same, options: whole?.options, defaultValue: clearDefaultValue ? null : value };
  });

export const fieldOrder = newOrder.extend({ associationType: fieldAssociation.required });
