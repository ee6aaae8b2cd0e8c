import type { WriteContext } from "../core/write.js";
import { type Company, CompanySchema } from "../gen/proto/moego/business/company/v1/company_pb.js";
import type { DirectoryAdminRepository } from "../resources/directory/directory.model.js";
import { readCompany } from "../resources/directory/directory-arguments.service.js";
import { isObject, readMessage } from "./readable.js";
import type { Source } from "./source.js";
import { idOf, readAll } from "./walk.js";

export interface SourceCompany {
  readonly id: string;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** IANA name. */
  readonly timeZone: string;
  /** Whether the source is this software, which says more than the published API. */
  readonly isExtended: boolean;
}

/** The companies that the key of the source reaches. */
export async function sourceCompanies(source: Source): Promise<readonly SourceCompany[]> {
  const list = { path: "/v1/companies:list", member: "companies", request: {} };
  return (await readAll(source, list)).map((json) => {
    const { message }: { readonly message: Company } = readMessage(CompanySchema, json);
    const zone = isObject(json["timezone"]) ? json["timezone"]["id"] : undefined;
    return {
      ...{ id: idOf(json), name: message.name, country: message.country.toUpperCase() },
      timeZone: typeof zone === "string" ? zone : "",
      // Every company of this software has a policy, which is not a part of the published API.
      isExtended: json["duplicatePolicy"] !== undefined,
    };
  });
}

/** Creates the company, or gives it the name, country and time zone of the source. */
export async function ensureCompany(
  directory: Pick<DirectoryAdminRepository, "getCompany" | "createCompany" | "changeCompany">,
  { id, name, country, timeZone }: SourceCompany,
  write: WriteContext,
): Promise<"created" | "updated" | "unchanged"> {
  const wanted = readCompany({ id, name, country, timeZone });
  const stored = await directory.getCompany(id, write.signal);
  if (!stored) {
    await directory.createCompany(wanted, write);
    return "created";
  }
  const isSame =
    stored.name === wanted.name && stored.country === wanted.country && stored.timeZone === wanted.timeZone;
  if (isSame) return "unchanged";
  await directory.changeCompany(id, { name: wanted.name, country: wanted.country, timeZone: wanted.timeZone }, write);
  return "updated";
}
