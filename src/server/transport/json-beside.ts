import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { Emptiness } from "../../core/presence.js";
import type { ReadBack, Repeated } from "../pipeline/read-back.js";
import { isJsonObject, type JsonMember, type JsonNode } from "./json-parse.js";

/** What a JSON request says beside its message. */
export interface Beside {
  /** What `EmptyMembers` describes. */
  readonly emptyMembers: Map<string, Emptiness>;
  /** Members of the resource that the update cannot write. */
  repeated?: Repeated;
}

export function nothingBeside(): Beside {
  return { emptyMembers: new Map() };
}

/**
 * The members of a request without the `id` of the resource, if another field of the request has it, as `note_id` for a
 * note. A note can then be sent back.
 *
 * @param id the value of that field in the path of a REST request
 */
export function withoutOwnId(
  schema: DescMessage,
  root: JsonNode,
  readBack: ReadBack | undefined,
  id?: string,
): JsonNode {
  const { idField } = readBack ?? {};
  if (!idField || !isJsonObject(root)) return root;
  // The note of a pet: without a path, `id` is the pet.
  if (id === undefined && fieldNamed(schema, "id")) return root;
  const inBody = root.members.find(({ key }) => key === idField.name || key === idField.jsonName);
  const own = id ?? inBody?.value;
  return { members: root.members.filter(({ key, value }) => key !== "id" || value !== own) };
}

/** The members of the resource where a request has it as a response does: in the field of the response. */
export function unwrapped(schema: DescMessage, root: JsonNode, readBack: ReadBack | undefined): JsonNode {
  const wrapper = readBack?.wrapper;
  if (!wrapper || !isJsonObject(root)) return root;
  const isWrapper = ({ key, value }: JsonMember) =>
    (key === wrapper.name || key === wrapper.jsonName) && isJsonObject(value) && !fieldNamed(schema, key);
  if (!root.members.some(isWrapper)) return root;
  const named = new Map(root.members.map(({ key, value }) => [key, value]));
  // The resource repeats what the request names it by. Another value is reported as a duplicate.
  const isNew = ({ key, value }: JsonMember) => !named.has(key) || named.get(key) !== value;
  const members = root.members.flatMap((member) =>
    isWrapper(member) && isJsonObject(member.value) ? member.value.members.filter(isNew) : [member],
  );
  return { members };
}

export function fieldNamed(schema: DescMessage | undefined, key: string): DescField | undefined {
  return schema?.fields.find(({ name, jsonName }) => name === key || jsonName === key);
}
