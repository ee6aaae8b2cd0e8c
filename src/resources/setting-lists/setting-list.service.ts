import { type CompanyWideScope, requireCompanyAccess, requireCompanyWrite } from "../../core/access.js";
import { type CompanyResource, requireActive, requireFound } from "../../core/company-resource.js";
import { throwIfInvalid, type Violation, violation } from "../../core/errors.js";
import { type IdPrefix, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { ListQuery, NewEntry, NewOrder, SettingEntry, SettingRepository } from "./setting.model.js";

/** A settings list of a company. */
export interface SettingList<Entry extends SettingEntry, Content> {
  list(query: ListQuery, principal: Principal, signal: AbortSignal): Promise<readonly Entry[]>;
  /** Appends an entry to the list. Generates the id if it is absent. Throws ALREADY_EXISTS. */
  create(entry: WithoutId<Content, Entry>, principal: Principal, write: WriteContext): Promise<Entry>;
  /** Throws NOT_FOUND, RESOURCE_ARCHIVED, ALREADY_EXISTS. */
  update(update: EntryUpdate<Entry, Content>, principal: Principal, write: WriteContext): Promise<Entry>;
  /** The ids must be those of all entries that are not archived, without duplicates. */
  reorder(order: NewOrder, principal: Principal, write: WriteContext): Promise<readonly Entry[]>;
  /** Does nothing if the state is already as requested. Throws NOT_FOUND. */
  setArchived(target: CompanyResource, archived: boolean, principal: Principal, write: WriteContext): Promise<Entry>;
}

export type WithoutId<Content, Entry extends SettingEntry = SettingEntry> = Omit<NewEntry<Content, Entry>, "id"> & {
  readonly id?: string | undefined;
};

export interface EntryUpdate<Entry, Content> extends CompanyResource {
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
  {
    resource,
    idPrefix,
    writeScope = "setting:write",
    violations = () => [],
    assertArchivable = () => {},
  }: ListRules<Entry, Content>,
): SettingList<Entry, Content> {
  return {
    async list(query, principal, signal) {
      requireCompanyAccess(principal, query.companyId);
      return repository.list(query, signal);
    },

    async create({ id = newId(idPrefix), ...entry }, principal, write) {
      requireCompanyWrite(principal, entry.companyId, writeScope);
      throwIfInvalid(violations(entry.content));
      return repository.create({ ...entry, id }, write);
    },

    async update({ companyId, id, change }, principal, write) {
      requireCompanyWrite(principal, companyId, writeScope);
      return repository.change({ companyId, id }, write, (found) => {
        const content = change(requireActive(found, resource, id));
        throwIfInvalid(violations(content));
        return { content };
      });
    },

    async reorder(order, principal, write) {
      requireCompanyWrite(principal, order.companyId, writeScope);
      return repository.reorder(order, write, (entries) => throwIfInvalid(orderViolations(order.ids, entries)));
    },

    async setArchived(target, archived, principal, write) {
      requireCompanyWrite(principal, target.companyId, writeScope);
      return repository.change(target, write, (found) => {
        const entry = requireFound(found, resource, target.id);
        if (entry.archived === archived) return undefined;
        if (archived) assertArchivable(entry);
        return { archived };
      });
    },
  };
}

function orderViolations(ids: readonly string[], entries: readonly SettingEntry[]): Violation[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const given = new Set<string>();
  const violations = ids.flatMap((id, index): Violation[] => {
    const field = `ids[${index}]`;
    const entry = byId.get(id);
    const isRepeated = given.has(id);
    given.add(id);
    if (!entry) return [violation(field, "NOT_FOUND", "Not found in the list.")];
    if (entry.archived) return [violation(field, "ARCHIVED", "Must not be archived.")];
    return isRepeated ? [violation(field, "CONFLICT", "Must be unique in the list.")] : [];
  });
  const isComplete = entries.every((entry) => entry.archived || given.has(entry.id));
  if (isComplete) return violations;
  return [...violations, violation("ids", "TOO_FEW", "Must list every entry that is not archived.")];
}
