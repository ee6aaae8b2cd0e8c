import { DomainError, throwIfInvalid, type Violation, type ViolationReason } from "../../core/errors.js";
import { idPrefixes, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import {
  assertInUse,
  assertMayWriteSettings,
  createSettingList,
  type SettingList,
  type WithoutId,
} from "../setting-lists/setting-list.service.js";
import type { CustomFieldRepository, EntryTarget, ListQuery, NewOrder } from "../setting-lists/setting-store.model.js";
import type {
  CustomField,
  CustomFieldContent,
  CustomFieldListRepository,
  FieldAssociation,
  FieldOption,
  NewCustomField,
} from "./custom-field.model.js";
import { checkValue, type FieldType, type FieldValue, isSameValue, relationsOf } from "./custom-field-values.model.js";

/** The definitions of a company's custom fields. */
export interface CustomFields extends Pick<SettingList<CustomField, CustomFieldContent>, "archive" | "restore"> {
  /** Without an association the fields of customers and of leads. */
  list(query: FieldQuery, principal: Principal, signal: AbortSignal): Promise<readonly CustomField[]>;
  /** Throws ALREADY_EXISTS for an id or a code that is taken. */
  create(field: WithoutId<NewCustomField>, principal: Principal, write: WriteContext): Promise<CustomField>;
  /** What is absent stays; association, code and type never change. Throws NOT_FOUND, RESOURCE_ARCHIVED. */
  update(update: FieldUpdate, principal: Principal, write: WriteContext): Promise<CustomField>;
  reorder(order: FieldOrder, principal: Principal, write: WriteContext): Promise<readonly CustomField[]>;
}

export interface FieldQuery extends ListQuery {
  readonly association?: FieldAssociation;
}

export interface FieldOrder extends NewOrder {
  readonly association: FieldAssociation;
}

export interface FieldUpdate extends EntryTarget {
  readonly label?: string;
  readonly isRequired?: boolean;
  /** Null takes the default away. */
  readonly defaultValue?: FieldValue | null;
  /** The new options as a whole. One that is left out cannot be chosen any more and stays where it was. */
  readonly options?: readonly FieldOption[];
  readonly helpText?: string;
}

export interface CustomFieldDependencies {
  readonly lists: CustomFieldListRepository;
  readonly records: Pick<CustomFieldRepository, "missingRelations">;
}

const resource = "CustomField";

/** Whatever the field is: what could not be the value of a relation points to nothing that could be looked for. */
const anyRelation = { code: "default_value", type: "RELATION", required: false, archived: false, options: [] } as const;

export function createCustomFields({ lists, records }: CustomFieldDependencies): CustomFields {
  const listOf = (association?: FieldAssociation) =>
    createSettingList(lists.of(association), {
      resource,
      idPrefix: idPrefixes.customField,
      assertArchivable: assertNotOfProduct,
    });
  const { archive, restore } = listOf();

  /** Whether a default points to a record that is not there. Who writes settings covers the whole company. */
  async function isDangling(companyId: string, given: FieldValue | null | undefined, signal: AbortSignal) {
    const relation = given && checkValue(anyRelation, given);
    const relations = relation && "value" in relation ? relationsOf({ default: relation.value }) : [];
    const accessFilter = { companyIds: [companyId], grants: [companyId] };
    return relations.length > 0 && (await records.missingRelations(accessFilter, relations, signal)).length > 0;
  }

  return {
    archive,
    restore,
    list: ({ association, ...query }, principal, signal) => listOf(association).list(query, principal, signal),
    reorder: ({ association, ...order }, principal, write) => listOf(association).reorder(order, principal, write),

    async create({ companyId, id = newId(idPrefixes.customField), content }, principal, write) {
      assertMayWriteSettings(principal, companyId);
      const dangling = await isDangling(companyId, content.defaultValue, write.signal);
      const fitting = checked({ type: content.type, content, path: "options", isDangling: dangling });
      return lists.create({ companyId, id, content: { ...content, ...fitting } }, write);
    },

    async update({ companyId, id, ...update }, principal, write) {
      assertMayWriteSettings(principal, companyId);
      // Before the transaction, which has the one connection that a call may hold.
      const dangling = await isDangling(companyId, update.defaultValue, write.signal);
      return lists.of().change({ companyId, id }, write, (found) => {
        const field = assertInUse(found, resource, id);
        const content = updated(field, update);
        const stored = field.defaultValue ? { stored: field.defaultValue } : {};
        const path = "options.options";
        return { content: checked({ type: field.type, content, path, ...stored, isDangling: dangling }) };
      });
    },
  };
}

function updated(field: CustomField, update: Omit<FieldUpdate, keyof EntryTarget>): CustomFieldContent {
  const { label, isRequired, defaultValue, options, helpText } = { ...field, ...update };
  return { label, isRequired, options, helpText, ...(defaultValue ? { defaultValue } : {}) };
}

interface Checked {
  readonly type: FieldType;
  readonly content: CustomFieldContent;
  /** Where the request holds the options. */
  readonly path: string;
  /** The default before the change. */
  readonly stored?: FieldValue;
  /** Whether the default points to a record that is not there. */
  readonly isDangling: boolean;
}

/** The content as it is stored, once it fits the type. */
function checked(field: Checked): CustomFieldContent {
  const { content, violations } = checkContent(field);
  const { defaultValue } = content;
  // What is stored may point to a lead that was promoted since; sending it back is no new use of it.
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

/** Default and options by the rules for values of the type. */
function checkContent({ type, content, path }: Omit<Checked, "stored" | "isDangling">): CheckedContent {
  const { label, isRequired, defaultValue, options, helpText } = content;
  const violations = optionViolations(type, options, path);
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

/** What comes with the product stays in use. */
function assertNotOfProduct({ id, source }: CustomField): void {
  if (source !== "SYSTEM") return;
  throw new DomainError("SYSTEM_FIELD", "A built-in field cannot be archived.", {
    metadata: { id },
  });
}

function violation(field: string, reason: ViolationReason, description: string): Violation {
  return { field, reason, description };
}
