import { Buffer } from "node:buffer";
import { create, type DescMethodUnary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { PackageAdminService } from "../../src/gen/proto/moego/admin/v1/package_admin_service_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { CallerService } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { rpcPath } from "../clients.js";
import { businessId, companyId, customerId, secret } from "../rows.js";
import { callers, leadId, packageId, packageServiceId, phoneOf } from "./further-rows.js";
import type { LoadOrder, Operation } from "./load-order.js";

export const authorization = `Bearer ${secret}`;

/** A request, and a text that a correct answer contains. */
export interface Request {
  /** Of HTTP/1.1, or the message of a gRPC call. */
  readonly bytes: Uint8Array;
  readonly expected: string;
}

export interface Requests {
  /** Path of the gRPC calls. */
  readonly path: string;
  next(): Request;
}

/** The body of a request for a customer with an address, a tag and a note. */
export function newCustomer(phone: string) {
  return {
    companyId,
    preferredBusinessId: businessId,
    firstName: "Ada",
    lastName: "Lovelace",
    phone,
    email: `${phone.slice(1)}@example.com`,
    address: { address1: "1 Main Street", city: "New York", state: "NY", postalCode: "10001", country: "US" },
    tags: [{ id: "tag_bench" }],
    notes: [{ note: "A note of some length about the customer." }],
  };
}

/** A random number in E.164, in one of 160 million. No customer of rows.ts has it. */
export function newPhone(): string {
  return `+1${areas[random(areas.length)]}${2_000_000 + random(8_000_000)}`;
}

const areas = [201, 213, 305, 312, 404, 415, 503, 512, 602, 617, 646, 702, 713, 718, 773, 808, 816, 858, 913, 971];

const firstPage = { companyId, pagination: { pageSize: 50 } };
/** Ids of the listed customers start so. */
const listed = "cus_";

/** Leads that were promoted so far. */
let promoted = 0;

/** One call over either transport. */
interface Call<M extends DescMethodUnary> {
  readonly message: MessageInitShape<M["input"]>;
  readonly http: readonly [verb: string, path: string, body?: object];
  readonly expected: string;
}

/** Requests of one operation. Customers are random, and every new customer has a random phone number. */
export function requestsOf({ operation, transport, rows, firstLead }: LoadOrder): Requests {
  const requests = <M extends DescMethodUnary>(method: M, next: () => Call<M>): Requests => ({
    path: rpcPath(method),
    next() {
      const { message, http, expected } = next();
      return { bytes: transport === "gRPC" ? encoded(method, message) : http1(...http), expected };
    },
  });
  const { getCustomer, createCustomer, listCustomers, updateCustomer, appendCustomerNotes } = CustomerService.method;
  const reads = (count: number) =>
    requests(getCustomer, () => {
      const id = customerId(1 + random(count));
      return { message: { id }, http: ["GET", `/v1/customers/${id}`], expected: id };
    });
  switch (operation) {
    case "R":
      return reads(rows);
    case "W":
      return requests(createCustomer, () => {
        const phone = newPhone();
        const message = newCustomer(phone);
        return { message, http: ["POST", "/v1/customers", message], expected: phone };
      });
    case "L": {
      const http = ["POST", "/v1/customers:list", firstPage] as const;
      const { path, next } = requests(listCustomers, () => ({ message: firstPage, http, expected: listed }));
      const same = next();
      return { path, next: () => same };
    }
    case "GetCustomer":
      return reads(callers);
    case "QueryCustomer":
      return requests(CallerService.method.queryCustomer, () => {
        const number = 1 + random(callers);
        const tel = phoneOf(number);
        const path = `/v1/customers:query?tel=${encodeURIComponent(tel)}`;
        return { message: { tel }, http: ["GET", path], expected: customerId(number) };
      });
    case "UpdateCustomer":
      return requests(updateCustomer, () => {
        const id = customerId(1 + random(rows));
        const firstName = `Ada ${random(1e9)}`;
        const http = ["PUT", `/v1/customers/${id}`, { companyId, firstName }] as const;
        return { message: { id, companyId, firstName }, http, expected: firstName };
      });
    case "AppendCustomerNotes":
      return requests(appendCustomerNotes, () => {
        const id = customerId(1 + random(rows));
        const note = `Note ${random(1e9)}`;
        const notes = [{ note }];
        return {
          message: { id, notes },
          http: ["POST", `/v1/customers/${id}/notes`, { notes }],
          expected: note,
        };
      });
    case "PromoteLead":
      return requests(LeadService.method.promoteLead, () => {
        const message = { id: leadId(firstLead + promoted) };
        promoted += 1;
        return { message, http: ["POST", "/v1/leads:promote", message], expected: listed };
      });
    case "RedeemPackage":
      return requests(PackageAdminService.method.redeemPackage, () => {
        const number = 1 + random(callers);
        const ids = { packageId: packageId(number), packageServiceId: packageServiceId(number) };
        const path = `/v1/admin/companies/${companyId}/packages/${ids.packageId}:redeem`;
        const message = { companyId, ...ids, quantity: 1 };
        return { message, http: ["POST", path, message], expected: ids.packageId };
      });
  }
}

/** Whether the answer contains the expected text, in a list 50 times at least. */
export function isExpected(answer: Buffer, { expected }: Request, operation: Operation): boolean {
  if (operation !== "L") return answer.includes(expected);
  let found = 0;
  for (let at = answer.indexOf(expected); at !== -1; at = answer.indexOf(expected, at + 1)) found += 1;
  return found >= 50;
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

function encoded<M extends DescMethodUnary>({ input }: M, init: MessageInitShape<M["input"]>): Uint8Array {
  return toBinary(input, create(input, init));
}

function http1(method: string, path: string, body?: object): Buffer {
  const head = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${authorization}\r\n`;
  if (!body) return Buffer.from(`${head}\r\n`);
  const text = JSON.stringify(body);
  return Buffer.from(
    `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
