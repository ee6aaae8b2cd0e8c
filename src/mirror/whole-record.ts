import type { JsonObject } from "@bufbuild/protobuf";
import { type Customer_Note, Customer_NoteSchema } from "../gen/proto/moego/business/customer/v1/customer_pb.js";
import { type Pet_Note, Pet_NoteSchema } from "../gen/proto/moego/business/customer/v1/pet_pb.js";
import type { MirroredRecord } from "../resources/mirrors/mirror.model.js";
import { customerRecord } from "./customer-record.js";
import { leadRecord } from "./lead-record.js";
import type { Reading, SourceRecord } from "./mirror-context.js";
import { petRecord } from "./pet-record.js";
import { readMessage } from "./readable.js";
import { type Source, SourceError } from "./source.js";
import { idOf, readAll } from "./walk.js";

/** A customer with all notes. A list has a few of them. */
export async function wholeCustomer(source: Source, json: SourceRecord, reading: Reading): Promise<MirroredRecord> {
  const notes = await customerNotesAt(source, `/v1/customers/${encodeURIComponent(idOf(json))}/notes:list`);
  return customerRecord(json, reading, notes).record;
}

/** The same for a pet of a customer. */
export async function wholePet(source: Source, json: SourceRecord, reading: Reading): Promise<MirroredRecord> {
  const owner = typeof json["customerId"] === "string" ? json["customerId"] : "";
  const path = `/v1/customers/${encodeURIComponent(owner)}/pets/${encodeURIComponent(idOf(json))}/notes:list`;
  const notes = owner === "" ? undefined : await notesAt(source, path);
  const messages = notes?.map((note): Pet_Note => readMessage(Pet_NoteSchema, note).message);
  return petRecord(json, reading, undefined, messages).record;
}

/** The same for a lead. Only this software tells its notes, and none of one that was archived or promoted. */
export async function wholeLead(source: Source, json: SourceRecord, reading: Reading): Promise<MirroredRecord> {
  const company = encodeURIComponent(reading.companyId);
  const path = `/v1/admin/companies/${company}/leads/${encodeURIComponent(idOf(json))}/notes:list`;
  const notes = reading.isExtended && json["deleted"] !== true ? await customerNotesAt(source, path) : undefined;
  return leadRecord(json, reading, notes).record;
}

/** Notes of a customer or lead. */
async function customerNotesAt(source: Source, path: string): Promise<Customer_Note[] | undefined> {
  const notes = await notesAt(source, path);
  return notes?.map((note): Customer_Note => readMessage(Customer_NoteSchema, note).message);
}

async function notesAt(source: Source, path: string): Promise<readonly JsonObject[] | undefined> {
  return orAbsent(readAll(source, { path, member: "notes", request: {} }));
}

/** Undefined if the source does not show it: a record that was archived, or removed since it was listed. */
async function orAbsent<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof SourceError && [400, 404].includes(error.status)) return undefined;
    throw error;
  }
}
