import { DomainError } from "../../core/errors.js";
import { foldCase, textFault } from "../../core/text.js";
import {
  type CreatedList,
  type NamedSetting,
  type SettingListName,
  settingKey,
  settingLists,
} from "../records/named-setting.js";
import { counted } from "./report.js";
import type { KnownSetting, SettingCalls } from "./setting-calls.js";

/** The settings of a company by the names that rows have for them. */
export interface NamedSettings {
  /** Finds the settings that new records name, and creates those that are missing if that was asked for. */
  meet(records: readonly NamingRecord[]): Promise<void>;
  /** The id of a setting that was met. "" if a dry run would create it, undefined if the company has none. */
  idOf(setting: NamedSetting): string | undefined;
  /** What was created, and what is missing: a sentence each. */
  lines(): readonly string[];
}

/** A record of the row that makes it. */
export interface NamingRecord {
  readonly row: number;
  readonly names: readonly NamedSetting[];
}

interface SettingOptions {
  readonly calls: SettingCalls;
  readonly isCreating: boolean;
  /** A setting that is created even if others are not. */
  readonly alwaysCreated?: NamedSetting | undefined;
  readonly isDryRun: boolean;
}

type Fate = "known" | "created" | "missing" | "unknown" | "archived" | "noRoom" | "noName";

interface Met {
  readonly list: SettingListName;
  readonly name: string;
  readonly id?: string;
  readonly fate: Fate;
  readonly row: number;
  count: number;
}

/**
 * A column of free text can have a name per row. Of each list, more than these are not remembered. Settings that the company has
 * are always found.
 */
const maxUnknown = 5_000;
const maxLines = 50;

export function createNamedSettings({ calls, isCreating, alwaysCreated, isDryRun }: SettingOptions): NamedSettings {
  const met = new Map<string, Met>();
  const lists = new Map<SettingListName, ReadonlyMap<string, KnownSetting>>();
  const full = new Set<SettingListName>();
  const unknown = new Map<SettingListName, number>();
  const always = alwaysCreated && settingKey(alwaysCreated);

  async function load(list: SettingListName): Promise<ReadonlyMap<string, KnownSetting>> {
    const loaded = new Map<string, KnownSetting>();
    for (const entry of await calls.list(list)) {
      const key = foldCase(entry.name);
      // Of entries with the same name the first one counts that is not archived.
      if (loaded.get(key)?.archived ?? true) loaded.set(key, entry);
    }
    lists.set(list, loaded);
    return loaded;
  }

  async function fateOf({ list, name }: NamedSetting): Promise<Pick<Met, "fate" | "id">> {
    const found = (lists.get(list) ?? (await load(list))).get(foldCase(name));
    if (found) return fateOfKnown(found);
    if (textFault(name, settingLists[list].rule)) return { fate: "noName" };
    if (list === "staff") return { fate: "unknown" };
    if (!isCreating && settingKey({ list, name }) !== always) return { fate: "missing" };
    if (full.has(list)) return { fate: "noRoom" };
    return isDryRun ? { fate: "created", id: "" } : created(list, name);
  }

  async function created(list: CreatedList, name: string): Promise<Pick<Met, "fate" | "id">> {
    // Another run can have created it since.
    const other = (await load(list)).get(foldCase(name));
    if (other) return fateOfKnown(other);
    try {
      return { fate: "created", id: (await calls.create(list, name)).id };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.reason === "COMPANY_LIMIT_REACHED") {
        full.add(list);
        return { fate: "noRoom" };
      }
      if (error.reason === "RESOURCE_ARCHIVED") return { fate: "archived" };
      const another = error.reason === "ALREADY_EXISTS" ? (await load(list)).get(foldCase(name)) : undefined;
      if (!another) throw error;
      return fateOfKnown(another);
    }
  }

  async function meetOne(named: NamedSetting, row: number): Promise<void> {
    const key = settingKey(named);
    const known = met.get(key);
    if (known) {
      known.count += 1;
      return;
    }
    const { list, name } = named;
    const fate = await fateOf(named);
    // Ids of the company are no more than it may have. A dry run has none for what it would create.
    const isUnknown = fate.id === undefined || fate.id === "";
    if (isUnknown) unknown.set(list, (unknown.get(list) ?? 0) + 1);
    if (!isUnknown || (unknown.get(list) ?? 0) <= maxUnknown) met.set(key, { list, name, ...fate, row, count: 1 });
  }

  return {
    async meet(records) {
      for (const { row, names } of records) for (const named of names) await meetOne(named, row);
    },

    idOf: (named) => met.get(settingKey(named))?.id,

    lines() {
      const told = [...met.values()].filter(({ fate }) => fate !== "known");
      const left = told.length - maxLines;
      const has = (fate: Fate) => told.some((one) => one.fate === fate);
      return [
        ...told.slice(0, maxLines).map((one) => sentenceOf(one, isDryRun)),
        ...(left > 0 ? [`... and ${counted(left, "more name")} of settings.`] : []),
        ...[...unknown].flatMap(([list, count]) => (count > maxUnknown ? [tooMany(list)] : [])),
        ...(has("missing") ? ["What has no setting is kept as a note. --create-settings creates the settings."] : []),
        ...(has("created") && !isDryRun ? ["An undo of the import leaves created settings."] : []),
      ];
    },
  };
}

function fateOfKnown({ archived, id }: KnownSetting): Pick<Met, "fate" | "id"> {
  return archived ? { fate: "archived" } : { fate: "known", id };
}

function tooMany(list: SettingListName): string {
  const { plural } = settingLists[list];
  return `The file names more than ${maxUnknown.toLocaleString("en")} ${plural} that the company lacks. The others are kept as notes.`;
}

function sentenceOf({ list, name, fate, count, row }: Met, isDryRun: boolean): string {
  const { noun, plural } = settingLists[list];
  const named = `${noun} ${JSON.stringify(name)}`;
  const where = `(${counted(count, "row")}, first row ${row})`;
  switch (fate) {
    case "created":
      return `${isDryRun ? "Would create" : "Created"} ${named} ${where}.`;
    case "archived":
      return `Note: The ${named} is archived. It is kept as a note ${where}.`;
    case "unknown":
      return `Note: No ${noun}, or more than one, is called ${JSON.stringify(name)}. It is kept as a note ${where}.`;
    case "noRoom":
      return `Note: The company has as many ${plural} as it may have. The ${named} is kept as a note ${where}.`;
    case "noName":
      return `Note: ${JSON.stringify(name.slice(0, 100))} cannot be the name of a ${noun}. It is kept as a note ${where}.`;
    default:
      return `Note: The company has no ${named} ${where}.`;
  }
}
