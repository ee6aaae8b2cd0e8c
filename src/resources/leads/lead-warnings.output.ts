import { doubtfulNumbers, doubtfulPhones } from "../../api/phone-fields.js";
import type { ContactPhone } from "../../core/phone/contact-phone.js";
import { type Vet, vetNumber } from "../pets/pet.model.js";

type StatedPets = readonly { readonly vet?: Partial<Vet> | null | undefined }[];

export function vetNumbersOf(pets: StatedPets) {
  return pets.map(({ vet }, position) => vetNumber(`pets[${position}].vet`, vet));
}

/** What the header `moego-warning` says about a lead of an item alone. */
export function phoneWarnings({
  phones,
  pets,
}: {
  readonly phones: readonly ContactPhone[];
  readonly pets: StatedPets;
}) {
  const paths = [...doubtfulPhones(phones), ...doubtfulNumbers(vetNumbersOf(pets))].map((path) => `lead.${path}`);
  return paths.length === 0 ? [] : [`PHONE_NOT_VALID ${paths.join(" ")}`];
}
