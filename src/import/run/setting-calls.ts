import { idPrefixes, newId } from "../../core/ids.js";
import type { Principal } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import type { SettingRepositories } from "../../resources/setting-lists/setting.model.js";
import { createSettings } from "../../resources/setting-lists/setting.service.js";
import type { SettingListName } from "../records/named-setting.js";
import { patiently } from "./patiently.js";

/** An entry of a settings list. */
export interface KnownSetting {
  readonly id: string;
  readonly name: string;
  readonly archived: boolean;
}

/** Reads and creates the settings that rows name, under the rules of the RPCs. */
export interface SettingCalls {
  /** All entries, archived ones too. */
  list(list: SettingListName): Promise<readonly KnownSetting[]>;
  /** Throws ALREADY_EXISTS, COMPANY_LIMIT_REACHED. */
  create(list: SettingListName, name: string): Promise<KnownSetting>;
}

interface SettingCallParts {
  readonly settings: SettingRepositories;
  readonly companyId: string;
  readonly principal: Principal;
  readonly write: WriteContext;
}

export function createSettingCalls({ settings, companyId, principal, write }: SettingCallParts): SettingCalls {
  const { tags, referralSources, lifeCycles, actionStatuses } = createSettings(settings);
  const all = { companyId, showArchived: true } as const;
  const lists = {
    tag: tags,
    referralSource: referralSources,
    lifeCycle: lifeCycles,
    actionStatus: actionStatuses,
  } as const;
  const create = (list: SettingListName, id: string, name: string): Promise<KnownSetting> => {
    const entry = { companyId, id };
    if (list === "tag") return tags.create({ ...entry, content: { name, group: "" } }, principal, write);
    if (list === "actionStatus")
      return actionStatuses.create({ ...entry, content: { name, color: "" } }, principal, write);
    return lists[list].create({ ...entry, content: { name } }, principal, write);
  };
  return {
    list: (list) => patiently(() => lists[list].list(all, principal, write.signal)),
    create(list, name) {
      // A repetition creates the same entry, whatever became of the first attempt.
      const id = newId(idPrefixes[list]);
      return patiently(() => create(list, id, name));
    },
  };
}
