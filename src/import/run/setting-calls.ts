import { idPrefixes, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import { foldCase } from "../../core/text.js";
import type { WriteContext } from "../../core/write.js";
import type { DirectoryRepository, Staff } from "../../resources/directory/directory.model.js";
import type { SettingRepositories } from "../../resources/setting-lists/setting.model.js";
import { createSettings } from "../../resources/setting-lists/setting.service.js";
import type { CreatedList, SettingListName } from "../records/named-setting.js";
import { patiently } from "./patiently.js";

/** An entry of a settings list. */
export interface KnownSetting {
  readonly id: string;
  readonly name: string;
  readonly archived: boolean;
}

/** Reads and creates the settings that rows name, under the rules of the RPCs. */
export interface SettingCalls {
  /** All entries, archived ones too. Staff by full name, email address and id; names of several of them are left out. */
  list(list: SettingListName): Promise<readonly KnownSetting[]>;
  /** Creates no second entry of a name, also if another run creates one. A stage does not become the default. Throws ALREADY_EXISTS, RESOURCE_ARCHIVED, COMPANY_LIMIT_REACHED. */
  create(list: CreatedList, name: string): Promise<KnownSetting>;
}

interface SettingCallParts {
  readonly settings: SettingRepositories;
  readonly directory: Pick<DirectoryRepository, "listStaff">;
  readonly companyId: string;
  readonly principal: Principal;
  readonly write: WriteContext;
}

export function createSettingCalls({
  settings,
  directory,
  companyId,
  principal,
  write,
}: SettingCallParts): SettingCalls {
  const { tags, referralSources, lifeCycles, actionStatuses } = createSettings(settings);
  const all = { companyId, showArchived: true } as const;
  const lists = {
    tag: tags,
    referralSource: referralSources,
    lifeCycle: lifeCycles,
    actionStatus: actionStatuses,
  } as const;
  const allStaff = async (): Promise<readonly KnownSetting[]> => {
    const found: Staff[] = [];
    const accessFilter = { companyIds: [companyId], grants: [companyId] };
    for (let more = true; more; ) {
      const page = { size: pageSize, offset: found.length };
      const staff = await directory.listStaff({ accessFilter, page, showArchived: true }, write.signal);
      found.push(...staff.slice(0, pageSize));
      more = staff.length > pageSize;
    }
    return namesOfStaff(found);
  };
  const create = (list: CreatedList, id: string, name: string): Promise<KnownSetting> => {
    // Names of tags are unique. Of other lists another run can create an entry of the name at the same time.
    const unless = (one: { readonly name: string }) => foldCase(one.name) === foldCase(name);
    const entry = { companyId, id, unless };
    if (list === "tag") return tags.create({ ...entry, content: { name, group: "" } }, principal, write);
    if (list === "actionStatus")
      return actionStatuses.create({ ...entry, content: { name, color: "" } }, principal, write);
    // A name that a file has first must not become the stage of every lead that has none.
    if (list === "lifeCycle")
      return lifeCycles.create({ ...entry, content: { name, mayBeDefault: false } }, principal, write);
    return lists[list].create({ ...entry, content: { name } }, principal, write);
  };
  return {
    list: (list) => patiently(() => (list === "staff" ? allStaff() : lists[list].list(all, principal, write.signal))),
    create(list, name) {
      // A repetition creates the same entry, whatever became of the first attempt.
      const id = newId(idPrefixes[list]);
      return patiently(() => create(list, id, name));
    },
  };
}

const pageSize = 500;

/** Those who left are named like others only by chance, so they do not make a name ambiguous. */
function namesOfStaff(staff: readonly Staff[]): readonly KnownSetting[] {
  const named = staff.flatMap(({ id, firstName, lastName, email, archived }) =>
    [id, email, `${firstName} ${lastName}`.trim()]
      .filter((name) => name !== "")
      .map((name): KnownSetting => ({ id, name, archived })),
  );
  const owners = new Map<string, Set<string>>();
  for (const { id, name, archived } of named) {
    if (archived) continue;
    const key = foldCase(name);
    owners.set(key, (owners.get(key) ?? new Set()).add(id));
  }
  return named.filter(({ name }) => (owners.get(foldCase(name))?.size ?? 0) <= 1);
}
