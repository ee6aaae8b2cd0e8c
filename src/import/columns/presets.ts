import type { DayOrder } from "../cells/date-cell.js";
import type { ImportKind } from "./import-kind.js";

/** What is documented of the exports of another system. */
export interface Preset {
  readonly name: string;
  /** Shown by `moego import --help`. */
  readonly about: string;
  readonly mapping: Readonly<Partial<Record<ImportKind, Readonly<Record<string, string>>>>>;
  /** Fields whose columns count seconds since 1970. */
  readonly unixFields: readonly string[];
  readonly dayOrder?: DayOrder;
}

/**
 * Only systems whose columns are documented publicly. A column of a mapping that a file lacks is ignored.
 * Gingr: fields of `/api/v1/owners`, `/animals` and `/get_animal_immunizations`. Barkpass: its public import template.
 * MoeGo: reports, whose dates are `yyyy-MM-dd`.
 */
export const presets: readonly Preset[] = [
  {
    name: "gingr",
    about: "owners, animals and immunizations of the Gingr API (birthdays in Unix seconds)",
    unixFields: ["pet.birthday", "pet.vaccine_expiration"],
    mapping: {
      customers: { system_id: "owner.id", notes: "owner.note", cell_phone: "owner.mobile_phone" },
      pets: {
        id: "pet.id",
        owner_id: "owner.id",
        name: "pet.name",
        gender: "pet.sex",
        notes: "pet.note",
        type: "pet.vaccine",
        expiration_date: "pet.vaccine_expiration",
        animal_id: "pet.id",
      },
    },
  },
  {
    name: "barkpass",
    about: "the import template of Barkpass (one row per pet, full names)",
    unixFields: [],
    dayOrder: "ymd",
    mapping: {
      customers: {
        name: "owner.name",
        pet_breed_1: "pet.breed",
        pet_breed_2: "pet.second_breed",
        pet_altered: "pet.fixed",
        pet_birthday: "pet.birthday",
      },
    },
  },
  {
    name: "moego",
    about: "reports of MoeGo (dates as yyyy-MM-dd)",
    unixFields: [],
    dayOrder: "ymd",
    mapping: {},
  },
];

export function presetNamed(name: string): Preset | undefined {
  return presets.find((preset) => preset.name === name.toLowerCase());
}
