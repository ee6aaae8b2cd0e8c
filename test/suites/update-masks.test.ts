import {
  clone,
  create,
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";
import { protoCamelCase, reflect } from "@bufbuild/protobuf/reflect";
import { FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, it } from "vitest";
import { rpcEntries } from "../resources/all-entries.js";
import type { MaskTraits } from "../resources/mask.js";
import { nameOf } from "../resources/method.js";
import type { Answer, Refusal } from "../support/answer.js";
import { refused, startServer, succeeded } from "../support/server.js";

const server = await startServer();
afterAll(() => server.stop());

interface Masked extends MaskTraits {
  readonly method: DescMethodUnary;
}

const maskedRpcs: readonly Masked[] = rpcEntries.flatMap(({ method, mask }) => (mask ? [{ ...mask, method }] : []));

describe.each(maskedRpcs.map((masked) => [nameOf(masked.method), masked] as const))("%s", (_, masked) => {
  const paths = Object.entries(masked.paths);

  it("has every path that the contract has", () => {
    const { naming, closedPaths } = masked;
    const roots = fieldsOf(masked).filter(({ name }) => !naming.includes(name));
    const known = roots.flatMap((field) => pathsOf(field));
    expect([...paths.map(([path]) => path), ...closedPaths].toSorted()).toEqual(known.toSorted());
  });

  // One for all refusals, since none of them changes it.
  const makeUnchanged = async () => {
    const named = await masked.make(server);
    return { named, before: await masked.read(server, named) };
  };
  let made: ReturnType<typeof makeUnchanged> | undefined;
  const unchanged = () => {
    made ??= makeUnchanged();
    return made;
  };

  const transports = ["grpc", "rest"] as const;

  describe.each(transports)("on %s", (transport) => {
    const write = (named: JsonObject, set: JsonObject, mask: readonly string[]) =>
      writeOn(masked, transport, { named, set, mask });

    /**
     * One piece of code judges a mask, in a message that has been read. JSON is read by rules of its own for some fields, so
     * each path is tried over REST, and half of them over gRPC, too. All paths at once are tried on both.
     */
    const mine = transport === "rest" ? paths : paths.filter((_path, place) => place % 2 === 0);
    describe.each(mine)("%s", (path, { set, populated = set, after, cleared }) => {
      it("alone changes what it names and nothing else", async () => {
        const named = await masked.make(server);
        const before = await masked.read(server, named);
        await accepted(write(named, set, [path]));
        const expected = { ...before, ...after(before) };
        expect(still(await masked.read(server, named))).toEqual(still(expected));
        expect(still(expected)).not.toEqual(still(before));
      });

      if (cleared) {
        it("is cleared when it is listed and empty, and nothing else is", async () => {
          const named = await masked.make(server);
          const before = await masked.read(server, named);
          await accepted(write(named, {}, [path]));
          expect(still(await masked.read(server, named))).toEqual(still({ ...before, ...cleared(before) }));
        });
      } else if (!path.includes(".")) {
        it("is required: clearing it is refused, and so is an empty value", async () => {
          const { named } = await unchanged();
          const refusal = await rejected(write(named, {}, [path]));
          expect(refusal.violations).toEqual([{ field: within(masked, path), reason: "REQUIRED" }]);
        });
      }

      it("is refused when it is filled and another path is listed", async () => {
        const { other } = masked;
        if (path === other.path) return;
        const { named, before } = await unchanged();
        const refusal = await rejected(write(named, merged(set, other.set), [other.path]));
        const field = within(masked, path.split(".")[0] ?? "");
        expect(refusal.violations).toEqual([{ field, reason: "NOT_ALLOWED" }]);
        expect(await masked.read(server, named)).toEqual(before);
      });

      const sibling = siblingOf(masked, path);
      if (sibling) {
        it(`is refused when it is filled and only ${sibling} is listed`, async () => {
          const refusal = await rejected(write((await unchanged()).named, populated, [sibling]));
          expect(refusal.violations).toEqual([{ field: within(masked, path), reason: "NOT_ALLOWED" }]);
        });
      }
    });

    it("refuses unknown paths, paths into lists and maps and the fields that name the resource, each at its place", async () => {
      const bad = [
        ...["no_such_field", "*", "tags.name", "tags[0]", "notes.note", "custom_fields.field_short"],
        ...["first_name.length", "address.no_such_field", "address.", ".address"],
        ...masked.naming,
        ...masked.closedPaths,
      ];
      const { named, before } = await unchanged();
      const refusal = await rejected(write(named, masked.other.set, [masked.other.path, ...bad]));
      expect(refusal.violations).toEqual(
        bad.map((_path, index) => ({ field: `update_mask.paths[${index + 1}]`, reason: "UNKNOWN_FIELD" })),
      );
      expect(await masked.read(server, named)).toEqual(before);
    });

    it("takes all paths at once", async () => {
      const whole = paths.filter(([path]) => !path.includes("."));
      const set = whole.reduce((all, [, path]) => merged(all, path.set), {});
      const named = await masked.make(server);
      const before = await masked.read(server, named);
      await accepted(
        write(
          named,
          set,
          whole.map(([path]) => path),
        ),
      );
      const expected = Object.assign({}, ...whole.map(([, path]) => path.after(before)));
      const together = masked.together?.(before);
      expect(still(await masked.read(server, named))).toEqual(still({ ...before, ...expected, ...together }));
    });

    it("takes an empty mask for none", async () => {
      const [, plain] = paths.find(([path]) => path === masked.other.path) ?? [];
      if (!plain) throw new Error(`${masked.other.path} has no entry`);
      const named = await masked.make(server);
      const before = await masked.read(server, named);
      await accepted(write(named, plain.set, []));
      expect(still(await masked.read(server, named))).toEqual(still({ ...before, ...plain.after(before) }));
    });
  });

  // REST spells them as in the contract, by the same code, which knows no single path: every third is tried.
  const otherwiseSpelled = paths.filter(([path]) => jsonPath(path) !== path).filter((_path, place) => place % 3 === 0);
  if (otherwiseSpelled.length > 0) {
    it.each(otherwiseSpelled)("%s may be spelled as in JSON", async (path, { set, after }) => {
      const named = await masked.make(server);
      const before = await masked.read(server, named);
      const request = { ...merged(named, set), updateMask: jsonPath(path) };
      await accepted(server.callJson(masked.method, request, { transport: "connect-json" }));
      expect(still(await masked.read(server, named))).toEqual(still({ ...before, ...after(before) }));
    });
  }

  /** The resource without what every change moves; absent and undefined are one. */
  function still(resource: Readonly<Record<string, unknown>>): unknown {
    return Object.fromEntries(Object.entries(resource).filter(([name]) => !masked.moving.includes(name)));
  }

  async function accepted(answer: Promise<Answer<unknown>>): Promise<void> {
    succeeded(masked.method, await answer);
  }

  async function rejected(answer: Promise<Answer<unknown>>): Promise<Refusal> {
    const refusal = refused(masked.method, await answer);
    expect({ code: refusal.code, reason: refusal.reason }).toEqual({
      code: "INVALID_ARGUMENT",
      reason: "INVALID_REQUEST",
    });
    return refusal;
  }
});

interface MaskedWrite {
  readonly named: JsonObject;
  readonly set: JsonObject;
  readonly mask: readonly string[];
}

function jsonPath(path: string): string {
  return path.split(".").map(protoCamelCase).join(".");
}

function writeOn(
  { method }: Masked,
  transport: "grpc" | "rest",
  { named, set, mask }: MaskedWrite,
): Promise<Answer<unknown>> {
  const json = merged(named, set);
  if (transport !== "grpc") return server.callJson(method, { ...json, updateMask: mask.join(",") }, { transport });
  const field = method.input.field["update_mask"] ?? method.input.fields.find(({ name }) => name === "update_mask");
  if (!field) throw new Error(`${method.name} has no mask`);
  const request = reflect(method.input, clone(method.input, fromJson(method.input, json)));
  request.set(field, reflect(FieldMaskSchema, create(FieldMaskSchema, { paths: [...mask] })));
  return server.call(method, request.message);
}

/** Both objects in one; what both have and is an object is merged likewise. */
function merged(a: JsonObject, b: JsonObject): JsonObject {
  const both = Object.entries(b).map(([name, value]) => {
    const other = a[name];
    return [name, isObject(value) && isObject(other) ? merged(other, value) : value];
  });
  return { ...a, ...Object.fromEntries(both) };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields that a path can begin with; one beside the holder goes before its namesake within. */
function fieldsOf({ method, holder }: Masked): readonly DescField[] {
  const beside = method.input.fields.filter(({ name }) => name !== holder);
  const within = method.input.fields.find(({ name }) => name === holder)?.message?.fields ?? [];
  return [...beside, ...within.filter(({ name }) => !beside.some((field) => field.name === name))];
}

/** The path of a field from the request. */
function within({ method, holder }: Masked, path: string): string {
  const isBeside = method.input.fields.some(({ name }) => name === path.split(".")[0]);
  return holder && !isBeside ? `${holder}.${path}` : path;
}

/** The path of a field and of everything in it, as far as messages go; lists, maps and oneofs of values are whole. */
function pathsOf(field: DescField, prefix = ""): string[] {
  const path = `${prefix}${field.name}`;
  const parts = field.fieldKind === "message" ? partsOf(field.message) : [];
  return [path, ...parts.flatMap((part) => pathsOf(part, `${path}.`))];
}

function partsOf(schema: DescMessage): readonly DescField[] {
  return schema.typeName.startsWith("google.protobuf.") ? [] : schema.fields;
}

/** Another path into the same message field. */
function siblingOf({ paths }: Masked, path: string): string | undefined {
  const [root, part] = path.split(".");
  return part && Object.keys(paths).find((other) => other !== path && other.startsWith(`${root}.`));
}
