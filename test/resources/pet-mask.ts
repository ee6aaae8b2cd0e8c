import type { JsonObject } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { messageJson } from "../support/message-json.js";
import { pet } from "../support/pet-rows.js";
import { type MaskTraits, memberOf, type PathFixture, required, text } from "./mask.js";

const rpc = PetService.method;
let made = 0;

/** UpdatePet. */
export const petMask: MaskTraits = {
  naming: ["customer_id", "id", "update_mask"],
  moving: ["lastUpdatedTime", "lastUpdatedBy"],
  other: { path: "coat", set: { coat: "Outside" } },
  closedPaths: [
    ...["birthday.year", "birthday.month", "birthday.day"],
    ...["weight.value", "weight.unit", "weight.exact_value"],
  ],
  async make(server) {
    made += 1;
    const id = `pet_mask_${made}`;
    // Of the one before, which got it by the mask.
    await server.database.owner.query("DELETE FROM pet_external_id WHERE system = 'masked'");
    const vaccination = { company_id: "cmp_a", pet_id: id, position: 0, name: "Rabies", expired_time: null };
    await server.insert([
      ["pet", [pet("cmp_a", id, "cus_a1", "2024-05-01T10:00:00Z", filled)]],
      ["pet_vaccination", [vaccination]],
      ["pet_external_id", [{ company_id: "cmp_a", pet_id: id, system: "crm", external_id: id }]],
    ]);
    return { customerId: "cus_a1", id };
  },
  read: async (server, { customerId, id }) =>
    messageJson(PetSchema, await server.ok(rpc.getPet, { customerId: String(customerId), id: String(id) })),
  paths: {
    name: required("name", "Luna"),
    type: required("type", "CHINCHILLA"),
    breed: required("breed", "Mixed"),
    status: required("status", "PASSED_AWAY"),
    birthday: {
      set: { birthday: { year: 2021, month: 1, day: 31 } },
      after: () => ({ birthday: { year: 2021, month: 1, day: 31 } }),
      cleared: () => ({ birthday: undefined }),
    },
    gender: {
      ...required("gender", "UNKNOWN"),
      cleared: () => ({ gender: "GENDER_UNSPECIFIED" }),
    },
    evaluation_status: {
      ...required("evaluationStatus", "FAIL"),
      cleared: () => ({ evaluationStatus: "EVALUATION_STATUS_UNSPECIFIED" }),
    },
    weight: {
      set: { weight: { value: 7, unit: "KILOGRAM" } },
      after: () => ({ weight: { value: 7, unit: "KILOGRAM", exactValue: "" } }),
      cleared: () => ({ weight: undefined }),
    },
    fixed: text("fixed", "no"),
    coat: text("coat", "Smooth"),
    behavior: text("behavior", "Wild"),
    photo: text("photo", "https://img.example/new.png"),
    microchip: text("microchip", "985112345678901"),
    color: text("color", "Black and tan"),
    allergies: text("allergies", "Chicken"),
    feeding: text("feeding", "Twice a day"),
    medication: text("medication", "Half a tablet"),
    special_needs: text("specialNeeds", "Deaf"),
    vet: {
      set: { vet: { name: "Other" } },
      after: () => ({ vet: { name: "Other", phoneNumber: "", address: "" } }),
      cleared: () => ({ vet: undefined }),
    },
    "vet.name": vetPart("name", "Other"),
    "vet.phone_number": vetPart("phoneNumber", "+12125550199"),
    "vet.address": vetPart("address", "2 Vet St"),
    custom_fields: {
      set: { customFields: { field_short: { string: "new" } } },
      after: () => ({ customFields: { field_short: { string: "new" } } }),
      cleared: () => ({ customFields: {} }),
    },
    external_ids: {
      set: { externalIds: [{ system: "masked", id: "1" }] },
      after: () => ({ externalIds: [{ system: "masked", id: "1" }] }),
      cleared: () => ({ externalIds: [] }),
    },
    vaccinations: {
      set: { vaccinations: [{ name: "Lyme" }] },
      after: () => ({ vaccinations: [expect.objectContaining({ name: "Lyme" })] }),
      cleared: () => ({ vaccinations: [] }),
    },
  },
};

const filled = {
  ...{ birthday: "2020-02-29", gender: 2, weight: 12, weight_unit: 2, fixed: "yes", coat: "Curly" },
  ...{ behavior: "Calm", vet_name: "Dr. Vet", vet_phone: "+12125550190", vet_address: "1 Vet St" },
  ...{ evaluation_status: 1, photo: "https://img.example/a.png", microchip: "900", color: "Red", allergies: "Grain" },
  ...{ feeding: "Once", medication: "None", special_needs: "Blind" },
  custom_fields: { field_short: { string: "kept" }, field_number: { int64: "7" } },
};

function vetPart(part: string, value: string): PathFixture {
  const withPart = (before: JsonObject, content: string) => ({ vet: { ...memberOf(before, "vet"), [part]: content } });
  return {
    set: { vet: { [part]: value } },
    after: (before) => withPart(before, value),
    cleared: (before) => withPart(before, ""),
  };
}
