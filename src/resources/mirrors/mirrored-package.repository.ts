import { idPrefixes, newId } from "../../core/ids.js";
import { actingStaffId, type WriteContext } from "../../core/write.js";
import type { Prisma } from "../../gen/prisma/client.js";
import type { MirroredItem, MirroredRecord, MirroredUnits } from "./mirror.model.js";
import { jsonOf } from "./mirrored-row.columns.js";

interface StoredItem {
  readonly package_id: string;
  readonly id: string;
  readonly total: number;
  readonly remaining: number;
  readonly goodwill: number;
  readonly used: boolean;
  readonly applied: boolean;
  readonly services: unknown;
}

type Reader = Pick<Prisma.TransactionClient, "$queryRaw">;

/** The ids of packages whose items or units differ from the source. */
export async function unitDifferences(
  reader: Reader,
  companyId: string,
  records: readonly MirroredRecord[],
): Promise<ReadonlySet<string>> {
  const stored = await storedItems(
    reader,
    companyId,
    records.map(({ id }) => id),
  );
  return new Set(
    records.flatMap(({ id, units }) => {
      const own = stored.filter((item) => item.package_id === id);
      return units && !isEqual(units, own) ? [id] : [];
    }),
  );
}

interface MirroredPackage {
  readonly companyId: string;
  readonly record: MirroredRecord;
  readonly units: MirroredUnits;
  readonly write: WriteContext;
  readonly now: Date;
}

/**
 * Makes the items equal. Units are the sum of a ledger that is never changed, so that what is missing is appended. The
 * source does not tell its entries: one of each kind represents all of them.
 */
export async function mirrorUnits(tx: Prisma.TransactionClient, mirrored: MirroredPackage): Promise<void> {
  const { companyId, record, units, write, now } = mirrored;
  const stored = await storedItems(tx, companyId, [record.id]);
  const { rpc, keyId, requestId } = write;
  const by = { companyId, packageId: record.id, occurredTime: now, rpc, keyId, requestId };
  const staffId = actingStaffId(write, companyId);
  for (const [position, item] of units.items.entries()) {
    const former = stored.find(({ id }) => id === item.id);
    const where = { companyId_id: { companyId, id: item.id } };
    const line = { companyId, packageId: record.id, position, totalQuantity: item.total };
    await tx.packageService.upsert({
      ...{ where, create: { ...line, id: item.id } },
      update: { packageId: record.id, position, totalQuantity: item.total },
    });
    await tx.$executeRaw`
      INSERT INTO package_service_item
        (company_id, package_service_id, position, service_id, name, price_currency, price_units, price_nanos)
      SELECT ${companyId}, ${item.id}, r.position, r.service_id, r.name, r.price_currency, r.price_units, r.price_nanos
      FROM jsonb_populate_recordset(NULL::package_service_item, ${jsonOf(item.services)}::jsonb) r
      ON CONFLICT (company_id, package_service_id, position) DO UPDATE SET service_id = excluded.service_id,
        name = excluded.name, price_currency = excluded.price_currency, price_units = excluded.price_units,
        price_nanos = excluded.price_nanos`;
    const isFirst = position === 0;
    const entries = entriesOf(item, former, { ...units, isFirst, isMarked: stored.some(({ applied }) => applied) });
    await tx.packageLedger.createMany({
      data: entries.map((entry) => ({
        ...{ ...by, id: newId(idPrefixes.ledgerEntry), packageServiceId: item.id, staffId, note },
        ...entry,
      })),
    });
  }
}

const note = "Mirrored: the sum of entries that the source does not tell.";

interface Uses extends Pick<MirroredUnits, "used" | "applied"> {
  readonly isFirst: boolean;
  /** Whether a stored redemption names an appointment or an order. */
  readonly isMarked: boolean;
}

interface Entry {
  readonly kind: string;
  readonly quantity: number;
  readonly orderId?: string;
}

function entriesOf(item: MirroredItem, former: StoredItem | undefined, uses: Uses): readonly Entry[] {
  const sold = former ? 0 : item.total;
  const goodwill = item.goodwill - (former?.goodwill ?? 0);
  const rest = item.remaining - (former?.remaining ?? 0) - sold - Math.max(0, goodwill);
  const redemption = (quantity: number): Entry => ({
    ...{ kind: "REDEMPTION", quantity },
    ...(uses.applied ? { orderId: "mirrored" } : {}),
  });
  // A package was used, or used for an order, although all its units are back.
  const isUseMissing = uses.isFirst && rest >= 0 && ((uses.used && !former?.used) || (uses.applied && !uses.isMarked));
  return [
    ...(former ? [] : [{ kind: "SALE", quantity: sold }]),
    ...(goodwill > 0 ? [{ kind: "GOODWILL", quantity: goodwill }] : []),
    ...(rest < 0 ? [uses.used ? redemption(rest) : { kind: "ADJUSTMENT", quantity: rest }] : []),
    ...(rest > 0
      ? [uses.used && former ? { kind: "REFUND", quantity: rest } : { kind: "ADJUSTMENT", quantity: rest }]
      : []),
    ...(isUseMissing ? [redemption(-1), { kind: "REFUND", quantity: 1 }] : []),
  ];
}

function storedItems(reader: Reader, companyId: string, ids: readonly string[]): Promise<readonly StoredItem[]> {
  return reader.$queryRaw<StoredItem[]>`
    SELECT s.package_id::text AS package_id, s.id::text AS id, s.total_quantity AS total, b.remaining, b.goodwill, b.used, b.applied,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('service_id', i.service_id, 'name', i.name,
          'price_currency', i.price_currency, 'price_units', i.price_units::text, 'price_nanos', i.price_nanos)
          ORDER BY i.name, i.service_id), '[]') FROM package_service_item i
        WHERE i.company_id = ${companyId} AND i.package_service_id = s.id) AS services
    FROM package_service s CROSS JOIN LATERAL (
      SELECT coalesce(sum(e.quantity), 0)::int AS remaining,
        coalesce(sum(e.quantity) FILTER (WHERE e.kind = 'GOODWILL'), 0)::int AS goodwill,
        coalesce(bool_or(e.kind = 'REDEMPTION'), false) AS used,
        coalesce(bool_or(e.kind = 'REDEMPTION' AND e.appointment_id || e.order_id <> ''), false) AS applied
      FROM package_ledger e WHERE e.company_id = ${companyId} AND e.package_service_id = s.id) b
    WHERE s.company_id = ${companyId} AND s.package_id = ANY(${[...ids]}::text[])`;
}

/** Services of an item are never removed from it, here or in the source. */
function isEqual({ used, applied, items }: MirroredUnits, stored: readonly StoredItem[]): boolean {
  const isUsed = stored.some((item) => item.used) === used && stored.some((item) => item.applied) === applied;
  return isUsed && items.length === stored.length && items.every((item) => isEqualItem(item, stored));
}

function isEqualItem({ id, total, remaining, goodwill, services }: MirroredItem, all: readonly StoredItem[]): boolean {
  const stored = all.find((item) => item.id === id);
  if (stored?.total !== total || stored.remaining !== remaining || stored.goodwill !== goodwill) return false;
  const known = new Set((Array.isArray(stored.services) ? stored.services : []).map(serviceShape));
  return services.every((service) => known.has(serviceShape(service)));
}

function serviceShape(row: Readonly<Record<string, unknown>>): string {
  return jsonOf(
    ["service_id", "name", "price_currency", "price_units", "price_nanos"].map((name) => String(row[name])),
  );
}
