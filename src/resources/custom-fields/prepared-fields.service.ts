import { companyAccessFilter } from "../../core/access.js";
import type { CompanyAccess } from "../../core/principal.js";
import type { CustomFieldRepository, FieldAssociation, FieldValues, RelationTarget } from "./custom-field.model.js";
import { relationsOf } from "./custom-field-check.service.js";

interface PreparedQuery {
  readonly access: CompanyAccess;
  readonly association: FieldAssociation;
  /** The values of each record. */
  readonly given: readonly FieldValues[];
}

/**
 * Custom fields for a transaction in which the values of several records are checked: what the checks ask for is read
 * before it begins, so that the transaction needs no second connection.
 */
export async function preparedFields(
  repository: CustomFieldRepository,
  { access, association, given }: PreparedQuery,
  signal: AbortSignal,
): Promise<CustomFieldRepository> {
  const codes = [...new Set(given.flatMap((values) => Object.keys(values)))];
  const query = { companyId: access.companyId, association, codes, withExpected: true };
  const definitions = given.length === 0 ? [] : await repository.definitions(query, signal);
  const targets = new Map(given.flatMap(relationsOf).map((target) => [keyOf(target), target]));
  const asked = [...targets].map(([key, target]) => ({ ...target, code: key }));
  const accessFilter = companyAccessFilter(access);
  const missing = new Set(asked.length === 0 ? [] : await repository.missingRelations(accessFilter, asked, signal));
  return {
    named: repository.named,
    definitions: async () => definitions,
    missingRelations: async (_, sought) =>
      sought.filter((target) => missing.has(keyOf(target))).map(({ code }) => code),
  };
}

function keyOf({ entity, rawId, refId }: RelationTarget): string {
  return `${entity}/${rawId ?? ""}/${refId ?? ""}`;
}
