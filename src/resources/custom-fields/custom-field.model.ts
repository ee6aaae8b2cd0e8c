import { enumeration, type WordOf } from "../../core/enumeration.js";
import type { WriteContext } from "../../core/write.js";
import { callerKeys, formatKeys } from "../callers/caller-profile.model.js";
import type { NewEntry, SettingEntry, SettingRepository } from "../setting-lists/setting.model.js";
import type { FieldAssociation, FieldType, FieldValue } from "./custom-field-values.model.js";

export const fieldSources = enumeration("CUSTOM", "SYSTEM");

/** A custom field of customers or leads, with everything that administration shows. */
export interface CustomField extends SettingEntry {
  readonly companyId: string;
  readonly association: FieldAssociation;
  /** Key of the field in maps of values. */
  readonly code: string;
  readonly label: string;
  readonly type: FieldType;
  readonly isRequired: boolean;
  /** Stored by a create that does not set the field. */
  readonly defaultValue?: FieldValue;
  /** Ordered by sort order, then label. */
  readonly options: readonly FieldOption[];
  readonly source: WordOf<typeof fieldSources>;
  readonly displayOrder: number;
  readonly helpText: string;
  readonly createdTime: Date;
  readonly lastUpdatedTime: Date;
}

/** An option of a SELECT or MULTI_SELECT field. */
export interface FieldOption {
  /** The value that records store. */
  readonly value: string;
  readonly label: string;
  readonly sortOrder: number;
}

/** The properties of a field that can change. */
export type CustomFieldContent = Pick<CustomField, "label" | "isRequired" | "defaultValue" | "options" | "helpText">;

export interface NewCustomField extends CustomFieldContent, Pick<CustomField, "association" | "code" | "type"> {
  /** Absent means last. */
  readonly displayOrder?: number;
}

export interface CustomFieldListRepository {
  /** The list of fields of customers or of leads. Without an association, of both. */
  of(association?: FieldAssociation): SettingRepository<CustomField, CustomFieldContent>;
  create(field: NewEntry<NewCustomField>, write: WriteContext): Promise<CustomField>;
}

export const maxFieldOptions = 200;

/**
 * Keys of the call-center response. It contains custom fields by id, so no field can have one of these keys, or of the
 * keys that the response formats add, as its id.
 */
export const callCentreKeys: ReadonlySet<string> = new Set([...callerKeys, ...formatKeys, "__proto__"]);
