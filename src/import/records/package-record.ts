import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { toProtoDate } from "../../api/google-types.js";
import { foldCase } from "../../core/text.js";
import { laterDay, localDate, startOfDay } from "../../core/time-zones.js";
import type { SellPackageRequestSchema } from "../../gen/proto/moego/admin/v1/package_pb.js";
import type { PackageTemplate } from "../../resources/package-templates/package-template.model.js";
import { neverExpires } from "../../resources/packages/package.model.js";
import { meaningful, type Reading, refusal } from "../cells/cell.js";
import { readDate, readMoment } from "../cells/date-cell.js";
import { readAmount } from "../cells/money-cell.js";
import { readUnits } from "../cells/units-cell.js";
import type { ImportSettings, RowReader } from "./row-reader.js";

/** A package as a row has it, without its customer. */
export interface PackageDraft {
  /** Its id in the file. Empty if it has none. */
  readonly sourceId: string;
  readonly templateId: string;
  /** Of the purchase, `yyyy-MM-dd` in the company. */
  readonly day: string;
  /** When that day begins, and when the next one does. */
  readonly since: Date;
  readonly until: Date;
  readonly sale: MessageInitShape<typeof SellPackageRequestSchema>;
}

/** Reads the package of a row. Undefined if a fault is recorded on the reader. */
export function readPackage(
  reader: RowReader,
  settings: ImportSettings,
  templates: readonly PackageTemplate[],
): PackageDraft | undefined {
  const template = reader.read("package.name", (cell) => findTemplate(cell, templates));
  const sold = reader.read("package.sold", (cell) => readMoment(cell, settings));
  const expires = reader.read("package.expires", (cell) => readLastDay(cell, settings));
  if (!template && meaningful(reader.text("package.name")) === "") reader.refuse("package.name", noTemplate);
  if (!sold && meaningful(reader.text("package.sold")) === "") reader.refuse("package.sold", noPurchase);
  if (sold && sold > settings.now) reader.refuse("package.sold", inFuture);
  const businessId = readLocation(reader, settings);
  if (!template || !sold) return undefined;
  const units = readItems(reader, template);
  const price = readPrice(reader, template);
  if (reader.faults.length > 0) return undefined;
  const day = localDate(settings.timeZone, sold);
  return {
    ...{ sourceId: reader.text("package.id").slice(0, 255), templateId: template.id, day },
    since: startOfDay(settings.timeZone, day),
    until: startOfDay(settings.timeZone, laterDay(day, 1)),
    sale: {
      ...{ companyId: settings.companyId, businessId, templateId: template.id, note: readNote(reader), ...units },
      ...{ purchaseTime: timestampFromDate(sold), ...(price ? { packagePrice: price } : {}) },
      ...(expires === undefined ? {} : { expirationDate: toProtoDate(expires) }),
    },
  };
}

const noTemplate = refusal("The row does not say which package was sold.", "Add the name or the id of its template.");
const noPurchase = refusal("The date of the purchase is missing.", "Add it.");
const inFuture = refusal("The purchase is in the future.", "Correct the date.");

function findTemplate(cell: string, templates: readonly PackageTemplate[]): Reading<PackageTemplate> {
  const text = meaningful(cell);
  if (text === "") return undefined;
  const [byId] = templates.filter(({ id }) => id === text);
  const named = templates.filter(({ name }) => foldCase(name) === foldCase(text));
  const [found = byId, other] = byId ? [byId] : named;
  if (other) return refusal("Several package templates have this name.", "Write the id of the template.");
  return found ?? refusal("The company has no such package template.", "Create it, or write the name of another one.");
}

const wholeDate = refusal("The date has no day.", "Write the whole date.");

function readLastDay(cell: string, settings: ImportSettings): Reading<string> {
  if (/^\s*(?:never|no expir\w*|does not expire|lifetime|unlimited)\s*$/i.test(cell)) return neverExpires;
  const day = readDate(cell, settings);
  return typeof day !== "string" || day.length === 10 ? day : wholeDate;
}

function readLocation(reader: RowReader, { businessId, businessIds }: ImportSettings): string {
  const named = reader.text("package.location");
  if (named === "" && businessId !== undefined) return businessId;
  const found = businessIds.get(named) ?? businessIds.get(named.toLowerCase());
  if (found === undefined) {
    const reason = named === "" ? "The row names no location." : "The company has no location with this name.";
    reader.refuse("package.location", refusal(reason, "State the location of all rows with --location."));
  }
  return found ?? "";
}

/** The units that were bought, if they are not those of the template, and those that are left, if some were used. */
function readItems(reader: RowReader, { items }: PackageTemplate) {
  const listed = (field: string): readonly number[] | undefined => {
    const units = reader.read(field, readUnits);
    if (!units || units.length === items.length) return units;
    const reason = `The template has ${items.length === 1 ? "one item" : `${items.length} items`}.`;
    reader.refuse(field, refusal(reason, "Write the units of each item, separated by semicolons."));
    return undefined;
  };
  const [given, left, used] = [listed("package.units"), listed("package.remaining"), listed("package.used")];
  const bought = given ?? items.map(({ quantity }) => quantity);
  if (bought.some((units) => units === 0)) reader.refuse("package.units", noUnits);
  const byUse = used && bought.map((units, index) => units - (used[index] ?? 0));
  if (byUse?.some((units) => units < 0)) reader.refuse("package.used", tooManyUsed);
  else if (left && byUse && left.some((units, index) => units !== byUse[index]))
    reader.refuse("package.remaining", otherUnits);
  else if (left?.some((units, index) => units > (bought[index] ?? 0))) reader.refuse("package.remaining", tooManyLeft);
  const isOther = bought.some((units, index) => units !== items[index]?.quantity);
  if (isOther)
    reader.remark("package.units", "The file has other units bought than the template. Those of the file count.");
  const remainingQuantities = left ?? byUse;
  return {
    ...(remainingQuantities ? { remainingQuantities: [...remainingQuantities] } : {}),
    ...(isOther
      ? {
          packageServices: items.map(({ services }, index) => ({
            services: [...services],
            quantity: bought[index] ?? 0,
          })),
        }
      : {}),
  };
}

const noUnits = refusal("A package of no units was not sold.", "Correct the number.");
const tooManyUsed = refusal("More units were used than the package has.", "Correct the number.");
const tooManyLeft = refusal(
  "More units are left than the package has.",
  "Correct the number, or add a column with the units that were bought.",
);
const otherUnits = refusal("Units bought and used leave another number of units.", "Correct one of the numbers.");

function readPrice(reader: RowReader, { price: { currencyCode } }: PackageTemplate) {
  const amount = reader.read("package.price", (cell) => readAmount(cell, currencyCode));
  if (amount === undefined) return undefined;
  const [units = "0", decimals = ""] = amount.split(".");
  return { currencyCode, units: BigInt(units), nanos: Number(decimals.padEnd(9, "0")) };
}

function readNote(reader: RowReader): string {
  const kept = reader.others("note").map(({ column, text }) => `${column.header.trim()}: ${text}`);
  return [reader.text("package.note"), ...kept].filter((line) => line !== "").join("\n");
}
