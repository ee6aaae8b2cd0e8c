import type { WriteContext } from "../../core/write.js";
import { callerKeys, formatKeys } from "../callers/caller-keys.model.js";
import type { SettingEntry } from "../setting-lists/setting.model.js";
import type { NewEntry, SettingRepository } from "../setting-lists/setting-store.model.js";
import type { FieldType, FieldValue } from "./custom-field-values.model.js";

export type FieldAssociation = "CUSTOMER" | "LEAD";

/** A field that a company has defined for its customers or its leads, as administration sees it. */
export interface CustomField extends SettingEntry {
  readonly companyId: string;
  readonly association: FieldAssociation;
  /** Key of the field in every map of values. */
  readonly code: string;
  readonly label: string;
  readonly type: FieldType;
  readonly isRequired: boolean;
  /** What a create takes when no value is given. */
  readonly defaultValue?: FieldValue;
  /** By sort order, then label. */
  readonly options: readonly FieldOption[];
  readonly source: "CUSTOM" | "SYSTEM";
  readonly displayOrder: number;
  readonly helpText: string;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
}

/** One choice of a SELECT or MULTI_SELECT field. */
export interface FieldOption {
  /** What records store. */
  readonly value: string;
  readonly label: string;
  readonly sortOrder: number;
}

/** What can change of a field. */
export type CustomFieldContent = Pick<CustomField, "label" | "isRequired" | "defaultValue" | "options" | "helpText">;

export interface NewCustomField extends CustomFieldContent, Pick<CustomField, "association" | "code" | "type"> {
  /** Absent = last. */
  readonly displayOrder?: number;
}

export interface CustomFieldListRepository {
  /** The fields of customers, those of leads, or without an association both. */
  of(association?: FieldAssociation): SettingRepository<CustomField, CustomFieldContent>;
  /** Throws ALREADY_EXISTS. */
  create(field: NewEntry<NewCustomField>, write: WriteContext): Promise<CustomField>;
}

export const maxFieldOptions = 200;

/**
 * Keys of the call-centre answer, which gives custom fields as further keys named by their id, and those that its formats
 * add: no field may have one of them as its id.
 */
export const callCentreKeys: ReadonlySet<string> = new Set([...callerKeys, ...formatKeys, "__proto__"]);
