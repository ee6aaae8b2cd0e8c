import { alreadyExistsError, type DomainError } from "./errors.js";

/** The id of a record in another system. */
export interface ExternalId {
  readonly system: string;
  readonly id: string;
}

/** Maximum number of external ids of a record. */
export const maxExternalIds = 50;

/** Names of systems have no slash, so that no two external ids have the same key. */
export function externalIdKey({ system, id }: ExternalId): string {
  return `${system}/${id}`;
}

/** In the order of responses: by system and id, in ASCII order. */
export function inExternalIdOrder(ids: readonly ExternalId[]): readonly ExternalId[] {
  const order = (one: string, other: string) => (one < other ? -1 : Number(one > other));
  return ids.toSorted((one, other) => order(one.system, other.system) || order(one.id, other.id));
}

/** The ids of both lists, each once. */
export function joinedExternalIds(some: readonly ExternalId[], others: readonly ExternalId[]): readonly ExternalId[] {
  return inExternalIdOrder([...new Map([...some, ...others].map((one) => [externalIdKey(one), one])).values()]);
}

/** Those ids that are not among the others. */
export function withoutExternalIds(ids: readonly ExternalId[], others: readonly ExternalId[]): readonly ExternalId[] {
  const known = new Set(others.map(externalIdKey));
  return ids.filter((id) => !known.has(externalIdKey(id)));
}

export function sameExternalIds(some: readonly ExternalId[], others: readonly ExternalId[]): boolean {
  return some.length === others.length && withoutExternalIds(some, others).length === 0;
}

/** ALREADY_EXISTS: another record has an external id. */
export function externalIdTaken(resource: string): DomainError {
  return alreadyExistsError(resource, "external_ids");
}
