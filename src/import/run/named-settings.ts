import { DomainError } from "../../core/errors.js";
import { foldCase, textFault } from "../../core/text.js";
import { type NamedSetting, type SettingListName, settingLists } from "../records/named-setting.js";
import { counted } from "./report.js";
import type { KnownSetting, SettingCalls } from "./setting-calls.js";

/** The settings of a company by the names that rows have for them. */
export interface NamedSettings {
  /** Finds the settings that a list of rows names, and creates those that are missing if that was asked for. */
  meet(rows: readonly NamingRow[]): Promise<void>;
  /** The id of a setting that was met. "" if a dry run would create it, undefined if the company has none. */
  idOf(setting: NamedSetting): string | undefined;
  /** What was created, and what is missing: a sentence each. */
  lines(): readonly string[];
}

export interface NamingRow {
  readonly row: number;
  readonly names: readonly NamedSetting[];
}

interface SettingOptions {
  readonly calls: SettingCalls;
  readonly isCreating: boolean;
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

/** A column of free text can have a name per row. More than these are missing without being remembered. */
const maxNames = 5_000;
const maxLines = 50;

export function createNamedSettings({ calls, isCreating, isDryRun }: SettingOptions): NamedSettings {
  const met = new Map<string, Met>();
  const lists = new Map<SettingListName, Map<string, KnownSetting>>();
  const full = new Set<SettingListName>();
  let forgotten = 0;

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
    if (found) return found.archived ? { fate: "archived" } : { fate: "known", id: found.id };
    if (textFault(name, settingLists[list].rule)) return { fate: "noName" };
    if (list === "staff") return { fate: "unknown" };
    if (!isCreating) return { fate: "missing" };
    if (full.has(list)) return { fate: "noRoom" };
    if (isDryRun) return { fate: "created", id: "" };
    try {
      return { fate: "created", id: (await calls.create(list, name)).id };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.reason === "COMPANY_LIMIT_REACHED") {
        full.add(list);
        return { fate: "noRoom" };
      }
      // Another run created it since the list was read.
      const other = error.reason === "ALREADY_EXISTS" ? (await load(list)).get(foldCase(name)) : undefined;
      if (!other) throw error;
      return other.archived ? { fate: "archived" } : { fate: "known", id: other.id };
    }
  }

  return {
    async meet(rows) {
      for (const { row, names } of rows) {
        for (const named of names) {
          const key = keyOf(named);
          const known = met.get(key);
          if (known) known.count += 1;
          else if (met.size >= maxNames) forgotten += 1;
          else met.set(key, { ...named, ...(await fateOf(named)), row, count: 1 });
        }
      }
    },

    idOf: (named) => met.get(keyOf(named))?.id,

    lines() {
      const told = [...met.values()].filter(({ fate }) => fate !== "known");
      const left = told.length - maxLines;
      const isMissing = told.some(({ fate }) => fate === "missing");
      return [
        ...told.slice(0, maxLines).map((one) => sentenceOf(one, isDryRun)),
        ...(left > 0 ? [`... and ${counted(left, "more name")} of settings.`] : []),
        ...(forgotten > 0
          ? [`The file names more than ${counted(maxNames, "setting")}. Cells with others are kept as notes.`]
          : []),
        ...(isMissing ? ["What has no setting is kept as a note. --create-settings creates the settings."] : []),
        ...(told.some(({ fate }) => fate === "created") && !isDryRun
          ? ["An undo of the import leaves created settings."]
          : []),
      ];
    },
  };
}

function keyOf({ list, name }: NamedSetting): string {
  return `${list} ${foldCase(name)}`;
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
