import { isDeepStrictEqual } from "node:util";
import { type Channel, sameConsent } from "../../core/consent.js";
import { archivedError } from "../../core/errors.js";
import { actingStaffId, type WriteContext, type WriteResult } from "../../core/write.js";
import { changedFields } from "../../db/changed-fields.js";
import { laterEntryJson } from "../../db/consent-change.js";
import { phoneRows } from "../../db/contact-phones.js";
import { violatedConstraint } from "../../db/database-errors.js";
import { externalIdsJson, refusingTakenIds } from "../../db/external-ids.js";
import { guardedWrite } from "../../db/guarded-write.js";
import { requestParameters } from "../../db/idempotent-write.js";
import type { ContactDatabase, OptOutKeys } from "../../db/opt-out-key.js";
import { changeOptOutParameters, toChannels } from "../../db/opt-out-list.js";
import { customerFields, toCustomer } from "./customer.columns.js";
import type {
  ChangedCustomer,
  Customer,
  CustomerQuestions,
  CustomerTarget,
  CustomerTransaction,
} from "./customer.model.js";
import {
  type ChangedParts,
  type ChangedRow,
  type ChangeParameters,
  changeStatement,
} from "./customer-change.columns.js";
import { type CustomerChanges, takeChanges } from "./customer-changes.repository.js";
import { assertCustomerSize, changedRow } from "./customer-result.repository.js";
import { type CustomerStateRow, readCustomerState } from "./customer-state.repository.js";

interface ChangeRequest {
  readonly target: CustomerTarget;
  readonly questions: CustomerQuestions;
  readonly write: WriteContext;
}

interface State {
  readonly row: CustomerStateRow;
  readonly customer: Customer;
}

/**
 * Changes a customer: one statement reads it with what the change asks for, another stores what `work` decides. The
 * second one first takes the lock that keeps out other changes of the customer and its erasure, and compares the version.
 */
export function changeCustomer(
  { database, limits, optOutKeys }: ContactDatabase,
  { target, questions, write }: ChangeRequest,
  work: (unit: CustomerTransaction) => Promise<WriteResult>,
): Promise<ChangedCustomer> {
  const maxTags = limits.ofCompany.MAX_TAGS;
  let assumed: readonly Channel[] = [];
  let lacksHashKey = false;
  const changed = guardedWrite<State, ChangedRow, ChangedCustomer>(database, write, {
    record: ["customer", ...target.accessFilter.companyIds, target.id].join("/"),
    async read() {
      const row = await readCustomerState(database, { target, questions, maxTags }, write);
      if (lacksHashKey) await optOutKeys.load(row.company_id, write.signal);
      return { stored: row, state: { row, customer: toCustomer(row) } };
    },
    replay: async ({ customer }, resourceIds) => ({ customer, resourceIds }),
    async decide({ row, customer }) {
      if (customer.archived) throw archivedError("Customer", customer.id);
      const author = actingStaffId(write, customer.companyId);
      const { unit, taken } = takeChanges({ database, row, customer, maxTags, author, assumed });
      const result = await work(unit);
      const { ids } = result;
      const changes = taken();
      assertCustomerSize({ customer, row, changes, author, limit: limits.recordBytes });
      const change = { customer, changes, result, write, maxTags, assumed, optOutKeys };
      const consent = consentEntry(change);
      const statement = changeStatement(partsOf(changes, consent));
      return {
        ...{ statement, values: statement.values(parametersOf(change, consent)) },
        respond(written) {
          if (!written.is_stored) {
            lacksHashKey = written.lacks_hash_key;
            if (written.opted_out) assumed = toChannels(written.opted_out);
            return undefined;
          }
          if (!written.has_changed) return { customer, resourceIds: ids };
          return { customer: toCustomer(changedRow(row, written, changes)), resourceIds: ids };
        },
      };
    },
    // Another request has just created a tag of the same name.
    isOutdated: (error) => violatedConstraint(error) === "tag_name_key",
  });
  return refusingTakenIds(changed);
}

function partsOf({ nested, change, asksOptOuts }: CustomerChanges, consent: string | undefined): ChangedParts {
  return {
    customFields: change.customFields !== undefined,
    children: nested.size > 0,
    contact: asksOptOuts || consent !== undefined,
  };
}

interface Change {
  readonly customer: Customer;
  readonly changes: CustomerChanges;
  readonly result: WriteResult;
  readonly write: WriteContext;
  readonly maxTags: number;
  readonly assumed: readonly Channel[];
  readonly optOutKeys: OptOutKeys;
}

/** JSON of the entry of the consent ledger, if there is one. */
function consentEntry({ customer, changes: { change, provenance, withheld } }: Change): string | undefined {
  const { consent: before, preference: preferenceBefore } = customer;
  const { consent: after = before, preference: preferenceAfter = preferenceBefore } = change;
  const isSame = sameConsent(after, before) && isDeepStrictEqual(preferenceAfter, preferenceBefore);
  if (isSame && !provenance && !withheld) return undefined;
  return laterEntryJson({ before, after, preferenceBefore, preferenceAfter, provenance, withheld });
}

function parametersOf(
  { customer, changes, result, write, maxTags, assumed, optOutKeys }: Change,
  consent = "{}",
): ChangeParameters {
  const { change, nested, phones, addedNotes, editedNotes, newTags } = changes;
  const { companyId, preferredBusinessId: locationBefore } = customer;
  const { preferredBusinessId: locationAfter = locationBefore, email = customer.email } = change;
  const columns = customerFields.changedColumns(change);
  const carried = customer.tags.map(({ id }) => id);
  const tagIds = changes.tags.map(({ id }) => id);
  return {
    ...{ id: customer.id, version: customer.version.toString(), isLeft: changes.isLeft },
    ...{ recordedKind: result.kind, recordedIds: result.ids },
    ...{ record: JSON.stringify(columns), changedColumns: Object.keys(columns) },
    ...{ droppedAddressIds: changes.droppedAddressIds, addresses: JSON.stringify(changes.storedAddresses) },
    ...{ replacesPhones: phones !== undefined, phones: JSON.stringify(phoneRows(phones ?? [])) },
    droppedExternalIds: externalIdsJson(changes.droppedExternalIds),
    addedExternalIds: externalIdsJson(changes.addedExternalIds),
    ...{ noteIds: addedNotes.map(({ id }) => id), notes: addedNotes.map(({ note }) => note) },
    ...{ editedNoteIds: editedNotes.map(({ id }) => id), editedNotes: editedNotes.map(({ note }) => note) },
    ...{ keptNoteIds: changes.keptNoteIds ?? null, changesNotes: nested.has("notes") },
    ...{ newTags: JSON.stringify(newTags), maxTags, tagIds, changesTags: nested.has("tags") },
    droppedTagIds: carried.filter((id) => !tagIds.includes(id)),
    addedTagIds: tagIds.filter((id) => !carried.includes(id)),
    ...{ consent, asksOptOuts: changes.asksOptOuts },
    ...changeOptOutParameters(optOutKeys, {
      ...{ companyId, before: customer, after: { phones: phones ?? customer.phones, email }, assumed },
    }),
    changedFields: [...changedFields(customer, { ...customer, ...change }), ...nested],
    ...{ locationBefore: locationBefore ?? null, locationAfter: locationAfter ?? null },
    ...requestParameters(write, companyId),
  };
}
