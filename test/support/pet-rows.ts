import type { Row, Tables } from "../../src/demo/demo-directory.js";

/**
 * Pets of the customers of the fixtures. `cus_a1` has one with everything (`pet_a1`) and an archived one (`pet_a9`), the
 * archived customer one (`pet_a8`), a lead one (`pet_l1`); A and B both hold `pet_both` of their `cus_both`.
 */
export const petTables: Tables = [
  [
    "pet",
    [
      pet("cmp_a", "pet_a1", "cus_a1", "2024-05-01T10:00:00Z", {
        ...{ birthday: "2020-02-29", gender: 2, weight: 12, weight_unit: 2, fixed: "yes", coat: "Curly" },
        ...{ behavior: "Calm", vet_name: "Dr. Vet", vet_phone: "+12125550190", vet_address: "1 Vet St" },
        ...{ evaluation_status: 1, photo: "https://img.example/pet_a1.png" },
        custom_fields: { field_short: { string: "kept" } },
      }),
      pet("cmp_a", "pet_a2", "cus_a2", "2024-05-02T10:00:00Z"),
      pet("cmp_a", "pet_a8", "cus_a9", "2024-05-03T10:00:00Z"),
      pet("cmp_a", "pet_a9", "cus_a1", "2024-05-04T10:00:00Z", { archived_time: "2024-06-01T00:00:00Z" }),
      pet("cmp_a", "pet_both", "cus_both", "2024-05-05T10:00:00Z", { name: "Both of A" }),
      pet("cmp_a", "pet_l1", null, "2024-05-06T10:00:00Z", { lead_id: "lcus_a1" }),
      pet("cmp_b", "pet_both", "cus_both", "2024-05-05T10:00:00Z", { name: "Both of B" }),
      pet("cmp_b", "pet_b1", "cus_b1", "2024-05-07T10:00:00Z"),
      pet("cmp_c", "pet_c1", "cus_c1", "2024-05-08T10:00:00Z"),
    ],
  ],
  ["pet_pet_code", [{ company_id: "cmp_a", pet_id: "pet_a1", pet_code_id: "pc_a9" }]],
  [
    "pet_note",
    [
      petNote("cmp_a", "pxn_a1", "pet_a1", "2024-05-01T11:00:00Z"),
      petNote("cmp_a", "pxn_a8", "pet_a8", "2024-05-03T11:00:00Z"),
      petNote("cmp_c", "pxn_c1", "pet_c1", "2024-05-08T11:00:00Z"),
    ],
  ],
  [
    "pet_vaccination",
    [
      {
        ...{ company_id: "cmp_a", pet_id: "pet_a1", position: 0, name: "Rabies" },
        expired_time: "2027-01-01T00:00:00Z",
      },
    ],
  ],
];

/** A dog of a customer; of a lead when `more` names it. */
export function pet(companyId: string, id: string, customerId: string | null, time: string, more: Row = {}): Row {
  return {
    ...{ company_id: companyId, id, customer_id: customerId, lead_id: null, name: "Rex", type: 2, breed: "Poodle" },
    ...{ birthday: null, status: 1, gender: 0, weight: null, weight_unit: 1, fixed: "", coat: "", behavior: "" },
    ...{ vet_name: "", vet_phone: "", vet_address: "", evaluation_status: 0, photo: "", archived_time: null },
    custom_fields: {},
    ...{ created_time: time, last_updated_time: time },
    ...more,
  };
}

export function petNote(companyId: string, id: string, petId: string, time: string): Row {
  return {
    ...{ company_id: companyId, id, pet_id: petId, content: `Text of ${id}`, created_time: time },
    ...{ last_updated_by: "staff_a2", last_updated_time: time },
  };
}
