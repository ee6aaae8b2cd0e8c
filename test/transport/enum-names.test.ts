import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ThirdAccountKind } from "../../src/gen/proto/moego/callcenter/v1/caller_profile_pb.js";
import { LinkAccountRequestSchema } from "../../src/gen/proto/moego/callcenter/v1/caller_service_pb.js";
import { acceptedNames, enumValueName } from "../../src/server/transport/json-enums.js";
import { decodeJson } from "../../src/server/transport/json-input.js";
import { services } from "../../src/services.js";

/** The enums of all requests and responses. */
function enumsOf(messages: readonly DescMessage[]): ReadonlySet<DescEnum> {
  const enums = new Set<DescEnum>();
  const seen = new Set<DescMessage>();
  const open = [...messages];
  for (let message = open.pop(); message; message = open.pop()) {
    if (seen.has(message)) continue;
    seen.add(message);
    for (const field of message.fields) {
      if (field.enum) enums.add(field.enum);
      if (field.message) open.push(field.message);
    }
  }
  return enums;
}

const enums = enumsOf(services.flatMap(({ methods }) => methods.flatMap(({ input, output }) => [input, output])));
const contractEnums = [...enums].filter(({ typeName }) => typeName.startsWith("moego."));

/** The value name without the name of its enum, written here by hand of the rule in the contract's style. */
const shortOf = ({ name: enumName }: DescEnum, name: string): string => {
  const prefix = enumName.replaceAll(/(.)([A-Z])/g, "$1_$2").toUpperCase();
  return name.startsWith(`${prefix}_`) ? name.slice(prefix.length + 1) : name;
};

describe("an enum value", () => {
  it("has the same meaning by its full name and its short name, in either case, in every enum of the contract", () => {
    expect(contractEnums.length).toBeGreaterThan(25);
    for (const desc of contractEnums) {
      for (const { name } of desc.values) {
        const short = shortOf(desc, name);
        for (const text of [name, name.toLowerCase(), short, short.toLowerCase()])
          expect(enumValueName(desc, text), `${desc.typeName} ${text}`).toBe(name);
      }
    }
  });

  it("keeps a short name to one value of its enum", () => {
    for (const desc of contractEnums) {
      const texts = desc.values.flatMap(({ name }) => [...new Set([name, shortOf(desc, name)])]);
      expect(new Set(texts).size, desc.typeName).toBe(texts.length);
    }
  });

  it("is listed with each name that an error tells", () => {
    for (const desc of contractEnums) {
      const told = acceptedNames(desc).map((text) => text.replace(/\)$/, "").split(" (or "));
      expect(told).toEqual(
        desc.values.filter(({ number }) => number !== 0).map(({ name }) => [...new Set([name, shortOf(desc, name)])]),
      );
    }
  });

  it.each(["TELEGRAM", "telegram", "Telegram", "third_account_kind_telegram", "THIRD_ACCOUNT_KIND_TELEGRAM"])(
    "is read from %s",
    (kind) => {
      const message = decodeJson(LinkAccountRequestSchema, Buffer.from(JSON.stringify({ kind })));
      expect(message).toMatchObject({ kind: ThirdAccountKind.TELEGRAM });
    },
  );

  it("is the unspecified one if the text is empty", () => {
    expect(decodeJson(LinkAccountRequestSchema, Buffer.from('{"kind":""}'))).toMatchObject({ kind: 0 });
  });

  it.each(["kind_telegram", "TELEGRA\u00adM", "tele gram", " telegram", "l\u0131ne", "9", "x".repeat(5_000)])(
    "is not guessed from %j",
    (kind) => {
      expect(() => decodeJson(LinkAccountRequestSchema, Buffer.from(JSON.stringify({ kind })))).toThrow("kind");
    },
  );
});
