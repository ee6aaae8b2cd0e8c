import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { migrate } from "../../src/db/migrate/migrate.js";
import { migrationsDirectory } from "../../src/db/migrate/migration-files.js";
import { repeatables } from "../suites/repeated-calls.js";
import { createEmptyDatabase } from "../support/database.js";

const database = await createEmptyDatabase();
const directory = await mkdtemp(join(tmpdir(), "moego-migrations-"));
afterAll(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

/** Of builds that always store the kind. */
const laterRpcs: ReadonlySet<string> = new Set(
  (
    [
      ["moego.admin.v1.CardAdminService", ["SetStripeKeys"]],
      ["moego.admin.v1.CustomerAdminService", ["UpdateCustomerAppointments"]],
      ["moego.admin.v1.CustomerBatchService", ["BatchCreateCustomers"]],
      ["moego.admin.v1.CustomerUpsertService", ["BatchUpsertCustomers", "UpsertCustomer"]],
      ["moego.admin.v1.PackageUpsertService", ["BatchUpsertPackages", "UpsertPackage"]],
      ["moego.admin.v1.PetUpsertService", ["BatchUpsertPets", "UpsertPet"]],
      ["moego.admin.v1.LeadUpsertService", ["BatchUpsertLeads", "UpsertLead"]],
      ["moego.admin.v1.DuplicateService", ["DismissDuplicate", "RestoreDuplicate"]],
      ["moego.admin.v1.ConsentService", ["RecordOptIn", "RecordOptOut"]],
      [
        "moego.admin.v1.LeadAdminService",
        ["AppendLeadNotes", "AppendLeadTags", "DeleteLeadNote", "RemoveLeadTags", "UpdateLeadNote"],
      ],
      ["moego.admin.v1.LeadBatchService", ["BatchCreateLeads"]],
      ["moego.admin.v1.MergeService", ["MergeCustomers", "UndoMerge"]],
      [
        "moego.admin.v1.PackageAdminService",
        ["ExtendPackage", "FreezePackage", "GrantPackageUnits", "MovePackage", "ThawPackage"],
      ],
      [
        "moego.admin.v1.PackageTemplateService",
        ["ArchivePackageTemplate", "CreatePackageTemplate", "RestorePackageTemplate", "UpdatePackageTemplate"],
      ],
      ["moego.admin.v1.PackageBatchService", ["BatchSellPackages"]],
      ["moego.admin.v1.PetBatchService", ["BatchCreatePets"]],
      ["moego.admin.v1.PetAdminService", ["ArchivePet", "ErasePet", "MovePet", "RestorePet"]],
      ["moego.business.customer.v1.PetService", ["DeletePetNote", "UpdatePetNote"]],
    ] as const
  ).flatMap(([service, methods]) => methods.map((method) => `${service}/${method}`)),
);

it("gives a kind to the idempotency records that were stored before the migration and meanwhile", async () => {
  const all = await readdir(migrationsDirectory);
  const [kind, ofOldRows] = ["20261129051000_idempotency_kind", "20261129051100_idempotency_kind_of_old_rows"];
  const rpcs = repeatables.map(({ name }) => name).filter((name) => !laterRpcs.has(name));

  await migrateTo(all.filter((name) => name < kind));
  await storeWithoutKind("before", rpcs);
  await migrateTo([kind]);
  await storeWithoutKind("meanwhile", rpcs);
  expect(await rpcsWithoutKind("before")).toEqual(rpcs.toSorted());
  expect(await rpcsWithoutKind("meanwhile")).toEqual([]);
  await migrateTo([ofOldRows]);
  expect(await rpcsWithoutKind("before")).toEqual([]);
});

async function migrateTo(names: readonly string[]): Promise<void> {
  for (const name of names) await cp(join(migrationsDirectory, name), join(directory, name), { recursive: true });
  await migrate({ url: database.ownerUrl, directory });
}

async function storeWithoutKind(key: string, rpcs: readonly string[]): Promise<void> {
  await database.owner.query(
    `INSERT INTO idempotency (key_id, rpc, key, fingerprint, company_id, resource_ids, expired_time)
     SELECT 'key', rpc, $1, '', 'cmp', '{id}', now() FROM unnest($2::text[]) AS rpc`,
    [key, rpcs],
  );
}

async function rpcsWithoutKind(key: string): Promise<readonly string[]> {
  const { rows } = await database.owner.query<{ rpc: string }>(
    'SELECT rpc FROM idempotency WHERE key = $1 AND kind IS NULL ORDER BY rpc COLLATE "C"',
    [key],
  );
  return rows.map(({ rpc }) => rpc);
}
