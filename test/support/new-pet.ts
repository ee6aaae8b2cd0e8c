import type { MessageInitShape } from "@bufbuild/protobuf";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { type Pet, Pet_Type, type PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newCustomer } from "./new-customer.js";
import type { TestServer } from "./server.js";

export type PetInit = MessageInitShape<typeof PetSchema>;

/** A pet with nothing but what is required. */
export const minimalPet = { name: "Bella", type: Pet_Type.DOG, breed: "Beagle" } as const;

/** A new pet of a new customer of company A. */
export async function createPet(server: TestServer, fields: PetInit = {}): Promise<Pet> {
  const { id: customerId } = await server.ok(CustomerService.method.createCustomer, newCustomer());
  return addPet(server, customerId, fields);
}

/** A new pet of the customer. */
export async function addPet(server: TestServer, customerId: string, fields: PetInit = {}): Promise<Pet> {
  const { pet } = await server.ok(PetService.method.createPet, { customerId, pet: { ...minimalPet, ...fields } });
  if (!pet) throw new Error("CreatePet answers with the pet");
  return pet;
}
