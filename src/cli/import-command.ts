import { setFlagsFromString } from "node:v8";
import { OperatorError } from "../core/operator-error.js";
import { textFault } from "../core/text.js";
import { localDate } from "../core/time-zones.js";
import type { DayOrder } from "../import/cells/date-cell.js";
import { planColumns } from "../import/columns/column-plan.js";
import { headerKey } from "../import/columns/import-field.js";
import type { ImportKind } from "../import/columns/import-kind.js";
import { readMapping, saveMapping } from "../import/columns/mapping-file.js";
import { type Preset, presetNamed, presets } from "../import/columns/presets.js";
import { delimiters } from "../import/reading/csv-record.js";
import type { FileEncoding } from "../import/reading/file-survey.js";
import { openRows } from "../import/reading/open-rows.js";
import { provesConsent } from "../import/records/consent-cells.js";
import { mayLack } from "../import/records/missing-value.js";
import { type NamedSetting, settingLists, settingName } from "../import/records/named-setting.js";
import { type ImportSettings, planFields } from "../import/records/row-reader.js";
import { openErrorsFile } from "../import/run/errors-file.js";
import { importFile } from "../import/run/import-file.js";
import { createNamedSettings } from "../import/run/named-settings.js";
import { createProgress } from "../import/run/progress.js";
import { createReport } from "../import/run/report.js";
import { type Command, type CommandContext, counted, outJson } from "./command.js";
import type { Values as ValuesOf } from "./declaration.js";
import type * as declared from "./declarations/imports.js";
import { type ImportSession, withImport } from "./import-session.js";
import { UsageError } from "./usage-error.js";

type Values = ValuesOf<typeof declared.importCustomers>;

export const importCustomers = importOf("customers");
export const importLeads = importOf("leads");
export const importPets = importOf("pets");
export const importPackages = importOf("packages");

function importOf(kind: ImportKind): Command<typeof declared.importCustomers> {
  return (values, context) => runImport(kind, values, context);
}

/**
 * The garbage of a list of rows is collected once the heap has grown by so much, instead of up to four times its size: half of
 * the memory for a tenth of the CPU time.
 */
const heapGrowth = "--heap-growing-percent=60";

/** Reads the file, imports its rows and prints the report. Fails if a row was not imported. */
async function runImport(kind: ImportKind, values: Values, context: CommandContext) {
  setFlagsFromString(heapGrowth);
  const { FILE: path, company: companyId } = values;
  if (kind === "packages" && values.update)
    throw new UsageError("--update is not for packages: a file does not change the ledger of a stored package.");
  const isDryRun = values["dry-run"];
  const preset = readPreset(values.preset);
  const source = await openRows(path, {
    encoding: oneOf(values.encoding, "encoding", encodings),
    delimiter: oneOf(values.delimiter === "tab" ? "\t" : values.delimiter, "delimiter", delimiters),
    sheet: values.sheet,
  });
  const mapping = await mappingOf(kind, values, preset, source.header);
  const unmapped = oneOf(values.unmapped, "unmapped", ["note", "drop"] as const);
  const plan = planColumns({ kind, header: source.header, mapping, unmapped });
  const { out, err, status } = context.terminal;
  if (values["save-mapping"] !== undefined) await saveMapping(values["save-mapping"], kind, plan);
  for (const note of [...source.notes, ...plan.notes]) err(note);
  const fields = planFields(plan);
  if (hasOwners(kind) && !provesConsent((field) => fields.byField.has(field))) err(noConsent);
  const failed = await withImport(context, { companyId, rpc: `moego import ${kind}`, isDryRun }, async (session) => {
    const report = createReport();
    const errors = await openErrorsFile(`${path}.errors.csv`);
    const settings = settingsOf(session, values, preset, context);
    const progress = createProgress({ replaceLine: status, line: err, now: context.now });
    const { jobs, calls, write, secret } = session;
    const name = values.name ?? "default";
    const isUpdating = values.update;
    const isCreating = values["create-settings"];
    const alwaysCreated = settings.incompleteTag;
    const named = createNamedSettings({ calls: calls.settings, isCreating, alwaysCreated, isDryRun });
    const parts = { kind, name, source, fields, settings, secret, isDryRun, isUpdating, jobs, calls, named, write };
    const { counts, jobId } = await importFile({ ...parts, report, errors, progress });
    const hasErrors = await errors.close();
    if (values.json) {
      const facts = { importId: isDryRun ? undefined : jobId, isDryRun, ...counts };
      outJson(context.terminal, { ...facts, errorsFile: hasErrors ? errors.path : undefined });
      return counts.failed;
    }
    for (const line of [...named.lines(), ...report.lines(isDryRun)]) out(line);
    if (hasErrors) out(`All faults and warnings: ${errors.path}`);
    if (!isDryRun) out(`Import ${jobId}. To undo it: moego import undo ${jobId} --company ${companyId}`);
    return counts.failed;
  });
  if (failed > 0) {
    const message = `${counted(failed, "row")} ${failed === 1 ? "was" : "were"} refused.`;
    throw new OperatorError(message, { exit: "incomplete" });
  }
}

function hasOwners(kind: ImportKind): boolean {
  return kind === "customers" || kind === "leads";
}

const noConsent =
  "No consent is imported: the file has no columns with channel, time and source of consents. Imported people may be contacted only after they agree.";

const encodings: readonly FileEncoding[] = ["utf-8", "utf-16le", "utf-16be", "windows-1252"];
const dayOrders: readonly DayOrder[] = ["mdy", "dmy", "ymd"];

function listed(words: string | undefined): readonly string[] {
  return words === undefined ? [] : words.split(",").map((word) => word.trim());
}

function oneOf<T extends string>(given: string | undefined, option: string, known: readonly T[]): T | undefined {
  return given === undefined ? undefined : knownWord(given, option, known);
}

function knownWord<T extends string>(given: string, option: string, known: readonly T[]): T {
  const found = known.find((word) => word === given.toLowerCase());
  if (found === undefined)
    throw new UsageError(`--${option} must be one of: ${known.map((word) => JSON.stringify(word)).join(", ")}.`);
  return found;
}

function incompleteTagOf({ "tag-incomplete": given, ...values }: Values): NamedSetting | undefined {
  if (given === undefined) return undefined;
  const tag = settingName("tag", given);
  const fault = textFault(tag.name, settingLists.tag.rule);
  if (fault) throw new UsageError(`--tag-incomplete must be the name of a tag. ${fault.description}`);
  if (values["allow-missing"] === undefined)
    throw new UsageError("--tag-incomplete needs --allow-missing, which says what may be missing.");
  return tag;
}

function readPreset(name: string | undefined): Preset | undefined {
  const preset = name === undefined ? undefined : presetNamed(name);
  if (name === undefined || preset) return preset;
  throw new UsageError(
    `--preset must be one of: ${presets.map((known) => `${known.name} (${known.about})`).join("; ")}.`,
  );
}

/** What `--map` says wins over a mapping file, and that over a preset. */
async function mappingOf(kind: ImportKind, values: Values, preset: Preset | undefined, header: readonly string[]) {
  const present = new Set(header.map(headerKey));
  const ofPreset = Object.entries(preset?.mapping[kind] ?? {}).filter(([name]) => present.has(headerKey(name)));
  const saved = values.mapping === undefined ? [] : await readMapping(values.mapping, kind);
  const given = values.map.map((text) => {
    const [, name, use] = /^(.+)=([^=]+)$/.exec(text) ?? [];
    if (name === undefined || use === undefined)
      throw new UsageError('--map must be HEADER=FIELD, for example "Cell=owner.phone".');
    return [name, use] as const;
  });
  const uses = new Map<string, readonly [name: string, use: string]>();
  for (const [name, use] of [...ofPreset, ...saved, ...given]) uses.set(headerKey(name), [name, use]);
  return new Map(uses.values());
}

function settingsOf(
  session: ImportSession,
  values: Values,
  preset: Preset | undefined,
  { now }: CommandContext,
): ImportSettings {
  const { access, businesses } = session;
  const { companyId, country, timeZone } = access;
  const businessIds = new Map(
    businesses.flatMap(
      ({ id, name }) =>
        [
          [id, id],
          [name.toLowerCase(), id],
        ] as const,
    ),
  );
  const [only, ...others] = businesses;
  const businessId = values.location ?? (others.length === 0 ? only?.id : undefined);
  if (values.location !== undefined && !businesses.some(({ id }) => id === values.location))
    throw new UsageError(
      `--location must be one of: ${businesses.map(({ id, name }) => `${id} (${name})`).join(", ")}.`,
    );
  const unit = oneOf(values["weight-unit"], "weight-unit", ["lb", "kg"] as const);
  const date = new Date(now());
  return {
    ...{ companyId, country, timeZone, now: date, today: localDate(timeZone, date), businessId, businessIds },
    dayOrder: oneOf(values["day-order"], "day-order", dayOrders) ?? preset?.dayOrder,
    unixFields: preset?.unixFields ?? [],
    weightUnit: unit && (unit === "lb" ? "POUND" : "KILOGRAM"),
    species: values.species,
    mayLack: new Set(listed(values["allow-missing"]).map((what) => knownWord(what, "allow-missing", mayLack))),
    incompleteTag: incompleteTagOf(values),
  };
}
