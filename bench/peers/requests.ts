import { Buffer } from "node:buffer";
import { create, type DescMethodUnary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { rpcPath } from "../clients.js";
import { businessId, companyId, customerId, secret } from "../rows.js";
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

const { getCustomer, createCustomer, listCustomers } = CustomerService.method;

/** Requests of one operation: random customers are read, and every new customer has a random phone number. */
export function requestsOf({ operation, transport, rows }: LoadOrder): Requests {
  const isGrpc = transport === "gRPC";
  switch (operation) {
    case "R":
      return {
        path: rpcPath(getCustomer),
        next() {
          const id = customerId(1 + random(rows));
          return { bytes: isGrpc ? message(getCustomer, { id }) : http1("GET", `/v1/customers/${id}`), expected: id };
        },
      };
    case "W":
      return {
        path: rpcPath(createCustomer),
        next() {
          const phone = newPhone();
          const body = newCustomer(phone);
          const bytes = isGrpc ? message(createCustomer, body) : http1("POST", "/v1/customers", body);
          return { bytes, expected: phone };
        },
      };
    case "L": {
      const bytes = isGrpc ? message(listCustomers, firstPage) : http1("POST", "/v1/customers:list", firstPage);
      return { path: rpcPath(listCustomers), next: () => ({ bytes, expected: listed }) };
    }
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

function message<M extends DescMethodUnary>({ input }: M, init: MessageInitShape<M["input"]>): Uint8Array {
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
