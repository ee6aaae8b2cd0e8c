import { requireCompanyWrite } from "../../core/access.js";
import { type CompanyResource, requireActive } from "../../core/company-resource.js";
import { DomainError, throwIfInvalid, type Violation, type ViolationReason } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { ListQuery, NewOrder } from "../setting-lists/setting.model.js";
import { createSettingList, type SettingList, type WithoutId } from "../setting-lists/setting-list.service.js";
import type {
  CustomField,
  CustomFieldContent,
  CustomFieldListRepository,
  CustomFieldRepository,
  FieldAssociation,
  FieldOption,
  FieldType,
  FieldValue,
  NewCustomField,
} from "./custom-field.model.js";
import { checkValue, isSameValue, relationsOf } from "./custom-field-check.service.js";

/** Custom field definitions of a company. */
export interface CustomFields extends Pick<SettingList<CustomField, CustomFieldContent>, "setArchived"> {
  /** Without an association, lists the fields of all kinds of records. */
  list(query: FieldQuery, principal: Principal, signal: AbortSignal): Promise<readonly CustomField[]>;
  /** Throws ALREADY_EXISTS if the id or code is already used. */
  create(field: WithoutId<NewCustomField>, principal: Principal, write: WriteContext): Promise<CustomField>;
  /** Absent properties are unchanged. Association, code and type cannot change. Throws NOT_FOUND, RESOURCE_ARCHIVED. */
  update(update: FieldUpdate, principal: Principal, write: WriteContext): Promise<CustomField>;
  reorder(order: FieldOrder, principal: Principal, write: WriteContext): Promise<readonly CustomField[]>;
}

export interface FieldQuery extends ListQuery {
  readonly associations: readonly FieldAssociation[];
}

export interface FieldOrder extends NewOrder {
  readonly association: FieldAssociation;
}

export interface FieldUpdate extends CompanyResource {
  readonly label?: string;
  readonly isRequired?: boolean;
  /** Null removes the default. */
  readonly defaultValue?: FieldValue | null;
  /** Replaces all options. Removed options can no longer be selected, but stored values keep them. */
  readonly options?: readonly FieldOption[];
  readonly helpText?: string;
}

export interface CustomFieldDependencies {
  readonly lists: CustomFieldListRepository;
  readonly records: Pick<CustomFieldRepository, "missingRelations">;
}

const resource = "CustomField";

/**
 * A definition for finding the relation in a default of any field. A value that cannot be a relation has no target to
 * look up.
 */
const anyRelation = { code: "default_value", type: "RELATION", required: false, archived: false, options: [] } as const;

export function createCustomFields({ lists, records }: CustomFieldDependencies): CustomFields {
  const listOf = (...associations: readonly FieldAssociation[]) =>
    createSettingList(lists.of(...associations), {
      resource,
      idPrefix: idPrefixes.customField,
      assertArchivable: assertNotOfProduct,
    });

  /**
   * Whether the default refers to a record that does not exist. Only principals with access to the whole company can
   * write settings.
   */
  async function isDangling(companyId: string, given: FieldValue | null | undefined, signal: AbortSignal) {
    const relation = given && checkValue(anyRelation, given);
    const relations = relation && "value" in relation ? relationsOf({ default: relation.value }) : [];
    const accessFilter = { companyIds: [companyId], grants: [companyId] };
    return relations.length > 0 && (await records.missingRelations(accessFilter, relations, signal)).length > 0;
  }

  return {
    setArchived: listOf().setArchived,
    list: ({ associations, ...query }, principal, signal) => listOf(...associations).list(query, principal, signal),
    reorder: ({ association, ...order }, principal, write) => listOf(association).reorder(order, principal, write),

    async create({ companyId, id = newId(idPrefixes.customField), content }, principal, write) {
      requireCompanyWrite(principal, companyId, "setting:write");
      const dangling = await isDangling(companyId, content.defaultValue, write.signal);
      const { maxOptions } = lists;
      const fitting = checked({ type: content.type, content, path: "options", maxOptions, isDangling: dangling });
      return lists.create({ companyId, id, content: { ...content, ...fitting } }, write);
    },

    async update({ companyId, id, ...update }, principal, write) {
      requireCompanyWrite(principal, companyId, "setting:write");
      // Before the transaction, which uses the only connection that a request may hold.
      const dangling = await isDangling(companyId, update.defaultValue, write.signal);
      return lists.of().change({ companyId, id }, write, (found) => {
        const field = requireActive(found, resource, id);
        const content = updated(field, update);
        const stored = field.defaultValue ? { stored: field.defaultValue } : {};
        const path = "options.options";
        const maxOptions = Math.max(lists.maxOptions, field.options.length);
        return { content: checked({ type: field.type, content, path, maxOptions, ...stored, isDangling: dangling }) };
      });
    },
  };
}

function updated(field: CustomField, update: Omit<FieldUpdate, keyof CompanyResource>): CustomFieldContent {
  const { label, isRequired, defaultValue, options, helpText } = { ...field, ...update };
  return { label, isRequired, options, helpText, ...(defaultValue ? { defaultValue } : {}) };
}

interface Checked {
  readonly type: FieldType;
  readonly content: CustomFieldContent;
  /** Path of the options in the request. */
  readonly path: string;
  readonly maxOptions: number;
  /** The default before the change. */
  readonly stored?: FieldValue;
  /** Whether the default refers to a record that does not exist. */
  readonly isDangling: boolean;
}

/** Validates the content against the type and returns it in its stored form. */
function checked(field: Checked): CustomFieldContent {
  const { content, violations } = checkContent(field);
  const { defaultValue } = content;
  // The stored default may refer to a lead that was promoted in the meantime. Sending it back unchanged is always
  // allowed.
  const isNew = defaultValue !== undefined && !isSameValue(field.stored, defaultValue);
  throwIfInvalid([
    ...violations,
    ...(isNew && field.isDangling
      ? [violation("default_value", "NOT_FOUND", "The referenced record was not found.")]
      : []),
  ]);
  return content;
}

interface CheckedContent {
  readonly content: CustomFieldContent;
  readonly violations: readonly Violation[];
}

/** Validates default and options by the rules for values of the type. */
function checkContent({ type, content, path, maxOptions }: Omit<Checked, "stored" | "isDangling">): CheckedContent {
  const { label, isRequired, defaultValue, options, helpText } = content;
  const violations = optionViolations(type, options, path);
  if (options.length > maxOptions)
    violations.push(violation(path, "TOO_MANY", `Must have at most ${maxOptions} items.`));
  if (type === "GROUP" && isRequired)
    violations.push(violation("is_required", "NOT_ALLOWED", "A GROUP field cannot have a value."));
  const definition = {
    ...{ code: "default_value", type, required: isRequired, archived: false },
    options: options.map((option) => option.value),
  };
  const value = defaultValue && checkValue(definition, defaultValue);
  if (value && "reason" in value) violations.push(violation("default_value", value.reason, value.description));
  const fitting = value && "value" in value ? { defaultValue: value.value } : {};
  return { content: { label, isRequired, options, helpText, ...fitting }, violations };
}

function optionViolations(type: FieldType, options: readonly FieldOption[], path: string): Violation[] {
  const takesOptions = type === "SELECT" || type === "MULTI_SELECT";
  if (!takesOptions) {
    return options.length === 0
      ? []
      : [violation(path, "NOT_ALLOWED", "Must be empty unless type is SELECT or MULTI_SELECT.")];
  }
  if (options.length === 0) return [violation(path, "TOO_FEW", "Must have at least one option.")];
  return (["value", "label"] as const).flatMap((part) => {
    const seen = new Set<string>();
    return options.flatMap((option, index) => {
      const isRepeated = seen.has(option[part]);
      seen.add(option[part]);
      return isRepeated
        ? [violation(`${path}[${index}].${part}`, "CONFLICT", "Must be unique among the options.")]
        : [];
    });
  });
}

/** Built-in fields cannot be archived. */
function assertNotOfProduct({ id, source }: CustomField): void {
  if (source !== "SYSTEM") return;
  throw new DomainError("SYSTEM_FIELD", "A built-in field cannot be archived.", {
    metadata: { id },
  });
}

function violation(field: string, reason: ViolationReason, description: string): Violation {
  return { field, reason, description };
}
