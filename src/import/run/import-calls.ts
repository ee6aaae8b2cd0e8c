import { create, type DescMethodUnary, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { createPageTokens } from "../../api/page-token.js";
import { type Context, readInput } from "../../api/rpc.js";
import { companyAccessFilter } from "../../core/access.js";
import { type BatchItem, type BatchResult, isRefused } from "../../core/batch.js";
import { recordsAmong } from "../../core/departure.js";
import { DomainError } from "../../core/errors.js";
import type { ErasureCondition, ImportEntries } from "../../core/import-entry.js";
import type { CompanyAccess, Principal } from "../../core/principal.js";
import { scopes } from "../../core/principal.js";
import type { WriteContext } from "../../core/write.js";
import { BatchMode } from "../../gen/proto/moego/admin/v1/batch_pb.js";
import {
  BatchCreateCustomersRequestSchema,
  type CustomerBatchItemSchema,
  CustomerBatchService,
} from "../../gen/proto/moego/admin/v1/customer_batch_service_pb.js";
import {
  BatchCreateLeadsRequestSchema,
  type LeadBatchItemSchema,
  LeadBatchService,
} from "../../gen/proto/moego/admin/v1/lead_batch_service_pb.js";
import {
  BatchSellPackagesRequestSchema,
  type PackageBatchItemSchema,
  PackageBatchService,
} from "../../gen/proto/moego/admin/v1/package_batch_service_pb.js";
import {
  BatchCreatePetsRequestSchema,
  type PetBatchItemSchema,
  PetBatchService,
} from "../../gen/proto/moego/admin/v1/pet_batch_service_pb.js";
import type { Repositories } from "../../repositories.js";
import type { Customer } from "../../resources/customers/customer.model.js";
import { createCustomerAdmin } from "../../resources/customers/customer-admin.service.js";
import { sparseCustomerBatch } from "../../resources/customers/customer-batch.input.js";
import { createCustomerBatches } from "../../resources/customers/customer-batch.service.js";
import type { ImportedKind } from "../../resources/import-jobs/import-job.model.js";
import { createLeadAdmin } from "../../resources/leads/lead-admin.service.js";
import { sparseLeadBatch } from "../../resources/leads/lead-batch.input.js";
import { createLeadBatches } from "../../resources/leads/lead-batch.service.js";
import type { PackageTemplate } from "../../resources/package-templates/package-template.model.js";
import { createPackages } from "../../resources/packages/package.service.js";
import { newPackageBatch } from "../../resources/packages/package-batch.input.js";
import { createPackageBatches } from "../../resources/packages/package-batch.service.js";
import { createPetAdmin } from "../../resources/pets/pet-admin.service.js";
import { sparsePetBatch } from "../../resources/pets/pet-batch.input.js";
import { createPetBatches } from "../../resources/pets/pet-batch.service.js";
import { patiently } from "./patiently.js";
import { createRecordCalls } from "./record-calls.js";
import { createSettingCalls, type SettingCalls } from "./setting-calls.js";

/** The RPCs that an import needs, under the rules of their clients. They throw DomainError. */
export interface ImportCalls {
  /** Stores customers and their entries in one transaction. */
  importCustomers(
    items: readonly MessageInitShape<typeof CustomerBatchItemSchema>[],
    imported: ImportEntries,
  ): Promise<Refusals>;
  /** Stores pets and their entries in one transaction. */
  importPets(items: readonly MessageInitShape<typeof PetBatchItemSchema>[], imported: ImportEntries): Promise<Refusals>;
  /** Stores leads and their entries in one transaction. */
  importLeads(
    items: readonly MessageInitShape<typeof LeadBatchItemSchema>[],
    imported: ImportEntries,
  ): Promise<Refusals>;
  readonly settings: SettingCalls;
  /** Stores packages and their entries in one transaction. */
  importPackages(
    items: readonly MessageInitShape<typeof PackageBatchItemSchema>[],
    imported: ImportEntries,
  ): Promise<Refusals>;
  /** The customers that have the phone number, the email address or the id, at most two. */
  findCustomers(by: CustomerKey): Promise<readonly FoundCustomer[]>;
  /** The package templates of the company that are not archived. */
  packageTemplates(): Promise<readonly PackageTemplate[]>;
  /** Erases a record. `CHANGED` if the condition does not hold, `GONE` if there is no such record. */
  erase(kind: UpdatedKind, id: string, condition?: ErasureCondition): Promise<"ERASED" | "CHANGED" | "GONE">;
  /** Deletes a package, whose ledger stays. False if it has another version by now. */
  withdrawPackage(id: string, version: bigint): Promise<boolean>;
  /** A stored record in ProtoJSON. */
  read(kind: UpdatedKind, target: RecordTarget): Promise<JsonObject>;
  /** Sends the fields of an update, with their mask, in ProtoJSON. */
  update(kind: UpdatedKind, target: RecordVersion, fields: JsonObject): Promise<void>;
}

/** Kinds of records that an import can update. */
export type UpdatedKind = Exclude<ImportedKind, "package">;

export interface FoundCustomer {
  readonly id: string;
  /** First and last name. */
  readonly name: string;
}

type CustomerKey = { readonly phone: string } | { readonly email: string } | { readonly id: string };

export interface RecordTarget {
  readonly id: string;
  /** The customer or lead of a pet. */
  readonly ownerId: string;
}

export interface RecordVersion extends RecordTarget {
  /** A record that has another one is not changed. */
  readonly version: bigint;
}

/** For each item why it was refused; undefined if it was stored. */
export type Refusals = readonly (DomainError | undefined)[];

interface CallsInProcess {
  readonly repositories: Repositories;
  readonly pageTokenSecret: string;
  readonly access: CompanyAccess;
  readonly write: WriteContext;
  /** Requests are only judged by what they say, those of packages also by what they refer to, and nothing is stored. */
  readonly isDryRun: boolean;
}

/** Calls the handlers of this process, without a server. Audit log and limits are those of the RPCs. */
export function createCallsInProcess({
  repositories,
  pageTokenSecret,
  access,
  write,
  isDryRun,
}: CallsInProcess): ImportCalls {
  const { companyId } = access;
  const principal: Principal = {
    keyId: write.keyId,
    scopes: new Set(scopes),
    organizations: [companyId],
    companies: new Map([[companyId, access]]),
  };
  const pageTokens = createPageTokens(pageTokenSecret);
  const customers = createCustomerAdmin(repositories);
  const leads = createLeadAdmin(repositories);
  const pets = createPetAdmin(repositories.petAdmin);
  const batches = createCustomerBatches(repositories);
  const petBatches = createPetBatches(repositories.petBatches);
  const leadBatches = createLeadBatches(repositories.leadBatches);
  const packages = createPackages(repositories.packages);
  const packageBatches = createPackageBatches(repositories.packageBatches);
  const contextOf = (method: DescMethodUnary): Context => ({
    ...{ method, principal, write, signal: write.signal, deadlineMs: Number.POSITIVE_INFINITY },
    setHeader() {},
    items: { claim: unused, status: unused },
  });
  const { batchCreateCustomers } = CustomerBatchService.method;
  const { batchCreateLeads } = LeadBatchService.method;
  const { batchCreatePets } = PetBatchService.method;
  const { batchSellPackages } = PackageBatchService.method;
  const records = createRecordCalls({ repositories, pageTokens, companyId, contextOf, isDryRun });
  const eraser = { customer: customers, lead: leads, pet: pets } as const;
  return {
    async importCustomers(items, imported) {
      const request = create(BatchCreateCustomersRequestSchema, { companyId, mode: BatchMode.EACH, items: [...items] });
      const batch = await readInput(sparseCustomerBatch, request, contextOf(batchCreateCustomers));
      return refusalsIn(
        isDryRun ? batch.items : await patiently(() => batches.create({ ...batch, imported }, principal, write)),
      );
    },

    async importPets(items, imported) {
      const request = create(BatchCreatePetsRequestSchema, { companyId, mode: BatchMode.EACH, items: [...items] });
      const batch = await readInput(sparsePetBatch, request, contextOf(batchCreatePets));
      return refusalsIn(
        isDryRun ? batch.items : await patiently(() => petBatches.create({ ...batch, imported }, principal, write)),
      );
    },

    async importLeads(items, imported) {
      const request = create(BatchCreateLeadsRequestSchema, { companyId, mode: BatchMode.EACH, items: [...items] });
      const batch = await readInput(sparseLeadBatch, request, contextOf(batchCreateLeads));
      return refusalsIn(
        isDryRun ? batch.items : await patiently(() => leadBatches.create({ ...batch, imported }, principal, write)),
      );
    },

    async importPackages(items, imported) {
      const request = create(BatchSellPackagesRequestSchema, { companyId, mode: BatchMode.EACH, items: [...items] });
      const batch = await readInput(newPackageBatch, request, contextOf(batchSellPackages));
      if (!isDryRun)
        return refusalsIn(await patiently(() => packageBatches.sell({ ...batch, imported }, principal, write)));
      const refused = await patiently(() => packageBatches.judge(batch, principal, write));
      return batch.items.map((_, position) => refused.get(position));
    },

    packageTemplates: () => repositories.packageTemplates.list({ companyId, showArchived: false }, write.signal),

    async findCustomers(by) {
      if ("id" in by) {
        const found = await repositories.customers.get(
          { accessFilter: companyAccessFilter(access), id: by.id },
          write.signal,
        );
        return found ? [nameOf(found)] : [];
      }
      const query = { companyId, filter: by, page: { size: 1, offset: 0 } };
      return recordsAmong(await repositories.customers.list(query, write.signal)).map(nameOf);
    },

    settings: createSettingCalls({
      settings: repositories.settings,
      directory: repositories.directory,
      companyId,
      principal,
      write,
    }),

    ...records,
    update: (kind, target, fields) => patiently(() => records.update(kind, target, fields)),

    erase: (kind, id, condition) =>
      patiently<unknown>(() => eraser[kind].erase({ companyId, id }, principal, write, condition)).then(
        () => "ERASED",
        (error) => {
          if (error instanceof DomainError && error.reason === "RESOURCE_NOT_FOUND") return "GONE";
          return isOutdated(error) || "CHANGED";
        },
      ),

    withdrawPackage: (id, version) =>
      patiently(() => packages.withdraw({ companyId, id, version }, principal, write)).then(() => true, isOutdated),
  };
}

function nameOf({ id, firstName, lastName }: Pick<Customer, "id" | "firstName" | "lastName">): FoundCustomer {
  return { id, name: `${firstName} ${lastName}` };
}

function isOutdated(error: unknown): false {
  if (error instanceof DomainError && error.reason === "ETAG_MISMATCH") return false;
  throw error;
}

function refusalsIn(results: readonly (BatchResult | BatchItem<unknown>)[]): Refusals {
  return results.map((result) => (isRefused(result) ? result.refusal : undefined));
}

/** Items of an import have no idempotency keys, and their refusals are not sent. */
function unused(): never {
  throw new Error("not used by an import");
}
