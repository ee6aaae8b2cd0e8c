import type pg from "pg";
import type { Answer, Tenant } from "../faults/world.js";

/** A call of a writing rpc. */
export interface WriteCall {
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly body: object;
}

/** A call that is to take effect exactly once, however often it is sent. */
export interface PlannedWrite {
  readonly kind: WriteKind;
  readonly call: WriteCall;
  /** The same call with another body, which the same idempotency key does not cover. */
  readonly other: WriteCall;
  /** By which the effects of the one and the other are found. */
  readonly marks: readonly string[];
}

/** Sends a call that prepares another one, until it has succeeded. */
export type Send = (call: WriteCall) => Promise<Answer["body"]>;

export interface WriteKind {
  readonly name: string;
  /** One statement that is a transaction by itself; the others are transactions of several. */
  readonly oneStatement: boolean;
  /** Whether a second call without a key has a second effect; false where the rules forbid it anyway. */
  readonly doubles: boolean;
  plan(tenant: Tenant, mark: string, send: Send): Promise<Pick<PlannedWrite, "call" | "other" | "marks">>;
  /** The id of what the call made or changed. */
  idOf(body: Answer["body"]): string;
  /** Effects of marks `$2` in company `$1`: how many, and on which id. */
  readonly effects: string;
}

const person = ({ companyId, businessId }: Tenant, mark: string) => ({
  ...{ companyId, preferredBusinessId: businessId, firstName: "Ada", lastName: mark, phone: "+12125550123" },
  ...{ notes: [{ note: "begun" }], tags: [{ name: "Regular" }] },
});
const lead = ({ companyId }: Tenant, mark: string) => ({
  lead: { companyId, firstName: mark, phone: "+12125550199", pets: [{ name: "Rex", type: "DOG", breed: "Beagle" }] },
});
const post = (path: string, body: object): WriteCall => ({ method: "POST", path, body });

/** Writes in one statement and in transactions, of every part of the service. */
export const writeKinds: readonly WriteKind[] = [
  {
    name: "CreateCustomer",
    oneStatement: true,
    doubles: true,
    plan: async (tenant, mark) => ({
      call: post("customers", person(tenant, mark)),
      other: post("customers", { ...person(tenant, mark), firstName: "Eva" }),
      marks: [mark],
    }),
    idOf: (body) => body.id,
    effects: `SELECT last_name AS mark, count(*)::int AS effects, min(id) AS id FROM customer
      WHERE company_id = $1 AND last_name = ANY($2) GROUP BY 1`,
  },
  {
    name: "CreateLead",
    oneStatement: true,
    doubles: true,
    plan: async (tenant, mark) => ({
      call: post("leads", lead(tenant, mark)),
      other: post("leads", { ...lead(tenant, mark), complianceConfig: { isConsented: true } }),
      marks: [mark],
    }),
    idOf: (body) => body.id,
    effects: `SELECT first_name AS mark, count(*)::int AS effects, min(id) AS id FROM lead
      WHERE company_id = $1 AND first_name = ANY($2) GROUP BY 1`,
  },
  {
    name: "UpdateCustomer",
    oneStatement: false,
    doubles: true,
    async plan(tenant, mark, send) {
      const { id } = await send(post("customers", person(tenant, "Changing")));
      const to = (color: string) => ({ companyId: tenant.companyId, lastName: mark, email: `${color}@example.com` });
      const path = `customers/${id}`;
      return {
        call: { method: "PUT", path, body: { ...to("one"), notes: [{ note: "changed" }] } },
        other: { method: "PUT", path, body: { ...to("two"), notes: [{ note: "changed" }] } },
        marks: [id],
      };
    },
    idOf: (body) => body.id,
    effects: `SELECT id AS mark, version::int - 1 AS effects, id FROM customer
      WHERE company_id = $1 AND id = ANY($2)`,
  },
  {
    name: "AppendCustomerNotes",
    oneStatement: false,
    doubles: true,
    async plan(tenant, mark, send) {
      const { id } = await send(post("customers", person(tenant, "Noted")));
      const path = `customers/${id}/notes`;
      return {
        call: post(path, { notes: [{ note: mark }] }),
        other: post(path, { notes: [{ note: mark }, { note: "another" }] }),
        marks: [mark],
      };
    },
    idOf: (body) => body.notes[0].id,
    effects: `SELECT note AS mark, count(*)::int AS effects, min(id) AS id FROM customer_note
      WHERE company_id = $1 AND note = ANY($2) GROUP BY 1`,
  },
  {
    name: "PromoteLead",
    oneStatement: false,
    doubles: false,
    async plan(tenant, mark, send) {
      const { id } = await send(post("leads", lead(tenant, mark)));
      const { id: otherId } = await send(post("leads", lead(tenant, "Other")));
      return {
        call: post("leads:promote", { id }),
        other: post("leads:promote", { id: otherId }),
        marks: [id, otherId],
      };
    },
    idOf: (body) => body.customer.id,
    effects: `SELECT source_lead_id AS mark, count(*)::int AS effects, min(id) AS id FROM customer
      WHERE company_id = $1 AND source_lead_id = ANY($2) GROUP BY 1`,
  },
  {
    name: "RedeemPackage",
    oneStatement: false,
    doubles: true,
    async plan(tenant, mark, send) {
      const { companyId, businessId } = tenant;
      const { id: customerId } = await send(post("customers", person(tenant, "Bather")));
      const packages = `admin/companies/${companyId}/packages`;
      const { packageDetail } = await send(
        post(packages, {
          ...{ customerId, businessId, packageName: "Five baths", packagePrice: { currencyCode: "USD", units: "150" } },
          packageServices: [{ services: [{ serviceId: "srv" }], quantity: 5 }],
        }),
      );
      const packageServiceId = packageDetail.packageServices[0].id;
      const path = `${packages}/${packageDetail.packageInfo.id}:redeem`;
      const units = (quantity: number) => ({ packageServiceId, quantity, appointmentId: mark });
      return { call: post(path, units(1)), other: post(path, units(2)), marks: [mark] };
    },
    idOf: (body) => body.packageDetail.packageInfo.id,
    effects: `SELECT appointment_id AS mark, count(*)::int AS effects, min(package_id) AS id FROM package_ledger
      WHERE company_id = $1 AND appointment_id = ANY($2) AND kind = 'REDEMPTION' GROUP BY 1`,
  },
  {
    name: "CreateTag",
    oneStatement: false,
    doubles: false,
    async plan({ companyId }, mark) {
      const path = `admin/companies/${companyId}/tags`;
      return { call: post(path, { name: mark }), other: post(path, { name: mark, group: "Other" }), marks: [mark] };
    },
    idOf: (body) => body.tag.id,
    effects: `SELECT name AS mark, count(*)::int AS effects, min(id) AS id FROM tag
      WHERE company_id = $1 AND name = ANY($2) GROUP BY 1`,
  },
  {
    name: "CreateExternalApi",
    oneStatement: false,
    doubles: true,
    async plan({ companyId }, mark) {
      const path = `callcenter/companies/${companyId}/external_apis`;
      const api = {
        name: mark,
        url: "https://api.example.com/",
        headers: [{ name: "x-secret", secretValue: "hidden from all" }],
      };
      return {
        call: post(path, { ...api, method: "METHOD_GET" }),
        other: post(path, { ...api, method: "METHOD_POST" }),
        marks: [mark],
      };
    },
    idOf: (body) => body.externalApi.id,
    effects: `SELECT name AS mark, count(*)::int AS effects, min(id) AS id FROM external_api
      WHERE company_id = $1 AND name = ANY($2) GROUP BY 1`,
  },
];

/** Adds what the writes need beyond a company: a service that packages are of. */
export async function addService(database: Pick<pg.Pool, "query">, { companyId }: Tenant): Promise<void> {
  await database.query(
    `INSERT INTO service (company_id, id, name, service_item_type, service_type, last_updated_time)
     VALUES ($1, 'srv', 'Bath', 1, 1, now())`,
    [companyId],
  );
}
