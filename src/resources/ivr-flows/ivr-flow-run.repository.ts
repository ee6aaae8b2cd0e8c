import { timePlus } from "../../db/audit-log.js";
import type { Database } from "../../db/database.js";
import { assertSameRequest } from "../../db/idempotent-write.js";
import { DecryptionError, type SealContext, type SecretCipher } from "../../db/secret-cipher.js";
import { type Statement, statement } from "../../db/statement.js";
import {
  type ClaimedRun,
  type ClaimedRunState,
  type FlowRun,
  type FlowRunRepository,
  maxStoredBytes,
  type RunPerson,
} from "./ivr-flow-run.model.js";

/** Runs with an idempotency key, and their encrypted responses. */
export function createFlowRunRepository(database: Database, cipher: SecretCipher): FlowRunRepository {
  const write = (change: Statement, run: ClaimedRun, more: readonly unknown[] = []) =>
    database.write<{ done: number }>(change, [...keyOf(run), ...more], run.write);

  const find: FlowRunRepository["find"] = async (run) => {
    const [row] = await database.read<RunRow>(findRun, keyOf(run), run.write.signal);
    if (!row) return undefined;
    assertSameRequest(run.claim, { fingerprint: row.fingerprint, presence: null });
    return stateOf(row, (sealed) => cipher.open(sealed, sealContext(run)));
  };

  return {
    find,

    async claim(run, leaseMs) {
      for (;;) {
        const [claimed] = await write(claimRun, run, [run.claim.fingerprint, Math.ceil(leaseMs)]);
        if (claimed) return { kind: "CLAIMED" };
        const state = await find(run);
        // Without a record, the run that had the key has just freed it.
        if (state) return state;
      }
    },

    async finish(run, { run: result, people }) {
      const text = JSON.stringify(result);
      const fits = Buffer.byteLength(text) <= maxStoredBytes;
      const sealed = fits ? Buffer.from(cipher.seal(text, sealContext(run))) : null;
      const idsOf = (kind: RunPerson["kind"]) => people.flatMap((one) => (one.kind === kind ? [one.id] : []));
      const names = people.map(({ kind, id }) => `${kind}/${id}`);
      await write(finishRun, run, [idsOf("customer"), idsOf("lead"), names, sealed]);
    },

    async free(run) {
      await write(freeRun, run);
    },

    async abandon(run) {
      await write(abandonRun, run);
    },
  };
}

function keyOf({ companyId, claim, write }: ClaimedRun): readonly unknown[] {
  return [companyId, write.keyId, claim.key];
}

function sealContext({ companyId, claim, write }: ClaimedRun): SealContext {
  return [companyId, write.keyId, claim.key];
}

interface RunRow {
  readonly fingerprint: Buffer;
  readonly ended: boolean;
  readonly leased: boolean;
  readonly erased: boolean;
  readonly response: Buffer | null;
}

function stateOf({ ended, leased, erased, response }: RunRow, open: (sealed: Uint8Array) => string): ClaimedRunState {
  if (erased) return { kind: "ERASED" };
  if (!ended) return { kind: leased ? "RUNNING" : "LOST" };
  if (response === null) return { kind: "TOO_LARGE" };
  try {
    const run: FlowRun = JSON.parse(open(response));
    return { kind: "ENDED", run };
  } catch (error) {
    if (error instanceof DecryptionError) return { kind: "LOST" };
    throw error;
  }
}

const ownKey = "company_id = $1 AND key_id = $2 AND key = $3";

/** Takes the place of an expired record that has not been removed yet. */
const claimRun = statement(
  "flow_run.claim",
  `INSERT INTO flow_run AS r (company_id, key_id, key, fingerprint, lease_time, expired_time)
   VALUES ($1, $2, $3, $4, (clock_timestamp() AT TIME ZONE 'UTC' + $5::int * interval '1 millisecond') AT TIME ZONE 'UTC',
     ${timePlus("clock_timestamp()", "24 hours")})
   ON CONFLICT (company_id, key_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
     lease_time = excluded.lease_time, expired_time = excluded.expired_time, ended_time = NULL, response = NULL,
     people = '{}', erased = false
   WHERE r.expired_time <= clock_timestamp() AND r.company_id = $1
   RETURNING 1 AS done`,
);

const findRun = statement(
  "flow_run.find",
  `SELECT fingerprint, ended_time IS NOT NULL AS ended,
     ended_time IS NULL AND lease_time > clock_timestamp() AS leased, erased, response
   FROM flow_run WHERE ${ownKey} AND expired_time > clock_timestamp()`,
);

/** The locks make an erasure in progress and this statement wait for each other, whichever comes first. */
const finishRun = statement(
  "flow_run.finish",
  `WITH found_customer AS (
     SELECT id FROM customer WHERE company_id = $1 AND id = ANY($4::text[]) FOR KEY SHARE),
   found_lead AS (
     SELECT id FROM lead WHERE company_id = $1 AND id = ANY($5::text[]) FOR KEY SHARE),
   known AS (
     SELECT (SELECT count(id) FROM found_customer) + (SELECT count(id) FROM found_lead) = cardinality($6::text[]) AS complete)
   UPDATE flow_run SET ended_time = clock_timestamp(), erased = NOT known.complete,
     people = CASE WHEN known.complete THEN $6::text[] ELSE '{}' END,
     response = CASE WHEN known.complete THEN $7::bytea END
   FROM known WHERE ${ownKey} AND ended_time IS NULL RETURNING 1 AS done`,
);

const freeRun = statement(
  "flow_run.free",
  `DELETE FROM flow_run WHERE ${ownKey} AND ended_time IS NULL RETURNING 1 AS done`,
);

const abandonRun = statement(
  "flow_run.abandon",
  `UPDATE flow_run SET lease_time = clock_timestamp() WHERE ${ownKey} AND ended_time IS NULL RETURNING 1 AS done`,
);
