/** The fields that a change replaces. Absent = unchanged; null clears an optional field. */
export type FieldChange<Fields> = {
  readonly [Name in keyof Fields]?: undefined extends Fields[Name] ? Fields[Name] | null : Fields[Name];
};
