import { z } from "zod";
import { batchFields, itemKey } from "../../api/batch-fields.js";
import { type CreatedBatch, type ItemPlace, readItems } from "../../api/batch-items.js";
import { id } from "../../api/fields.js";
import { tryParse } from "../../api/parse.js";
import type { Context, Parse } from "../../api/rpc.js";
import { allExternalIds, onMatch, recordMatch, refuseTooMany, toMatchKeys } from "../../api/upsert-fields.js";
import type { Batch } from "../../core/batch.js";
import type { Violation } from "../../core/errors.js";
import type { OnMatch } from "../../core/upsert.js";
import {
  type BatchUpsertPackagesRequest,
  type PackageUpsertItem as ItemMessage,
  PackageUpsertItemSchema,
  type UpsertPackageRequest,
} from "../../gen/proto/moego/admin/v1/package_upsert_service_pb.js";
import { newPackage } from "./package.input.js";
import { withCompany } from "./package-batch.input.js";
import type { PackageUpsertItem } from "./package-upsert.model.js";

/** A sale with its keys. What SellPackage demands is demanded even if the package exists. */
const keyedSale = z.object({ match: recordMatch, sale: newPackage }).superRefine(({ match, sale }, context) => {
  refuseTooMany({ noun: "sale", match, record: sale }, context);
});

function toItem({ match, sale }: z.output<typeof keyedSale>): PackageUpsertItem {
  const keys = toMatchKeys(match);
  return {
    keys,
    sale: { ...sale, externalIds: allExternalIds(match, sale), ...(keys.id === undefined ? {} : { id: keys.id }) },
  };
}

/** The id of the package is the one of the match. A package that the server is to name must not have one. */
function idViolations({ match, sale }: Pick<ItemMessage, "match" | "sale">): Violation[] {
  const stated = sale?.id ?? "";
  if (stated === "" || stated === match?.id) return [];
  return [{ field: "sale.id", reason: "CONFLICT", description: "Must be empty or equal to match.id." }];
}

interface Upserts extends Batch<PackageUpsertItem> {
  readonly onMatch: OnMatch;
}

/** Input of UpsertPackage, as a batch of one. */
export function singleUpsert(request: UpsertPackageRequest, _context: Context, parse: Parse): Upserts {
  const schema = keyedSale.and(z.object({ companyId: id, onMatch }));
  // A company that only the request lacks is refused there, and not as a conflict with the one in the sale.
  const { given, violations } = withCompany(request, request.companyId || request.sale?.companyId || "unnamed");
  const parsed = parse(schema, [...violations, ...idViolations(request)], given);
  const items = [{ value: toItem(parsed) }];
  return { companyId: parsed.companyId, mode: "EACH", onMatch: parsed.onMatch, items };
}

/** Input of BatchUpsertPackages. */
export async function upsertBatch(
  request: BatchUpsertPackagesRequest,
  context: Context,
  parse: Parse,
): Promise<Upserts & CreatedBatch<PackageUpsertItem>> {
  const fields = parse(batchFields<ItemMessage>().extend({ onMatch }));
  const reading = { schema: PackageUpsertItemSchema, read: parseItem };
  return { ...(await readItems(request, { context, fields }, reading)), onMatch: fields.onMatch };
}

function parseItem(message: ItemMessage, { companyId }: ItemPlace) {
  const { given, violations } = withCompany(message, companyId);
  const schema = keyedSale.and(z.object({ idempotencyKey: itemKey }));
  const parsed = tryParse(PackageUpsertItemSchema, given, schema, [...violations, ...idViolations(message)]);
  return "refusal" in parsed ? parsed : { value: toItem(parsed.value) };
}
