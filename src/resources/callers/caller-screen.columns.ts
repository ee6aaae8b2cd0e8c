import type { Consent } from "../../core/consent.js";
import { grantPredicate } from "../../db/access-filter.js";
import { currentConsent } from "../consent/consent.columns.js";
import { customerStatuses } from "../customers/customer.model.js";
import { type LineJson, packageLines, toLine } from "../packages/package.columns.js";
import { petStatuses, petTypes } from "../pets/pet.model.js";
import { callerKinds } from "./caller.model.js";
import { type MatchRow, toMatchedPhone } from "./caller-match.columns.js";
import type { VipLevel } from "./caller-profile.model.js";
import {
  type CountedList,
  maxListedRecords,
  type ScreenMatch,
  type ScreenPackage,
  type ScreenPet,
} from "./caller-screen.model.js";

/** A match as selected by `screenColumns`. Columns of the other kind are null. */
export interface ScreenRow extends MatchRow {
  readonly is_main: boolean;
  readonly status: number | null;
  readonly next_appointment_time: Date | null;
  readonly profile: { readonly blacklisted: boolean; readonly vip_level: VipLevel | null } | null;
  readonly stage: string | null;
  readonly action_status: string | null;
  readonly pets: readonly PetJson[] | null;
  readonly packages: readonly PackageJson[] | null;
  readonly consent: Consent | null;
}

/** Beside each record is the number of all. */
interface Counted {
  readonly count: number;
}

interface PetJson extends Counted {
  readonly id: string;
  readonly name: string;
  readonly type: number;
  readonly breed: string;
  readonly status: number;
}

interface PackageJson extends Counted {
  readonly id: string;
  readonly name: string;
  readonly expiration_date: string;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly lines: readonly LineJson[] | null;
}

const isCustomer = `f.kind = ${callerKinds.numberOf("CUSTOMER")}`;

/** One of two subqueries, so that the tables of the other kind are not read. */
function byKind(ofCustomer: string, ofLead = "NULL"): string {
  return `CASE WHEN ${isCustomer} THEN ${ofCustomer} ELSE ${ofLead} END`;
}

const petOrder = "p.status, p.created_time DESC, p.id DESC";

function petsOf(owner: "customer" | "lead"): string {
  return `(SELECT json_agg(json_build_object('id', p.id, 'name', p.name, 'type', p.type, 'breed', p.breed,
      'status', p.status, 'count', p.count) ORDER BY ${petOrder})
    FROM (SELECT p.id, p.name, p.type, p.breed, p.status, p.created_time, count(*) OVER () AS count FROM pet p
      WHERE p.company_id = f.company_id AND p.${owner}_id = f.id AND p.archived_time IS NULL
      ORDER BY ${petOrder} LIMIT ${maxListedRecords}) p)`;
}

const packageOrder = "k.expiration_date DESC, k.purchase_time DESC, k.id DESC";

/** An API key limited to locations sees the packages that these sold, as in lists of packages. */
const packages = `(SELECT json_agg(json_build_object('id', k.id, 'name', k.name, 'expiration_date', k.expiration_date,
      'start_time', k.start_time, 'end_time', k.end_time, 'count', k.count, 'lines', k.lines) ORDER BY ${packageOrder})
    FROM (SELECT k.*, ${packageLines} FROM (
      SELECT k.company_id, k.id, k.name, k.expiration_date, k.purchase_time, k.start_time, k.end_time,
        count(*) OVER () AS count FROM package k
      WHERE k.company_id = f.company_id AND k.customer_id = f.id AND k.deleted_time IS NULL
        AND ${grantPredicate("k", "business_id")}
      ORDER BY ${packageOrder} LIMIT ${maxListedRecords}) k) k)`;

const profile = `(SELECT json_build_object('blacklisted', o.blacklisted, 'vip_level', (
      SELECT json_build_object('id', v.id, 'name', v.name, 'archived', v.archived_time IS NOT NULL)
      FROM vip_level v WHERE v.company_id = o.company_id AND v.id = o.vip_level_id))
    FROM customer_profile o WHERE o.company_id = f.company_id AND o.customer_id = f.id)`;

const consentOf = (kind: "customer" | "lead") => currentConsent({ companyId: "f.company_id", kind, id: "f.id" });

/** What is shown of the match `f`, with the columns of `caller-screen.repository`. */
export const screenColumns = `f.*,
  ${byKind(profile)} AS profile,
  ${byKind(petsOf("customer"), petsOf("lead"))} AS pets,
  ${byKind(packages)} AS packages,
  ${byKind(consentOf("customer"), consentOf("lead"))} AS consent,
  (SELECT s.name FROM life_cycle s WHERE s.company_id = f.company_id AND s.id = f.life_cycle_id) AS stage,
  (SELECT s.name FROM action_status s WHERE s.company_id = f.company_id AND s.id = f.action_status_id) AS action_status`;

export function toScreenMatch(row: ScreenRow): ScreenMatch {
  const kind = callerKinds.wordOf(row.kind) ?? "CUSTOMER";
  const { id, first_name: firstName, last_name: lastName, phone, is_main: isMainPhone, consent } = row;
  return {
    ...{ kind, id, firstName, lastName, phone, isMainPhone },
    matchedPhone: toMatchedPhone(row),
    pets: counted(row.pets, toPet),
    ...(consent ? { consent } : {}),
    ...(kind === "LEAD"
      ? { ofLead: { stage: row.stage ?? "", actionStatus: row.action_status ?? "" } }
      : { ofCustomer: ofCustomer(row) }),
  };
}

function ofCustomer({ status, profile: stored, packages: bought, next_appointment_time: next }: ScreenRow) {
  return {
    status: customerStatuses.wordOf(status ?? 0) ?? "ACTIVE",
    ...(stored?.vip_level ? { vipLevel: stored.vip_level } : {}),
    blacklisted: stored?.blacklisted ?? false,
    packages: counted(bought, toPackage),
    ...(next ? { nextAppointmentTime: next } : {}),
  };
}

function counted<Json extends Counted, T>(rows: readonly Json[] | null, read: (json: Json) => T): CountedList<T> {
  return { listed: rows?.map(read) ?? [], count: rows?.[0]?.count ?? 0 };
}

function toPet({ id, name, type, breed, status }: PetJson): ScreenPet {
  return {
    ...{ id, name, breed, type: petTypes.wordOf(type) ?? "OTHER" },
    status: petStatuses.wordOf(status) ?? "ALIVE",
  };
}

function toPackage({
  id,
  name,
  expiration_date: expirationDate,
  start_time,
  end_time,
  lines,
}: PackageJson): ScreenPackage {
  const items = lines?.map(toLine) ?? [];
  return {
    ...{ id, name, expirationDate, items },
    remainingQuantity: items.reduce((sum, item) => sum + item.remainingQuantity, 0),
    ...(start_time === null ? {} : { startTime: new Date(start_time) }),
    ...(end_time === null ? {} : { endTime: new Date(end_time) }),
  };
}
