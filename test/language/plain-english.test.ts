import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ViolationReason } from "../../src/gen/proto/moego/error/v1/violation_reason_pb.js";
import { bannedInComment, bannedInText } from "./banned-words.js";
import {
  commentsOf,
  literalsOf,
  protoCommentsOf,
  type SourceText,
  type ViolationText,
  violationTextsOf,
} from "./source-text.js";

const isIn = (paths: readonly string[], file: string) => paths.some((path) => file.startsWith(path));
/** Demo data hold names and notes of people, not texts of the server. */
const isSource = (file: string) => file.endsWith(".ts") && !isIn(["src/gen/", "src/demo/"], file);

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What `banned` finds in the texts that `read` takes from the files. */
async function findings<T extends SourceText>(
  files: readonly string[],
  read: (source: string) => readonly T[],
  banned: (found: T) => readonly string[],
): Promise<string[]> {
  const found = files.map(async (file) =>
    read(await readFile(file, "utf8")).flatMap((one) =>
      banned(one).map((words) => `${file}:${one.line} "${words}" in: ${excerpt(one.text, words)}`),
    ),
  );
  return (await Promise.all(found)).flat();
}

function excerpt(text: string, words: string): string {
  const at = text.indexOf(words);
  return text.slice(Math.max(0, at - 60), at + words.length + 60);
}

const reasons: ReadonlySet<string> = new Set(Object.keys(ViolationReason).filter((name) => /^[A-Z]/.test(name)));
const violationsOf = (source: string) => violationTextsOf(source, reasons);

/** A violation is read as "field: text": the field is the subject of a text that has none. */
function badlyWorded({ text, reason }: ViolationText): string[] {
  const isImperative = /^(?:Required|Must|Not found|Unknown|Invalid|Duplicate|Reserved)\b/.test(text);
  const isSentence = /^(?:An?|The|Every) |^[a-z…].* must /.test(text);
  const isMissingValue = reason === "REQUIRED" && /^Must (?:not be empty|be (?:given|present|set))\b/.test(text);
  return (isImperative || isSentence) && !isMissingValue ? [] : [text];
}

describe("plain English", () => {
  it("has no banned words in the runtime texts of the source", async () => {
    const files = (await filesUnder("src")).filter(isSource);
    expect(files.length).toBeGreaterThan(200);
    expect(await findings(files, literalsOf, ({ text }) => bannedInText(text))).toEqual([]);
  });

  it("has violations that are an imperative, a finding or a whole sentence", async () => {
    const files = (await filesUnder("src")).filter(isSource);
    let count = 0;
    const judged = (found: ViolationText) => {
      count += 1;
      return badlyWorded(found);
    };
    expect(await findings(files, violationsOf, judged)).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });

  it("has no banned words in comments", async () => {
    const contract = (await filesUnder("proto/moego")).filter((file) => file.endsWith(".proto"));
    const inComment = ({ text }: SourceText) => bannedInComment(text);
    expect(contract.length).toBeGreaterThan(50);
    expect([
      ...(await findings(contract, protoCommentsOf, inComment)),
      ...(await findings((await filesUnder("src")).filter(isSource), commentsOf, inComment)),
    ]).toEqual([]);
  });
});

describe("the check itself", () => {
  const source = [
    'import { told } from "./told.js";',
    "/** Whoever asks",
    " * is told // in a comment */",
    'const a = because("REQUIRED", "Must be said."); // so it goes',
    "// on",
    `const b = { description: \`At most \${told("twin")} items, "// told" and \${\`stands\`} anew.\` };`,
    "const c = /\\/\\/ dear/;",
  ].join("\n");

  it("reads string and template literals, and no import path", () => {
    const texts = literalsOf(source).map(({ line, text }) => `${line} ${text}`);
    expect(texts).toEqual([
      "4 REQUIRED",
      "4 Must be said.",
      '6 At most … items, "// told" and … anew.',
      "6 twin",
      "6 stands",
    ]);
  });

  it("finds the texts of violations, however they are built", () => {
    const found = violationsOf(`const texts = [
      because("REQUIRED", "Must be given."),
      { field, reason: "NOT_FOUND" as const, description: \`Names none of \${list}.\` },
      new DomainError("RESOURCE_NOT_FOUND", "Not a violation."),
    ];`);
    expect(found).toEqual([
      { line: 2, text: "Must be given.", reason: "REQUIRED" },
      { line: 3, text: "Names none of ….", reason: "NOT_FOUND" },
    ]);
    expect(found.flatMap(badlyWorded)).toEqual(["Must be given.", "Names none of …."]);
  });

  it.each([
    ["REQUIRED", "Must not be empty.", false],
    ["REQUIRED", "Required unless draft is set.", true],
    ["REQUIRED", "Must have at least one item.", true],
    ["TOO_SHORT", "Must not be empty.", true],
    ["CONFLICT", "start_time must not be after end_time.", true],
    ["CONFLICT", "Differs from the id in the path.", false],
  ])("judges a violation %s %j: %s", (reason, text, isGood) => {
    expect(badlyWorded({ line: 1, text, reason })).toEqual(isGood ? [] : [text]);
  });

  it("reads comments, and not what only looks like one inside a literal", () => {
    expect(commentsOf(source)).toEqual([
      { line: 2, text: "Whoever asks is told // in a comment" },
      { line: 4, text: "so it goes on" },
    ]);
    expect(protoCommentsOf('// a\n  // b\nstring c = 1 [json_name = "// d"]; // e')).toEqual([
      { line: 1, text: "a b" },
      { line: 3, text: "e" },
    ]);
  });

  it.each([
    ["Must be said.", ["Must be said"]],
    ["Is told by whoever.", ["told", "whoever", "Is "]],
    ["At most 50 items.", ["At most 5"]],
    ["At most … items.", ["At most …"]],
    ["No such tag in the company.", ["No such"]],
    ["The resource exists already.", ["exists already"]],
  ])("refuses the text %j", (text, words) => {
    expect(bannedInText(text).toSorted()).toEqual(words.toSorted());
  });

  it.each([
    "Required.",
    "Must be from 1 to 500.",
    "Not found in this company.",
    "The API key has no access to this company.",
    "A two-standsby untold story",
    "There is no RetryInfo.",
  ])("accepts the text %j", (text) => {
    expect(bannedInText(text)).toEqual([]);
  });
});
