import { archivedError, notFoundError, throwIfInvalid, type Violation } from "../../core/errors.js";
import { type IdPrefix, newId } from "../../core/ids.js";
import {
  type CompanyWideScope,
  type Principal,
  requireCompanyAccess,
  requireCompanyWideAccess,
} from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { SettingEntry } from "./setting.model.js";
import type { EntryTarget, ListQuery, NewEntry, NewOrder, SettingRepository } from "./setting-store.model.js";

/** A settings list of a company. */
export interface SettingList<Entry extends SettingEntry, Content> {
  list(query: ListQuery, principal: Principal, signal: AbortSignal): Promise<readonly Entry[]>;
  /** Appends an entry to the list. Generates the id if it is absent. Throws ALREADY_EXISTS. */
  create(entry: WithoutId<Content>, principal: Principal, write: WriteContext): Promise<Entry>;
  /** Throws NOT_FOUND, RESOURCE_ARCHIVED, ALREADY_EXISTS. */
  update(update: EntryUpdate<Entry, Content>, principal: Principal, write: WriteContext): Promise<Entry>;
  /** The ids must be those of all entries that are not archived, without duplicates. */
  reorder(order: NewOrder, principal: Principal, write: WriteContext): Promise<readonly Entry[]>;
  /** Archives the entry. An archived entry is unchanged. */
  archive(target: EntryTarget, principal: Principal, write: WriteContext): Promise<Entry>;
  /** Restores the entry. An entry that is not archived is unchanged. */
  restore(target: EntryTarget, principal: Principal, write: WriteContext): Promise<Entry>;
}

export type WithoutId<Content> = Omit<NewEntry<Content>, "id"> & { readonly id?: string | undefined };

export interface EntryUpdate<Entry, Content> extends EntryTarget {
  /** Returns the new content for the current entry. */
  readonly change: (entry: Entry) => Content;
}

/** The differences between the lists. */
export interface ListRules<Entry, Content> {
  /** Name of the resource in errors. */
  readonly resource: string;
  readonly idPrefix: IdPrefix;
  /** The scope that writing the list requires. Default: `setting:write`. */
  readonly writeScope?: CompanyWideScope;
  /** Violations of the content as a whole. */
  readonly violations?: (content: Content) => readonly Violation[];
  /** Throws if the entry must not be archived. */
  readonly assertArchivable?: (entry: Entry) => void;
}

/** The rules that all lists have in common. */
export function createSettingList<Entry extends SettingEntry, Content>(
  repository: SettingRepository<Entry, Content>,
  { resource, idPrefix, writeScope, violations = () => [], assertArchivable = () => {} }: ListRules<Entry, Content>,
): SettingList<Entry, Content> {
  return {
    async list(query, principal, signal) {
      requireCompanyAccess(principal, query.companyId);
      return repository.list(query, signal);
    },

    async create({ companyId, id = newId(idPrefix), content }, principal, write) {
      assertMayWriteSettings(principal, companyId, writeScope);
      throwIfInvalid(violations(content));
      return repository.create({ companyId, id, content }, write);
    },

    async update({ companyId, id, change }, principal, write) {
      assertMayWriteSettings(principal, companyId, writeScope);
      return repository.change({ companyId, id }, write, (found) => {
        const content = change(assertInUse(found, resource, id));
        throwIfInvalid(violations(content));
        return { content };
      });
    },

    async reorder(order, principal, write) {
      assertMayWriteSettings(principal, order.companyId, writeScope);
      return repository.reorder(order, write, (entries) => throwIfInvalid(orderViolations(order.ids, entries)));
    },

    async archive({ companyId, id }, principal, write) {
      assertMayWriteSettings(principal, companyId, writeScope);
      return repository.change({ companyId, id }, write, (found) => {
        if (!found) throw notFoundError(resource, id);
        if (found.archived) return undefined;
        assertArchivable(found);
        return { archived: true };
      });
    },

    async restore({ companyId, id }, principal, write) {
      assertMayWriteSettings(principal, companyId, writeScope);
      return repository.change({ companyId, id }, write, (found) => {
        if (!found) throw notFoundError(resource, id);
        return found.archived ? { archived: false } : undefined;
      });
    },
  };
}

/** PERMISSION_DENIED for an API key without access to the company or limited to locations. */
export function assertMayWriteSettings(
  principal: Principal,
  companyId: string,
  scope: CompanyWideScope = "setting:write",
): void {
  requireCompanyWideAccess(requireCompanyAccess(principal, companyId), scope);
}

/** NOT_FOUND for a missing entry, FAILED_PRECONDITION for an archived one. */
export function assertInUse<Entry extends SettingEntry>(entry: Entry | undefined, resource: string, id: string): Entry {
  if (!entry) throw notFoundError(resource, id);
  if (entry.archived) throw archivedError(resource, id);
  return entry;
}

function orderViolations(ids: readonly string[], entries: readonly SettingEntry[]): Violation[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const given = new Set<string>();
  const violations = ids.flatMap((id, index): Violation[] => {
    const field = `ids[${index}]`;
    const entry = byId.get(id);
    const isRepeated = given.has(id);
    given.add(id);
    if (!entry) return [{ field, reason: "NOT_FOUND", description: "Not found in the list." }];
    if (entry.archived) return [{ field, reason: "ARCHIVED", description: "Must not be archived." }];
    return isRepeated ? [{ field, reason: "CONFLICT", description: "Must be unique in the list." }] : [];
  });
  const isComplete = entries.every((entry) => entry.archived || given.has(entry.id));
  if (isComplete) return violations;
  return [
    ...violations,
    { field: "ids", reason: "TOO_FEW", description: "Must list every entry that is not archived." },
  ];
}
