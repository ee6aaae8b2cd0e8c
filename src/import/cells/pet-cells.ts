import type { PetType } from "../../resources/pets/pet.model.js";
import { meaningful, type Reading, refusal, wordsOf } from "./cell.js";

export type SexWord = "MALE" | "FEMALE" | "UNKNOWN";

export interface Sex {
  readonly gender?: SexWord;
  /** `yes` if spayed or neutered. */
  readonly fixed?: "yes" | "no" | "unknown";
}

/** Words and abbreviations, as one word without signs: `M/N` is `mn`. */
const sexes: Readonly<Record<string, Sex>> = {
  ...{ m: { gender: "MALE" }, male: { gender: "MALE" }, boy: { gender: "MALE" } },
  ...{ f: { gender: "FEMALE" }, female: { gender: "FEMALE" }, girl: { gender: "FEMALE" } },
  ...{ mn: male("yes"), mc: male("yes"), nm: male("yes"), cm: male("yes"), gelding: male("yes") },
  ...{ fs: female("yes"), sf: female("yes"), fn: female("yes"), fe: female("no"), me: male("no") },
  ...{ mi: male("no"), im: male("no"), fi: female("no"), stallion: male("no") },
  ...{ u: { gender: "UNKNOWN" }, unknown: { gender: "UNKNOWN" }, unsure: { gender: "UNKNOWN" } },
};

const sexWords: Readonly<Record<string, Sex>> = {
  ...{ male: { gender: "MALE" }, m: { gender: "MALE" }, boy: { gender: "MALE" } },
  ...{ female: { gender: "FEMALE" }, f: { gender: "FEMALE" }, girl: { gender: "FEMALE" } },
  ...{ neutered: { fixed: "yes" }, spayed: { fixed: "yes" }, castrated: { fixed: "yes" }, altered: { fixed: "yes" } },
  ...{ fixed: { fixed: "yes" }, spay: { fixed: "yes" }, neuter: { fixed: "yes" }, sterilized: { fixed: "yes" } },
  ...{ n: { fixed: "yes" }, s: { fixed: "yes" }, intact: { fixed: "no" }, unaltered: { fixed: "no" } },
  ...{ entire: { fixed: "no" }, unneutered: { fixed: "no" }, unspayed: { fixed: "no" }, unknown: {} },
};

function male(fixed: "yes" | "no"): Sex {
  return { gender: "MALE", fixed };
}

function female(fixed: "yes" | "no"): Sex {
  return { gender: "FEMALE", fixed };
}

/** `M`, `M/N`, `FS`, `Male - Neutered`, `Spayed Female`, `not spayed`. */
export function readSex(cell: string): Reading<Sex> {
  const words = wordsOf(cell);
  if (words.length === 0 || meaningful(cell) === "") return undefined;
  const known = sexes[words.join("")];
  if (known) return known;
  const isDenied = words.includes("not") || words.includes("non");
  let sex: Sex = {};
  for (const word of words.filter((one) => !["not", "non", "and", "yes"].includes(one))) {
    const part = sexWords[word];
    if (!part)
      return refusal("The sex of the pet cannot be read.", "Write male or female, with neutered or spayed if known.");
    sex = { ...sex, ...part };
  }
  return isDenied && sex.fixed ? { ...sex, fixed: sex.fixed === "yes" ? "no" : "yes" } : sex;
}

export function readFixed(cell: string): Reading<NonNullable<Sex["fixed"]>> {
  const [word = "", ...others] = wordsOf(cell);
  if (word === "" || meaningful(cell) === "") return undefined;
  if (others.length === 0 && ["y", "yes", "true", "1", "t"].includes(word)) return "yes";
  if (others.length === 0 && ["n", "no", "false", "0", "f"].includes(word)) return "no";
  const sex = readSex(cell);
  if (sex && "fixed" in sex && sex.fixed) return sex.fixed;
  return refusal("The cell does not say whether the pet is spayed or neutered.", "Write yes, no or unknown.");
}

export type WeightUnit = "POUND" | "KILOGRAM";

export interface ReadWeight {
  /** A decimal number. */
  readonly exact: string;
  readonly unit: WeightUnit;
}

const units: Readonly<Record<string, { readonly unit: WeightUnit; readonly factor: number }>> = {
  ...unit("POUND", 1, ["lb", "lbs", "pound", "pounds", "#"]),
  ...unit("POUND", 1 / 16, ["oz", "ounce", "ounces"]),
  ...unit("KILOGRAM", 1, ["kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"]),
  ...unit("KILOGRAM", 1 / 1_000, ["g", "gr", "gram", "grams"]),
};

function unit(name: WeightUnit, factor: number, words: readonly string[]) {
  return Object.fromEntries(words.map((word) => [word, { unit: name, factor }]));
}

/**
 * `12 lbs`, `5,4 kg`, `12 lb 4 oz`, `850 g`.
 *
 * @param defaultUnit of a number without a unit
 */
export function readWeight(cell: string, defaultUnit: WeightUnit | undefined): Reading<ReadWeight> {
  const text = meaningful(cell).toLowerCase().replaceAll(/\s+/g, " ").replace(/\.$/, "");
  if (text === "") return undefined;
  const parts = [...text.matchAll(/(\d+(?:[.,]\d+)?) ?(#|[a-z]+)?\.?/g)];
  const isWhole = /^(?:(?:about|approx\.?|~|ca\.?) ?)?(?:\d+(?:[.,]\d+)? ?(?:#|[a-z]+)?\.? ?){1,2}$/.test(text);
  const weights = parts.map(([, amount = "", word]) => {
    const known = word === undefined ? defaultUnit && { unit: defaultUnit, factor: 1 } : units[word];
    return known && { unit: known.unit, amount: Number(amount.replace(",", ".")) * known.factor };
  });
  const [first, ...others] = weights;
  if (!isWhole || !first) return unreadableWeight(text);
  if (others.some((other) => other?.unit !== first.unit)) return unreadableWeight(text);
  const amount = first.amount + others.reduce((sum, other) => sum + (other?.amount ?? 0), 0);
  if (amount > 5_000) return refusal("The weight is more than an animal has.", "Correct the weight.");
  return amount === 0 ? undefined : { exact: String(Number(amount.toFixed(3))), unit: first.unit };
}

function unreadableWeight(text: string): Reading<never> {
  if (/^\d+(?:[.,]\d+)?$/.test(text)) {
    return refusal(
      "The weight has no unit.",
      "State the unit of the column with --weight-unit lb, or --weight-unit kg.",
    );
  }
  return refusal("The weight cannot be read.", "Write one weight, for example 12 lb or 5.4 kg.");
}

const species: Readonly<Record<string, PetType>> = {
  ...all("DOG", ["dog", "dogs", "canine", "puppy", "k9", "d", "hund", "perro", "chien"]),
  ...all("CAT", ["cat", "cats", "feline", "kitten", "c", "katze", "gato", "chat"]),
  ...all("BIRD", ["bird", "avian", "parrot", "budgie", "cockatiel", "canary", "chicken"]),
  ...all("RABBIT", ["rabbit", "bunny", "lagomorph"]),
  ...all("GUINEA_PIG", ["guineapig", "cavy", "guineapigs"]),
  ...all("HORSE", ["horse", "pony", "equine", "donkey"]),
  ...all("HAMSTER", ["hamster"]),
  ...all("RAT", ["rat"]),
  ...all("MOUSE", ["mouse"]),
  ...all("CHINCHILLA", ["chinchilla"]),
  ...all("OTHER", [
    "other",
    "exotic",
    "ferret",
    "reptile",
    "snake",
    "lizard",
    "turtle",
    "tortoise",
    "pig",
    "goat",
    "gerbil",
  ]),
  ...all("OTHER", ["hedgehog", "fish", "sheep", "alpaca", "llama", "cow"]),
};

function all(type: PetType, words: readonly string[]) {
  return Object.fromEntries(words.map((word) => [word, type]));
}

/** A type of the contract: `Canine` is `DOG`. */
export function readSpecies(cell: string): Reading<PetType> {
  if (meaningful(cell) === "") return undefined;
  const found = species[wordsOf(cell).join("")];
  if (found !== undefined) return found;
  return refusal(
    "The type of the animal is not known.",
    "Write dog, cat or another type that the company has, or Other.",
  );
}

/** Whether the cell says that the animal has died. */
export function readPetStatus(cell: string): Reading<"ALIVE" | "PASSED_AWAY" | "INACTIVE"> {
  const text = wordsOf(cell).join(" ");
  if (text === "") return undefined;
  if (["deceased", "passed away", "dead", "died", "rip", "yes", "true", "1"].includes(text)) return "PASSED_AWAY";
  if (["alive", "active", "living", "no", "false", "0"].includes(text)) return "ALIVE";
  if (["inactive", "archived"].includes(text)) return "INACTIVE";
  return refusal("The status of the pet cannot be read.", "Write alive, deceased or inactive.");
}
