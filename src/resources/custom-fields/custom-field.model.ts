import type { AccessFilter } from "../../core/access.js";
import { enumeration, extendedEnumeration, type WordOf } from "../../core/enumeration.js";
import type { WriteContext } from "../../core/write.js";
import { callerKeys, formatKeys } from "../callers/caller-profile.model.js";
import type { NewEntry, SettingEntry, SettingRepository } from "../setting-lists/setting.model.js";

export const fieldTypes = enumeration(
  "SHORT_TEXT",
  "LONG_TEXT",
  "NUMBER",
  "DATE",
  "BOOLEAN",
  "SELECT",
  "MULTI_SELECT",
  "RELATION",
  "MONEY",
  "TIME",
  "DATETIME",
  "GROUP",
);
export const fieldSources = enumeration("CUSTOM", "SYSTEM");
/** What a field belongs to. */
export const fieldAssociations = extendedEnumeration(["CUSTOMER", "LEAD"], ["PET"]);

export type FieldType = WordOf<typeof fieldTypes>;
export type FieldAssociation = WordOf<typeof fieldAssociations>;

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The value of a field in the proto JSON encoding of `CustomField.Value`: one member, such as `{"string": "red"}`. */
export type FieldValue = { readonly [member: string]: Json };

/** Values by field code. */
export type FieldValues = { readonly [code: string]: FieldValue };

/** The values of an update. "merge" keeps those that are not given. */
export interface FieldsUpdate {
  readonly write: "merge" | "replace";
  readonly given: FieldValues;
}

/** A custom field of customers, leads or pets, with everything that administration shows. */
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
  /** Maximum number of options of one field. A field that was stored with more can keep them. */
  readonly maxOptions: number;
  /** The list of fields of these kinds of records. Without an association, of all. */
  of(...associations: readonly FieldAssociation[]): SettingRepository<CustomField, CustomFieldContent>;
  create(field: NewEntry<NewCustomField>, write: WriteContext): Promise<CustomField>;
}

/** Maximum number of options that a request can contain. The limit of a field is a setting. */
export const maxOptionsPerCall = 1_000;

/**
 * Keys of the call-center response. It contains custom fields by id, so no field can have one of these keys, or of the
 * keys that the response formats add, as its id.
 */
export const callCentreKeys: ReadonlySet<string> = new Set([...callerKeys, ...formatKeys, "__proto__"]);

/** A custom field that a company has defined. */
export interface FieldDefinition {
  readonly code: string;
  readonly type: FieldType;
  readonly required: boolean;
  readonly archived: boolean;
  readonly defaultValue?: FieldValue;
  /** The values that a select field accepts. */
  readonly options: readonly string[];
}

/** The record that a RELATION value refers to. */
export interface RelationTarget {
  readonly code: string;
  readonly entity: "CUSTOMER" | "LEAD";
  readonly rawId?: bigint;
  readonly refId?: string;
}

/** A company can have a megabyte of definitions, so only those that a write needs are read. */
export interface DefinitionQuery {
  readonly companyId: string;
  readonly association: FieldAssociation;
  /** The fields that the write sets. */
  readonly codes: readonly string[];
  /** Whether also the active fields that are required or have a default, without their options. */
  readonly withExpected: boolean;
}

/** The custom fields of companies, for checking the values of records. */
export interface CustomFieldRepository {
  /** The definitions that a write needs, including archived ones that it names. */
  definitions(query: DefinitionQuery, signal: AbortSignal): Promise<readonly FieldDefinition[]>;
  /** The fields with one of these ids or codes. */
  named(
    query: Pick<DefinitionQuery, "companyId" | "association"> & { readonly names: readonly string[] },
    signal: AbortSignal,
  ): Promise<readonly { readonly id: string; readonly code: string }[]>;
  /** Codes whose target does not exist in the company or is inaccessible. The access filter is for one company. */
  missingRelations(
    accessFilter: AccessFilter,
    targets: readonly RelationTarget[],
    signal: AbortSignal,
  ): Promise<readonly string[]>;
}
