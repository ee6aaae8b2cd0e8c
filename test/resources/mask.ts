import type { JsonObject } from "@bufbuild/protobuf";
import type { TestServer } from "../support/server.js";

/** What the suite of masks must know of an rpc that takes one. */
export interface MaskTraits {
  /** The request field that holds what the paths name, when it is not the request itself. */
  readonly holder?: string;
  /** Fields of the request, or of its holder, that say which resource or that are ours to write: outside every mask. */
  readonly naming: readonly string[];
  /** Makes a resource with every field filled; returns the request that names it, in JSON, with an empty holder. */
  make(server: TestServer): Promise<JsonObject>;
  /** The resource in JSON. */
  read(server: TestServer, named: JsonObject): Promise<JsonObject>;
  /** Members of the resource that every change moves. */
  readonly moving: readonly string[];
  /** Every path that can be written. */
  readonly paths: Readonly<Record<string, PathFixture>>;
  /** Paths of fields that exist and yet cannot be written alone. */
  readonly closedPaths: readonly string[];
  /** Members that all paths at once leave otherwise than the last of them alone does. */
  together?(before: JsonObject): JsonObject;
  /** A request member that belongs to no other path, and the path of it. */
  readonly other: { readonly path: string; readonly set: JsonObject };
}

export interface PathFixture {
  /** Request members that carry the new value. */
  readonly set: JsonObject;
  /** Request members whose field counts as filled; `set` unless given. */
  readonly populated?: JsonObject;
  /** Members of the resource after it, given what it was. */
  after(before: JsonObject): Readonly<Record<string, unknown>>;
  /** The same when the path is listed and its field is empty; absent where that is refused. */
  cleared?(before: JsonObject): Readonly<Record<string, unknown>>;
}

/** A field that cannot be cleared. */
export function required(member: string, value: string): PathFixture {
  return { set: { [member]: value }, after: () => ({ [member]: value }) };
}

export function text(member: string, value: string): PathFixture {
  return { ...required(member, value), cleared: () => ({ [member]: "" }) };
}

/** A flag that is true: writing false and clearing are the same. */
export function flag(member: string, part: string): PathFixture {
  const off = (before: JsonObject) => ({ [member]: { ...memberOf(before, member), [part]: false } });
  // Without presence, false is no value that was filled in.
  const populated = { [member]: { [part]: true } };
  return { set: { [member]: { [part]: false } }, populated, after: off, cleared: off };
}

/** A path that changes members beside those that it names. */
export function withEffect(
  fixture: PathFixture,
  effect: (before: JsonObject) => JsonObject,
  ofClearing: (before: JsonObject) => JsonObject = effect,
): PathFixture {
  const { after, cleared } = fixture;
  return {
    ...fixture,
    after: (before) => ({ ...after(before), ...effect(before) }),
    ...(cleared ? { cleared: (before) => ({ ...cleared(before), ...ofClearing(before) }) } : {}),
  };
}

export function channels(part: string): PathFixture {
  const withPart = (before: JsonObject, list: readonly string[]) => ({
    complianceConfig: { ...memberOf(before, "complianceConfig"), [part]: list },
  });
  return {
    set: { complianceConfig: { [part]: { channels: ["COMPLIANCE_CHANNEL_EMAIL"] } } },
    after: (before) => withPart(before, ["COMPLIANCE_CHANNEL_EMAIL"]),
    cleared: (before) => withPart(before, []),
  };
}

/** A list that gets a channel, which ends the consent. */
export function addedChannel(part: string): PathFixture {
  const list = ["COMPLIANCE_CHANNEL_EMAIL"];
  const after = (before: JsonObject) => ({
    complianceConfig: { ...memberOf(before, "complianceConfig"), [part]: list, isConsented: false },
  });
  return { ...channels(part), after };
}

/** A member that is an object. */
export function memberOf(holder: JsonObject, name: string): JsonObject {
  const value = holder[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${name} is no object`);
  return value;
}
