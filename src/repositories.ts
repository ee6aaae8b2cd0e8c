import { hkdfSync } from "node:crypto";
import type { ProviderKeys } from "./core/card-provider.js";
import type { WriteContext } from "./core/write.js";
import type { ServiceSecrets } from "./database-server.js";
import type { LimitedDatabase } from "./db/company-records.js";
import { createPseudonym } from "./db/erasure/pseudonym.js";
import { createOptOutKeys } from "./db/opt-out-key.js";
import { createSecretCipher, type SecretCipher } from "./db/secret-cipher.js";
import { createApiKeyRepository } from "./resources/api-keys/api-key.repository.js";
import { createChangeRepository } from "./resources/audit/change.repository.js";
import { createKeyUseRepository } from "./resources/audit/key-use.repository.js";
import { createCallerRepository } from "./resources/callers/caller.repository.js";
import { createCallerScreenRepository } from "./resources/callers/caller-screen.repository.js";
import { createCardRepository } from "./resources/cards/card.repository.js";
import { createStripeKeyRepository } from "./resources/cards/stripe-key.repository.js";
import { createCatalogRepository } from "./resources/catalog/catalog.repository.js";
import { createConsentRepository } from "./resources/consent/consent.repository.js";
import { createOptOutRepository } from "./resources/consent/opt-out.repository.js";
import {
  createCustomFieldListRepository,
  createCustomFieldRepository,
} from "./resources/custom-fields/custom-field.repository.js";
import { createCardLinkRepository } from "./resources/customers/card-link.repository.js";
import { createCustomerRepository } from "./resources/customers/customer.repository.js";
import { createCustomerAdminRepository } from "./resources/customers/customer-admin.repository.js";
import { createCustomerBatchRepository } from "./resources/customers/customer-batch.repository.js";
import { decrementCustomerCount, incrementCustomerCount } from "./resources/customers/customer-limit.repository.js";
import { createCustomerUpsertRepository } from "./resources/customers/customer-upsert.repository.js";
import { createDirectoryRepository } from "./resources/directory/directory.repository.js";
import { createDirectoryAdminRepository } from "./resources/directory/directory-admin.repository.js";
import { createDuplicateRepository } from "./resources/duplicates/duplicate.repository.js";
import { createExportLog } from "./resources/exports/export-log.repository.js";
import { createExternalApiRepository } from "./resources/external-apis/external-api.repository.js";
import { createImportJobRepository } from "./resources/import-jobs/import-job.repository.js";
import { createIvrFlowRepository } from "./resources/ivr-flows/ivr-flow.repository.js";
import { createFlowRunRepository } from "./resources/ivr-flows/ivr-flow-run.repository.js";
import { createLeadRepository } from "./resources/leads/lead.repository.js";
import { createLeadAdminRepository } from "./resources/leads/lead-admin.repository.js";
import { createLeadBatchRepository } from "./resources/leads/lead-batch.repository.js";
import { createLeadHistoryRepository } from "./resources/leads/lead-history.repository.js";
import { createLeadUpsertRepository } from "./resources/leads/lead-upsert.repository.js";
import { createMergeRepository } from "./resources/merges/merge.repository.js";
import type { MirrorRepository } from "./resources/mirrors/mirror.model.js";
import { createMirrorRepository } from "./resources/mirrors/mirror.repository.js";
import { packageTemplateTable } from "./resources/package-templates/package-template.columns.js";
import { createTemplateFactsRepository } from "./resources/package-templates/package-template.repository.js";
import { createPackageRepository } from "./resources/packages/package.repository.js";
import { createPackageBatchRepository } from "./resources/packages/package-batch.repository.js";
import { createPackageUpsertRepository } from "./resources/packages/package-upsert.repository.js";
import { createPetRepository } from "./resources/pets/pet.repository.js";
import { createPetAdminRepository } from "./resources/pets/pet-admin.repository.js";
import { createPetBatchRepository } from "./resources/pets/pet-batch.repository.js";
import { createPetImportRepository } from "./resources/pets/pet-import.repository.js";
import { createPetUpsertRepository } from "./resources/pets/pet-upsert.repository.js";
import { createSettingRepositories } from "./resources/setting-lists/setting.repository.js";
import { createSettingListRepository } from "./resources/setting-lists/setting-list.repository.js";
import { vipLevelTable } from "./resources/setting-lists/setting-tables.columns.js";

export type Repositories = ReturnType<typeof createRepositories>;

/**
 * HKDF labels. Never change them: every stored secret, card link, pseudonym and idempotency record would become
 * unreadable.
 */
const keyDerivationLabels = {
  erasedRecords: "moego erased records",
  cardLinks: "moego card links",
  externalApiSecrets: "moego external api secrets",
  idempotentRequests: "moego idempotent requests",
  flowRuns: "moego flow runs",
  companySecrets: "moego company secrets",
} as const;

interface RepositoryOptions extends LimitedDatabase {
  /** For the only company of a deployment. */
  readonly stripeKeys?: ProviderKeys | undefined;
}

export function createRepositories({ stripeKeys, ...options }: RepositoryOptions, secrets: ServiceSecrets) {
  const { database } = options;
  const pseudonym = createPseudonym(...derivedKeys(secrets, "erasedRecords"));
  const optOutKeys = createOptOutKeys(database, openCompanySecretCipher(secrets));
  const limited = { ...options, optOutKeys };
  return {
    customers: createCustomerRepository(limited),
    customFields: createCustomFieldRepository(database),
    leads: createLeadRepository(limited),
    pets: createPetRepository(limited),
    petAdmin: createPetAdminRepository(limited, pseudonym),
    petImports: createPetImportRepository(limited, pseudonym),
    petBatches: createPetBatchRepository(limited, pseudonym),
    petUpserts: createPetUpsertRepository(limited, pseudonym),
    cardLinks: createCardLinkRepository(database, derivedKeys(secrets, "cardLinks")),
    cards: createCardRepository(database),
    stripeKeys: createStripeKeyRepository(database, openCompanySecretCipher(secrets), stripeKeys),
    settings: createSettingRepositories(limited),
    customFieldLists: createCustomFieldListRepository(limited),
    catalog: createCatalogRepository(limited),
    directory: createDirectoryRepository(database),
    directoryAdmin: createDirectoryAdminRepository(limited),
    apiKeys: createApiKeyRepository(limited),
    packages: createPackageRepository(limited),
    packageBatches: createPackageBatchRepository(limited),
    packageUpserts: createPackageUpsertRepository(limited),
    customerAdmin: createCustomerAdminRepository(limited, pseudonym),
    customerBatches: createCustomerBatchRepository(limited, pseudonym),
    customerUpserts: createCustomerUpsertRepository(limited, pseudonym),
    merges: createMergeRepository(limited),
    recordBytes: options.limits.recordBytes,
    leadAdmin: createLeadAdminRepository(limited, pseudonym),
    leadBatches: createLeadBatchRepository(limited, pseudonym),
    leadUpserts: createLeadUpsertRepository(limited, pseudonym),
    duplicates: createDuplicateRepository(database),
    leadHistory: createLeadHistoryRepository(database),
    consents: createConsentRepository(database),
    optOuts: createOptOutRepository(database, optOutKeys),
    changes: createChangeRepository(database),
    keyUses: createKeyUseRepository(database),
    exportLog: createExportLog(database),
    callers: createCallerRepository(limited),
    callerScreens: createCallerScreenRepository(database),
    vipLevels: createSettingListRepository(limited, vipLevelTable),
    packageTemplates: createSettingListRepository(limited, packageTemplateTable),
    templateFacts: createTemplateFactsRepository(limited.database),
    importJobs: createImportJobRepository(database),
    ivrFlows: createIvrFlowRepository(limited),
    flowRuns: createFlowRunRepository(database, openFlowRunCipher(secrets)),
    externalApis: createExternalApiRepository(limited, openSecretCipher(secrets)),
  };
}

/** The stored side of a mirror of one company. */
export function createMirrorOf(
  { database }: Pick<LimitedDatabase, "database">,
  secrets: ServiceSecrets,
  mirrored: { readonly companyId: string; readonly write: WriteContext },
): MirrorRepository {
  return createMirrorRepository({
    ...{ database, ...mirrored },
    pseudonym: createPseudonym(...derivedKeys(secrets, "erasedRecords")),
    optOutKeys: createOptOutKeys(database, openCompanySecretCipher(secrets)),
    customerCount: { increment: incrementCustomerCount, decrement: decrementCustomerCount },
  });
}

/** Encrypts the secrets of external APIs. Also used by the command that rotates them. */
export function openSecretCipher(secrets: ServiceSecrets): SecretCipher {
  return createSecretCipher(derivedKeys(secrets, "externalApiSecrets"));
}

/** Encrypts the responses of flow runs. Also used by the command that rotates them. */
export function openFlowRunCipher(secrets: ServiceSecrets): SecretCipher {
  return createSecretCipher(derivedKeys(secrets, "flowRuns"));
}

/** Encrypts the keys of companies at third-party systems, and those of the hashes of opt-outs. Also used by the command that rotates them. */
export function openCompanySecretCipher(secrets: ServiceSecrets): SecretCipher {
  return createSecretCipher(derivedKeys(secrets, "companySecrets"));
}

/** Keys for the fingerprints of requests with an idempotency key. */
export function fingerprintKeys(secrets: ServiceSecrets): [Uint8Array, ...Uint8Array[]] {
  return derivedKeys(secrets, "idempotentRequests");
}

/**
 * One key per purpose, so that the key that signs card links never encrypts anything else. The current key first, then
 * the previous ones.
 */
function derivedKeys(
  { secretKey, previousSecretKeys = [] }: ServiceSecrets,
  purpose: keyof typeof keyDerivationLabels,
): [Uint8Array, ...Uint8Array[]] {
  const derive = (key: Uint8Array) => new Uint8Array(hkdfSync("sha256", key, "", keyDerivationLabels[purpose], 32));
  return [derive(secretKey), ...previousSecretKeys.map(derive)];
}
