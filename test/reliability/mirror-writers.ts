import { CustomerAdminService } from "../../src/gen/proto/moego/admin/v1/customer_admin_service_pb.js";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { PetAdminService } from "../../src/gen/proto/moego/admin/v1/pet_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetService } from "../../src/gen/proto/moego/business/customer/v1/pet_service_pb.js";
import { newCustomer } from "../support/new-customer.js";
import { aDog, newLead } from "../support/new-lead.js";
import { sellPackage } from "../support/new-package.js";
import { addPet } from "../support/new-pet.js";
import type { TestServer } from "../support/server.js";
import { type Random, randomOf } from "./run.js";

const companyId = "cmp_a";

export interface MirrorWriters {
  readonly writes: number;
  /** Waits until each has ended. Throws if a write was refused. */
  stop(): Promise<void>;
}

/** Four writers that create, change, promote, archive and redeem in the source. */
export function startMirrorWriters(server: TestServer): MirrorWriters {
  let isStopped = false;
  let writes = 0;
  const write = async (lane: number) => {
    const random = randomOf(`mirror ${lane}`);
    const made: Made = { customers: [], leads: [], pets: [], packages: [] };
    while (!isStopped) {
      await step(server, made, random);
      writes += 1;
    }
  };
  const running = Promise.all([1, 2, 3, 4].map(write));
  running.catch(() => {});
  return {
    get writes() {
      return writes;
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

interface Made {
  readonly customers: string[];
  readonly leads: string[];
  readonly pets: { readonly id: string; readonly customerId: string }[];
  readonly packages: { readonly packageId: string; readonly item: string }[];
}

async function step(server: TestServer, made: Made, random: Random): Promise<void> {
  const customer = made.customers.at(-1);
  const [lead, pet, bought] = [made.leads.at(-1), made.pets.at(-1), made.packages.at(-1)];
  const kind = random.below(14);
  const word = `Word ${random.below(1_000)}`;
  if (kind < 3 || !customer) {
    const { id } = await server.ok(CustomerService.method.createCustomer, newCustomer({ lastName: word }));
    made.customers.push(id);
  } else if (kind < 4) {
    const update = { id: customer, companyId, lastName: word, tags: [{ name: word }] };
    await server.ok(CustomerService.method.updateCustomer, update);
  } else if (kind < 6) {
    await server.ok(CustomerService.method.appendCustomerNotes, { id: customer, notes: [{ note: word }] });
  } else if (kind < 7) {
    const made = await server.ok(CustomerService.method.createCustomer, newCustomer({ lastName: word }));
    await server.ok(CustomerAdminService.method.archiveCustomer, { companyId, id: made.id });
  } else if (kind < 9 || !lead) {
    const { id } = await server.ok(LeadService.method.createLead, newLead({ lastName: word, pets: [aDog] }));
    made.leads.push(id);
  } else if (kind < 10) {
    made.leads.pop();
    await server.ok(LeadService.method.promoteLead, { id: lead });
  } else if (kind < 11 || !pet) {
    const { id } = await addPet(server, customer, { name: word });
    made.pets.push({ id, customerId: customer });
  } else if (kind < 12) {
    await server.ok(PetService.method.updatePet, { ...pet, coat: word });
    await server.ok(PetService.method.appendPetNotes, { ...pet, notes: [{ content: word }] });
  } else if (kind < 13 || !bought) {
    const { on, item } = await sellPackage(server, { customerId: customer });
    made.packages.push({ packageId: on.packageId, item });
  } else {
    made.packages.pop();
    const redeemed = { companyId, packageId: bought.packageId, packageServiceId: bought.item, quantity: 1 };
    await server.ok(PackageAdminService.method.redeemPackage, redeemed);
    made.pets.pop();
    await server.ok(PetAdminService.method.archivePet, { companyId, id: pet.id });
  }
}
