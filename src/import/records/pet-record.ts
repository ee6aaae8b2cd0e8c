import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { foldCase } from "../../core/text.js";
import {
  type Pet,
  Pet_Gender,
  Pet_Status,
  Pet_Type,
  type PetSchema,
} from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import { Weight_Unit } from "../../gen/proto/moego/common/v1/weight_pb.js";
import { meaningful, readYesNo, refusal } from "../cells/cell.js";
import { readDate, readMoment } from "../cells/date-cell.js";
import { readFixed, readPetStatus, readSex, readSpecies, readWeight } from "../cells/pet-cells.js";
import { readPhones } from "../cells/phone-cell.js";
import { miss } from "./missing-value.js";
import type { ImportSettings, RowReader } from "./row-reader.js";

/** A pet as a row has it. */
export interface PetDraft {
  /** What identifies the pet among those of its owner, or in the file if it has an id there. */
  readonly key: string;
  readonly hasSourceId: boolean;
  readonly pet: Exclude<MessageInitShape<typeof PetSchema>, Pet>;
}

/** The pet of several rows: a later one gives the breed that the first lacks. */
export function completedPet(first: PetDraft, { pet: later }: PetDraft): PetDraft {
  return { ...first, pet: { ...first.pet, breed: first.pet.breed || later.breed || "" } };
}

const petCells = ["pet.name", "pet.type", "pet.breed", "pet.birthday", "pet.weight", "pet.sex", "pet.id"] as const;

/** Whether the row says anything of a pet. An owner without a pet has empty cells there. */
export function mentionsPet(reader: RowReader): boolean {
  return petCells.some((field) => meaningful(reader.text(field)) !== "");
}

/** Reads the pet of a row. Faults are recorded on the reader. */
export function readPet(
  reader: RowReader,
  settings: ImportSettings,
  { keepsNotes }: { readonly keepsNotes: boolean },
): PetDraft {
  const name = reader.text("pet.name");
  if (name === "")
    reader.refuse("pet.name", refusal("The name of the pet is missing.", "Add it, or clear the cells of the pet."));
  const id = reader.text("pet.id").slice(0, 255);
  const breed = [reader.text("pet.breed"), reader.text("pet.second_breed")].filter((one) => one !== "").join(" / ");
  if (breed === "" && name !== "") miss(reader, settings, noBreed);
  const sex = reader.read("pet.sex", readSex);
  const fixed = reader.read("pet.fixed", readFixed) ?? sex?.fixed ?? "";
  const weight = reader.read("pet.weight", (cell) => readWeight(cell, settings.weightUnit));
  return {
    key: id !== "" ? `id ${id}` : `name ${foldCase(name)}`,
    hasSourceId: id !== "",
    pet: {
      ...{ name, breed, fixed, type: readType(reader, settings), ...readBirthday(reader, settings) },
      ...(sex?.gender ? { gender: Pet_Gender[sex.gender] } : {}),
      ...(weight ? { weight: { exactValue: weight.exact, unit: Weight_Unit[weight.unit] } } : {}),
      status: Pet_Status[reader.read("pet.status", readPetStatus) ?? "ALIVE"],
      ...{ color: reader.text("pet.color"), coat: reader.text("pet.coat"), behavior: reader.text("pet.behavior") },
      ...{ microchip: reader.text("pet.microchip"), allergies: reader.text("pet.allergies") },
      ...{ feeding: reader.text("pet.feeding"), medication: reader.text("pet.medication") },
      specialNeeds: reader.text("pet.special_needs"),
      ...readVet(reader, settings),
      vaccinations: readVaccinations(reader, settings),
      notes: readNotes(reader, keepsNotes),
    },
  };
}

const noBreed = {
  what: "breed",
  field: "pet.breed",
  reason: "The breed of the pet is missing.",
  remedy: "Add it. Write mixed or unknown if it is not known.",
} as const;

function readType(reader: RowReader, { species }: ImportSettings): Pet_Type {
  const type = reader.read("pet.type", readSpecies);
  if (typeof type === "string") return Pet_Type[type];
  if (meaningful(reader.text("pet.type")) !== "") return Pet_Type.TYPE_UNSPECIFIED;
  const assumed = species === undefined ? undefined : readSpecies(species);
  if (typeof assumed === "string") return Pet_Type[assumed];
  reader.refuse(
    "pet.type",
    refusal(
      "The row does not say what kind of animal the pet is.",
      "Add a column with the species, or state --species dog.",
    ),
  );
  return Pet_Type.TYPE_UNSPECIFIED;
}

function readBirthday(reader: RowReader, settings: ImportSettings) {
  const isUnix = settings.unixFields.includes("pet.birthday");
  const day = reader.read("pet.birthday", (cell) => {
    const read = readDate(cell, { ...settings, isUnix });
    if (typeof read !== "string" || read <= settings.today.slice(0, read.length)) return read;
    return refusal("The birthday is in the future.", "Correct the date.");
  });
  if (day === undefined) return {};
  const [year, month = 0, date = 0] = day.split("-").map(Number);
  return { birthday: { year: year ?? 0, month, day: date } };
}

function readVet(reader: RowReader, { country }: ImportSettings) {
  const [phone] = reader.read("pet.vet_phone", (cell) => readPhones(cell, country)) ?? [];
  const vet = {
    name: reader.text("pet.vet_name"),
    phoneNumber: phone?.number ?? "",
    address: reader.text("pet.vet_address"),
  };
  return vet.name + vet.phoneNumber + vet.address === "" ? {} : { vet };
}

/** Names by the end of the fields. */
const vaccines = {
  ...{ rabies: "Rabies", bordetella: "Bordetella", dhpp: "DHPP", dapp: "DAPP", distemper: "Distemper", parvo: "Parvo" },
  ...{ lepto: "Leptospirosis", leptospirosis: "Leptospirosis", lyme: "Lyme", influenza: "Influenza", fvrcp: "FVRCP" },
} as const;

/** One vaccination named by its own columns, and those whose columns are named after the vaccine. */
function readVaccinations(reader: RowReader, settings: ImportSettings) {
  const expiry = (field: string, isUnix: boolean) =>
    reader.read(field, (cell) =>
      typeof readYesNo(cell) === "boolean" ? undefined : readMoment(cell, { ...settings, isUnix }),
    );
  const isUnix = settings.unixFields.includes("pet.vaccine_expiration");
  const time = expiry("pet.vaccine_expiration", isUnix);
  const name = reader.text("pet.vaccine");
  const named = name === "" ? [] : [{ name, ...(time ? { expiredAt: timestampFromDate(time) } : {}) }];
  const columns = Object.entries(vaccines).flatMap(([vaccine, label]) => {
    const until = expiry(`pet.vaccination.${vaccine}`, false);
    return until ? [{ name: label, expiredAt: timestampFromDate(until) }] : [];
  });
  return [...named, ...columns];
}

function readNotes(reader: RowReader, keepsNotes: boolean) {
  const kept = keepsNotes ? reader.others("note").map(({ column, text }) => `${column.header.trim()}: ${text}`) : [];
  return [reader.text("pet.note"), kept.join("\n")].filter((note) => note !== "").map((content) => ({ content }));
}
