import { create, type DescMessage, type JsonObject, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { CreateCustomerRequestSchema } from "../../gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { PetSchema } from "../../gen/proto/moego/business/customer/v1/pet_pb.js";
import type { ImportEntry, ImportedKind } from "../../resources/import-jobs/import-job.model.js";
import type { Lack } from "../records/missing-value.js";
import { distinctSettings, type NamedSetting, type SettingListName, settingLists } from "../records/named-setting.js";
import { completedOwner, type OwnerDraft } from "../records/owner-record.js";
import type { PackageDraft } from "../records/package-record.js";
import { completedPet, type PetDraft } from "../records/pet-record.js";
import type { RowReader } from "../records/row-reader.js";
import type { EntryKeys } from "./entry-keys.js";
import type { NamedSettings } from "./named-settings.js";
import type { Refused } from "./outcome.js";
import { type Purchase, packageIdentity, repeatedId } from "./package-purchase.js";
import type { Storing } from "./stored-drafts.js";

/** A record of a list of rows: of the first row that has it, with what that row lacks and a later one has. */
export interface Draft extends ImportEntry, DraftContent {
  /** Id of the stored record, once it was found under the key. */
  recordId: string;
  /** `changed` since an earlier run, or `repeated` with other cells in this one. */
  state: "create" | "created" | "updated" | "stored" | "changed" | "repeated" | "refused";
  refused: readonly Refused[];
  /** The import that has its entry, if an earlier run stored it. */
  knownOf?: string;
  /** What the report says of it beside its state. */
  remark?: string;
  /** Of a package. */
  readonly purchase?: Purchase;
}

interface DraftContent {
  readonly contentHash: string;
  readonly storing: (recordId: string) => Storing;
  /** What the file says of the record, as an update compares it. ProtoJSON. */
  readonly stated: () => JsonObject;
  /** The settings that a new record refers to. */
  readonly names: readonly NamedSetting[];
  /** What a new record is stored without. */
  readonly lacks: readonly Lack[];
}

interface DraftContext {
  /** Tag of owners who lack something. */
  readonly incompleteTag?: NamedSetting | undefined;
  readonly ownerKind: "customer" | "lead";
  readonly keys: EntryKeys;
  readonly settings: Pick<NamedSettings, "idOf">;
}

/** The owner of a pet: its draft in the same row, or a stored record. */
export interface PetOwner {
  readonly identity: string;
  readonly record: { readonly recordId: string };
}

export interface Drafts {
  ownerOf(reader: RowReader, owner: OwnerDraft): Draft;
  petOf(reader: RowReader, pet: PetDraft, owner: PetOwner): Draft;
  /** @param nth of the packages without ids that the run has met of the same customer, template and day */
  packageOf(reader: RowReader, sold: PackageDraft, customerId: string, nth: number): Draft | undefined;
}

/** The records of one list of rows. A later row with the same record gets the draft of the first one. */
export function createDrafts({ ownerKind, keys, settings, incompleteTag }: DraftContext): Drafts {
  const drafts = new Map<string, Draft>();

  function draft(
    reader: RowReader,
    kind: ImportedKind,
    given: NewDraft,
    completed: (first: Draft) => NewDraft | undefined = () => undefined,
  ): Draft {
    const { identity, recordId, purchase } = given;
    const key = keys.keyOf(kind, identity);
    const content = contentOf(given);
    const first = drafts.get(`${kind} ${key}`);
    if (first) {
      const whole = completed(first);
      if (whole) {
        Object.assign(first, contentOf(whole));
        reader.remark("", completedText(nounOf(kind)));
      }
      // Packages with one id and other cells are refused.
      if (first.contentHash !== content.contentHash && kind !== "package") reader.remark("", repeatText(nounOf(kind)));
      return first;
    }
    const entry = { kind, key, recordId, row: reader.row, ...(purchase ? { purchase } : {}) };
    const made: Draft = { ...entry, ...content, state: "create", refused: [] };
    drafts.set(`${kind} ${key}`, made);
    return made;
  }

  function contentOf({ content, stated, storing, names = [], lacks = [] }: NewDraft): DraftContent {
    return { contentHash: keys.hashOf(content), stated, storing, names, lacks };
  }

  /** Drafts of records that may lack something. If a later row of the record has it, the draft gets it. */
  function createCompletable<Source>(completed: (first: Source, later: Source) => Source) {
    const sources = new Map<Draft, Source>();
    type ToDraft = (source: Source, lacks: readonly Lack[]) => NewDraft;
    return (reader: RowReader, kind: ImportedKind, later: Source, lacks: readonly Lack[], toDraft: ToDraft): Draft => {
      const made = draft(reader, kind, toDraft(later, lacks), (first) => {
        const source = sources.get(first);
        const still = first.lacks.filter(({ what }) => lacks.some((one) => one.what === what));
        if (source === undefined || still.length === first.lacks.length) return undefined;
        const whole = completed(source, later);
        sources.set(first, whole);
        return toDraft(whole, still);
      });
      if (!sources.has(made)) sources.set(made, later);
      return made;
    };
  }

  const ownerDraft = createCompletable(completedOwner);
  const petDraft = createCompletable<{ readonly pet: PetDraft; readonly owner: PetOwner }>((first, later) => ({
    ...first,
    pet: completedPet(first.pet, later.pet),
  }));

  function newOwner(owner: OwnerDraft, lacks: readonly Lack[]): NewDraft {
    const { key: identity, customer, facts } = owner;
    const recordId = keys.recordIdOf(ownerKind, identity);
    const named = owner.names.map(({ list, name }) => ({ list, name }));
    const content = named.length === 0 ? namelessContent(owner) : [customer, facts, named];
    const flags = lacks.length > 0 && incompleteTag ? [incompleteTag] : [];
    const names = distinctSettings([...owner.names, ...flags]);
    // Settings are looked up once it is known that the owner is new.
    const referring = () => {
      const { notes, ...references } = referencesOf(names, settings);
      return { ...references, notes: [...(customer.notes ?? []), ...notes] };
    };
    const stated = () => jsonOf(CreateCustomerRequestSchema, customer);
    const same = { identity, recordId, content, stated, names, lacks };
    if (ownerKind === "customer") {
      const storing = (id: string) => {
        const { lifeCycle: _, actionStatus: __, staffId, ...references } = referring();
        const assignedStaff = staffId === undefined ? {} : { assignedStaffId: staffId };
        return { customer: { id, customer: { ...customer, ...references, ...assignedStaff }, ...facts } };
      };
      return { ...same, storing };
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
    return { ...same, storing };
  }

  return {
    ownerOf(reader, owner) {
      const lacks = reader.lacks.filter(({ what }) => what !== "breed");
      return ownerDraft(reader, ownerKind, owner, lacks, newOwner);
    },

    petOf(reader, given, petOwner) {
      const missing = reader.lacks.filter(({ what }) => what === "breed");
      return petDraft(reader, "pet", { pet: given, owner: petOwner }, missing, ({ pet: one, owner }, lacks) => {
        const { key, hasSourceId, pet } = one;
        const identity = hasSourceId ? key : `${owner.identity} ${key}`;
        const recordId = keys.recordIdOf("pet", identity);
        const ownedBy = ownerKind === "lead" ? ("leadId" as const) : ("customerId" as const);
        const storing = (id: string) => ({ pet: { id, owner: { case: ownedBy, value: owner.record.recordId }, pet } });
        return { identity, recordId, content: pet, stated: () => jsonOf(PetSchema, pet), storing, lacks };
      });
    },

    packageOf(reader, sold, customerId, nth) {
      const { sourceId, sale, templateId, since, until } = sold;
      const identity = packageIdentity(sold, customerId, nth);
      const recordId = keys.recordIdOf("package", identity);
      const storing = (id: string) => ({ package: { sale: { ...sale, id, customerId } } });
      const keyWithoutId = keys.keyOf("package", packageIdentity({ ...sold, sourceId: "" }, customerId, 1));
      const purchase = {
        ...{ customerId, templateId, since, until, isRepeated: nth > 1 },
        ...(sourceId === "" ? {} : { keyWithoutId }),
      };
      const given = { identity, recordId, content: sale, stated: () => ({}), storing, purchase };
      const made = draft(reader, "package", given);
      if (made.contentHash === keys.hashOf(sale) && made.purchase?.customerId === customerId) return made;
      reader.refuse("package.id", repeatedId);
      return undefined;
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

function completedText(noun: string): string {
  return `Rows have what the first row of ${noun} lacks. It is taken from them.`;
}

interface NewDraft extends Pick<DraftContent, "stated" | "storing">, Partial<Pick<DraftContent, "names" | "lacks">> {
  readonly identity: string;
  readonly recordId: string;
  readonly content: unknown;
  readonly purchase?: Purchase;
}

type LeadSource = Omit<OwnerDraft["customer"], "complianceConfig" | "consentProvenance">;

/** What an owner refers to. Names without a setting are kept as a note. */
function referencesOf(names: readonly NamedSetting[], settings: Pick<NamedSettings, "idOf">) {
  const found = names.flatMap((named) => {
    const id = settings.idOf(named);
    return id === undefined ? [] : [{ ...named, id }];
  });
  const kept = names.filter((named) => settings.idOf(named) === undefined);
  const lines = kept.map(({ list, text }) => `${settingLists[list].note}: ${text}`);
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

/** As builds that kept tags in the customer hashed an owner who names nothing, so that such rows do not seem to differ. */
function namelessContent({ customer: { complianceConfig, consentProvenance, ...customer }, facts }: OwnerDraft) {
  return [{ ...customer, tags: [], complianceConfig, consentProvenance }, facts];
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
