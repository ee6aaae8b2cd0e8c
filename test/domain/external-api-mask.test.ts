import { expect, it } from "vitest";
import { createSecretMasker, maskJson } from "../../src/resources/external-apis/secret-mask.service.js";

const secret = 'p"ass/word=é?~~';

it("hides a secret in every spelling in which an echo may write it", () => {
  const mask = createSecretMasker([secret]);
  const spellings = [
    secret,
    JSON.stringify(secret),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url"),
    Buffer.from(secret).toString("hex"),
  ];
  for (const spelling of spellings) {
    const shown = mask(`before ${spelling} after`);
    expect(shown).toContain("***");
    expect(shown).not.toContain(spelling.replaceAll('"', ""));
    expect(shown).toMatch(/^before .* after$/);
  }
});

it("hides the credential of a scheme, and user and password of Basic", () => {
  expect(createSecretMasker(["Bearer 0123456789"])("token=0123456789")).toBe("token=***");
  const basic = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
  expect(createSecretMasker([basic])("user ada:lovelace, password lovelace")).toBe("user ***, password ***");
});

it("leaves everything else as it is", () => {
  expect(createSecretMasker([])("a text")).toBe("a text");
  expect(createSecretMasker(["another secret"])("a text of ***")).toBe("a text of ***");
});

it("masks strings, member names and numbers of a document, and nothing else", () => {
  const mask = createSecretMasker(["Bearer abcd1234", "90125"]);
  const document = { abcd1234: ["x Bearer abcd1234", 90_125, 1, true, null], plain: { deep: "abcd" } };
  expect(maskJson(document, mask)).toEqual({ "***": ["x ***", "***", 1, true, null], plain: { deep: "abcd" } });
});
