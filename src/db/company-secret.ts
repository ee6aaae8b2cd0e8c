import type { SealContext } from "./secret-cipher.js";

/** The context of a secret in `company_secret`. It can only be decrypted with the same context (secret-cipher.ts). */
export function companySecretContext([companyId, provider, name]: readonly [string, string, string]): SealContext {
  return [companyId, "company_secret", provider, name];
}
