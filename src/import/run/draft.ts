import { create, type DescMessage, type JsonObject, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { CreateCustomerRequestSchema } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { PetSchema } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import type { ImportEntry, ImportedKind } from "../../resources/import-jobs/import-job.model.js";
import { type NamedSetting, type SettingListName, settingLists } from "../records/named-setting.js";
import type { OwnerDraft } from "../records/owner-record.js";
import type { PackageDraft } from "../records/package-record.js";
import type { PetDraft } from "../records/pet-record.js";
import type { RowReader } from "../records/row-reader.js";
import type { EntryKeys } from "./entry-keys.js";
import type { NamedSettings } from "./named-settings.js";
import type { Refused } from "./outcome.js";
import type { Storing } from "./stored-drafts.js";

/** A record of a list of rows: of the first row that has it. */
export interface Draft extends ImportEntry {
  /** Id of the stored record, once it was found under the key. */
  recordId: string;
  readonly storing: (recordId: string) => Storing;
  /** What the file says of the record, as an update compares it. ProtoJSON. */
  readonly stated: () => JsonObject;
  /** `changed` since an earlier run, or `repeated` with other cells in this one. */
  state: "create" | "created" | "updated" | "stored" | "changed" | "repeated" | "refused";
  refused: readonly Refused[];
}

interface DraftContext {
  /** Tag of owners who lack something. */
  readonly incompleteTag?: string | undefined;
  readonly ownerKind: "customer" | "lead";
  readonly keys: EntryKeys;
  readonly settings: Pick<NamedSettings, "idOf">;
}

/** The owner of a pet or package: its draft in the same row, or a stored record. */
export interface PetOwner {
  readonly identity: string;
  readonly record: { readonly recordId: string };
}

export interface Drafts {
  ownerOf(reader: RowReader, owner: OwnerDraft): Draft;
  petOf(reader: RowReader, pet: PetDraft, owner: PetOwner): Draft;
  packageOf(reader: RowReader, sold: PackageDraft, owner: PetOwner): Draft;
}

/** The records of one list of rows. A later row with the same record gets the draft of the first one. */
export function createDrafts({ ownerKind, keys, settings, incompleteTag }: DraftContext): Drafts {
  const drafts = new Map<string, Draft>();

  function draft(reader: RowReader, kind: ImportedKind, given: NewDraft): Draft {
    const { identity, recordId, content, stated, storing } = given;
    const key = keys.keyOf(kind, identity);
    const contentHash = keys.hashOf(content);
    const first = drafts.get(`${kind} ${key}`);
    if (first) {
      if (first.contentHash !== contentHash) reader.remark("", repeatText(nounOf(kind)));
      return first;
    }
    const entry = { kind, key, recordId, contentHash, row: reader.row };
    const made: Draft = { ...entry, stated, storing, state: "create", refused: [] };
    drafts.set(`${kind} ${key}`, made);
    return made;
  }

  return {
    ownerOf(reader, { key: identity, customer, facts, names }) {
      const recordId = keys.recordIdOf(ownerKind, identity);
      const content = [customer, facts, names];
      const isTagged = incompleteTag !== undefined && reader.lacks.some(({ what }) => what !== "breed");
      const flags = isTagged ? [{ name: incompleteTag }] : [];
      // Settings are looked up once all rows of the list are read.
      const referring = () => {
        const { tags, notes, ...references } = referencesOf(names, settings);
        return { ...references, tags: [...tags, ...flags], notes: [...(customer.notes ?? []), ...notes] };
      };
      const stated = () => jsonOf(CreateCustomerRequestSchema, customer);
      if (ownerKind === "customer") {
        const storing = (id: string) => {
          const { lifeCycle: _, actionStatus: __, staffId, ...references } = referring();
          const assignedStaff = staffId === undefined ? {} : { assignedStaffId: staffId };
          return { customer: { id, customer: { ...customer, ...references, ...assignedStaff }, ...facts } };
        };
        return draft(reader, "customer", { identity, recordId, content, stated, storing });
      }
      const { complianceConfig, consentProvenance, ...lead } = customer;
      const { createdTime } = facts;
      const item = {
        ...(complianceConfig ? { complianceConfig } : {}),
        ...(consentProvenance ? { consentProvenance } : {}),
        ...(createdTime ? { createdTime } : {}),
      };
      const storing = (id: string) => {
        const { staffId, ...references } = referring();
        const assignedStaff = staffId === undefined ? {} : { allocateStaffId: staffId };
        return { lead: { id, ...item, lead: { ...leadOf(lead), ...references, ...assignedStaff } } };
      };
      return draft(reader, "lead", { identity, recordId, content, stated, storing });
    },

    petOf(reader, { key, hasSourceId, pet }, owner) {
      const identity = hasSourceId ? key : `${owner.identity} ${key}`;
      const recordId = keys.recordIdOf("pet", identity);
      const ownedBy = ownerKind === "lead" ? ("leadId" as const) : ("customerId" as const);
      const storing = (id: string) => ({ pet: { id, owner: { case: ownedBy, value: owner.record.recordId }, pet } });
      return draft(reader, "pet", { identity, recordId, content: pet, stated: () => jsonOf(PetSchema, pet), storing });
    },

    packageOf(reader, { key, hasSourceId, sale }, owner) {
      const identity = hasSourceId ? key : `${owner.identity} ${key}`;
      const recordId = keys.recordIdOf("package", identity);
      const storing = (id: string) => ({ package: { sale: { ...sale, id, customerId: owner.record.recordId } } });
      return draft(reader, "package", { identity, recordId, content: sale, stated: () => ({}), storing });
    },
  };
}

export function nounOf(kind: ImportedKind): string {
  if (kind === "pet") return "a pet";
  return kind === "package" ? "a package" : "an owner";
}

function jsonOf<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): JsonObject {
  const json = toJson(schema, create(schema, message));
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}

export function repeatText(noun: string): string {
  return `Rows repeat ${noun} with other cells. The first row counts.`;
}

interface NewDraft {
  readonly identity: string;
  readonly recordId: string;
  readonly content: unknown;
  readonly stated: () => JsonObject;
  readonly storing: (recordId: string) => Storing;
}

type LeadSource = Omit<OwnerDraft["customer"], "complianceConfig" | "consentProvenance">;

/** What an owner refers to. Names without a setting are kept as a note. */
function referencesOf(names: readonly NamedSetting[], settings: Pick<NamedSettings, "idOf">) {
  const found = names.flatMap((named) => {
    const id = settings.idOf(named);
    return id === undefined ? [] : [{ ...named, id }];
  });
  const kept = names.filter((named) => settings.idOf(named) === undefined);
  const lines = kept.map(({ list, name }) => `${settingLists[list].note}: ${name}`);
  const single = (list: SettingListName) => {
    const id = found.find((one) => one.list === list)?.id ?? "";
    return id === "" ? undefined : { id };
  };
  const [referralSource, lifeCycle, actionStatus, staff] = [
    single("referralSource"),
    single("lifeCycle"),
    single("actionStatus"),
    single("staff"),
  ];
  return {
    // One that a dry run would create has no id yet.
    tags: found.filter(({ list }) => list === "tag").map(({ id, name }) => (id === "" ? { name } : { id })),
    notes: lines.length === 0 ? [] : [{ note: lines.join("\n") }],
    ...(referralSource ? { referralSource } : {}),
    ...(lifeCycle ? { lifeCycle } : {}),
    ...(actionStatus ? { actionStatus } : {}),
    ...(staff ? { staffId: staff.id } : {}),
  };
}

/** The members that customers and leads have in common. */
function leadOf({
  companyId,
  firstName,
  lastName,
  phones,
  email,
  address,
  preferredBusinessId,
  customFields,
}: LeadSource) {
  return {
    ...(companyId === undefined ? {} : { companyId }),
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    ...(phones === undefined ? {} : { phones }),
    ...(email === undefined ? {} : { email }),
    ...(address === undefined ? {} : { address }),
    ...(preferredBusinessId === undefined ? {} : { preferredBusinessId }),
    ...(customFields === undefined ? {} : { customFields }),
  };
}

export function distinct(drafts: readonly (Draft | undefined)[]): readonly Draft[] {
  return [...new Set(drafts.filter((one) => one !== undefined))];
}
