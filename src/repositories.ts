import { hkdfSync } from "node:crypto";
import type { ServiceSecrets } from "./database-server.js";
import { createApiKeyRepository } from "./persistence/api-keys.js";
import { createCallerRepository } from "./persistence/callers.js";
import { createCardLinkRepository } from "./persistence/card-links.js";
import { createConsentRepository } from "./persistence/consent-history.js";
import { createCustomFieldRepository } from "./persistence/custom-fields.js";
import { createCustomerAdminRepository } from "./persistence/customer-admin.js";
import { createCustomerRepository } from "./persistence/customers.js";
import type { Database } from "./persistence/database.js";
import { createDirectoryRepository } from "./persistence/directory.js";
import { createDirectoryAdminRepository } from "./persistence/directory-admin.js";
import { createLeadAdminRepository } from "./persistence/lead-admin.js";
import { createLeadRepository } from "./persistence/leads.js";
import { createPackageRepository } from "./persistence/packages.js";
import { createPetRepository } from "./persistence/pets.js";
import { createPseudonym } from "./persistence/pseudonym.js";
import { createSettingRepositories } from "./persistence/settings.js";
import { createCatalogueRepository } from "./persistence/settings-catalogue.js";
import { createCustomFieldListRepository } from "./persistence/settings-custom-fields.js";
import { createVipLevelRepository } from "./persistence/vip-levels.js";

/** What the domain services keep their data in. */
export function createRepositories(database: Database, secrets: ServiceSecrets) {
  const pseudonym = createPseudonym(derivedKey(secrets, "moego erased records"));
  return {
    customers: createCustomerRepository(database),
    customFields: createCustomFieldRepository(database),
    leads: createLeadRepository(database),
    pets: createPetRepository(database),
    cardLinks: createCardLinkRepository(database, derivedKey(secrets, "moego card links")),
    settings: createSettingRepositories(database),
    customFieldLists: createCustomFieldListRepository(database),
    catalogue: createCatalogueRepository(database),
    directory: createDirectoryRepository(database),
    directoryAdmin: createDirectoryAdminRepository(database),
    apiKeys: createApiKeyRepository(database),
    packages: createPackageRepository(database),
    customerAdmin: createCustomerAdminRepository(database, pseudonym),
    leadAdmin: createLeadAdminRepository(database, pseudonym),
    consents: createConsentRepository(database),
    callers: createCallerRepository(database),
    vipLevels: createVipLevelRepository(database),
  };
}

/** A key for each purpose, so that what signs card links is never what encrypts something else. */
function derivedKey({ secretKey }: ServiceSecrets, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secretKey, "", purpose, 32));
}
