import { createHmac } from "node:crypto";
import {
  clone,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { canonicalBytes } from "../../api/canonical.js";
import { type DomainError, invalidRequest, violation } from "../../core/errors.js";
import type { Emptiness, EmptyMembers } from "../../core/presence.js";
import type { IdempotencyClaim } from "../../core/write.js";
import { presentation as presentationOption } from "../../gen/proto/moego/option/v1/option_pb.js";
import { isReadOnly, rpcNameOf } from "./contract.js";

/** The client repeats a request with the same value to have it executed at most once. */
export const idempotencyKeyHeader = "idempotency-key";
export const idempotencyReplayedHeader = "idempotency-replayed";

interface ClaimHeaders {
  readonly key: string | undefined;
  /** The company that the client restricts its API key to. In another company the same message means another record. */
  readonly company: string | undefined;
}

/** 32 bytes each: the current key, then previous ones. Identical for every server process. */
export type FingerprintKeys = readonly [Uint8Array, ...Uint8Array[]];

/** The claim of an item of a batch that has its own key. */
type ItemClaims = (
  item: { readonly schema: DescMessage; readonly message: Message; readonly key: string },
  path: string,
) => IdempotencyClaim;

type ClaimFactory = (
  method: DescMethodUnary,
  request: Message,
  headers: ClaimHeaders,
  emptyMembers?: EmptyMembers,
) => IdempotencyClaim | undefined;

/**
 * Creates the idempotency claim of a request: undefined for a read-only rpc, and without an idempotency key. The
 * factory throws DomainError INVALID_REQUEST if the key is not 1 to 255 printable ASCII characters.
 *
 * Requests contain personal data that can be guessed. Fingerprints are keyed with a secret outside the database, so
 * that reading them does not allow testing guesses.
 */
export function createClaims([present, ...former]: FingerprintKeys): ClaimFactory {
  return (method, request, { key: ofHeader, company = "" }, emptyMembers) => {
    if (isReadOnly(method)) return undefined;
    const { hasField, ofField, content, sent } = contentOf(method.input, request);
    // The field cannot tell an empty key from an absent one, so an empty header counts as absent too.
    const inHeader = hasField && ofHeader === "" ? undefined : ofHeader;
    const key = ofField ?? inHeader;
    if (key === undefined) return undefined;
    const field = ofField === undefined ? idempotencyKeyHeader : keyFieldName;
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw unfitKey(field);
    if (inHeader !== undefined && inHeader !== key) throw differentKeys();
    const under = (secret: Uint8Array, bytes: Uint8Array): Uint8Array =>
      createHmac("sha256", secret)
        .update(`${rpcNameOf(method)}\n${company}\n`)
        .update(bytes)
        .digest();
    const bytes = canonicalBytes(method.input, content);
    const older = former.map((secret) => under(secret, bytes));
    // Earlier versions included the presentation.
    if (sent !== content)
      for (const secret of [present, ...former]) older.push(under(secret, canonicalBytes(method.input, sent)));
    return {
      ...{ key, fingerprint: under(present, bytes), replayed: false },
      presences: presencesOf(method.input, emptyMembers, [present, ...former]),
      ...(older.length === 0 ? {} : { olderFingerprints: older }),
    };
  };
}

/**
 * The same for the items of a batch, whose keys are fields of the items. The same item is the same request in whatever
 * place of whatever batch it is sent again.
 *
 * @param headers the key of the batch does not matter
 */
export function createItemClaims([present, ...former]: FingerprintKeys) {
  return (method: DescMethodUnary, { company = "" }: Pick<ClaimHeaders, "company">, empty?: EmptyMembers): ItemClaims =>
    ({ schema, message, key }, path) => {
      const bytes = canonicalBytes(schema, message);
      const under = (secret: Uint8Array): Uint8Array =>
        createHmac("sha256", secret)
          .update(`${rpcNameOf(method)}\n${company}\nitem\n`)
          .update(bytes)
          .digest();
      const within = new Map<string, Emptiness>();
      for (const [at, how] of empty ?? []) if (at.startsWith(path)) within.set(at.slice(path.length), how);
      return {
        ...{ key, fingerprint: under(present), replayed: false },
        presences: presencesOf(schema, within, [present, ...former]),
        ...(former.length === 0 ? {} : { olderFingerprints: former.map(under) }),
      };
    };
}

/**
 * Hashes of the empty members of a JSON request, under every key. Empty bytes if it has none, as for a binary request:
 * its fields are then all that it says.
 */
function presencesOf(
  schema: DescMessage,
  emptyMembers: EmptyMembers | undefined,
  [present, ...former]: FingerprintKeys,
): IdempotencyClaim["presences"] {
  const { keyField, presentation } = specialFieldsOf(schema);
  const beside = new Set([keyField, ...(keyField ? presentation : [])].map((field) => field?.name));
  const members = [...(emptyMembers ?? [])].filter(([path]) => !beside.has(path));
  if (members.length === 0) return [new Uint8Array()];
  const text = JSON.stringify(members.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const under = (key: Uint8Array) => createHmac("sha256", key).update("presence\n").update(text).digest();
  return [under(present), ...former.map(under)];
}

/** A field of this name has the key of clients that cannot set headers. */
export const keyFieldName = "idempotency_key";

interface RequestContent {
  readonly hasField: boolean;
  /** The key in the request. */
  readonly ofField?: string;
  /** The request without the key, as a retry can have it in the other place. */
  readonly sent: Message;
  /** The request without the key and the presentation of the response. */
  readonly content: Message;
}

function contentOf(schema: DescMessage, request: Message): RequestContent {
  const { keyField, presentation } = specialFieldsOf(schema);
  if (!keyField) return { hasField: false, sent: request, content: request };
  const source = reflect(schema, request);
  const key = source.isSet(keyField) ? { ofField: String(source.get(keyField)) } : {};
  const sent = without(schema, request, [keyField]);
  return { hasField: true, ...key, sent, content: without(schema, sent, presentation) };
}

interface SpecialFields {
  readonly keyField: DescField | undefined;
  /** Only of RPCs that have a key field: they alone render a stored result again. */
  readonly presentation: readonly DescField[];
}

const specialFields = new WeakMap<DescMessage, SpecialFields>();

function specialFieldsOf(schema: DescMessage): SpecialFields {
  const known = specialFields.get(schema);
  if (known) return known;
  const found = {
    keyField: schema.fields.find(({ name }) => name === keyFieldName),
    presentation: schema.fields.filter((field) => getOption(field, presentationOption)),
  };
  specialFields.set(schema, found);
  return found;
}

/** The request itself if it has none of the fields. */
function without(schema: DescMessage, request: Message, fields: readonly DescField[]): Message {
  const set = fields.filter((field) => reflect(schema, request).isSet(field));
  if (set.length === 0) return request;
  const rest = reflect(schema, clone(schema, request));
  for (const field of set) rest.clear(field);
  return rest.message;
}

function differentKeys(): DomainError {
  return invalidRequest([violation(keyFieldName, "CONFLICT", "Must match the idempotency-key header.")]);
}

function unfitKey(field: string): DomainError {
  return invalidRequest([
    {
      field,
      reason: "INVALID_FORMAT",
      description: "Must be 1 to 255 printable ASCII characters.",
    },
  ]);
}
