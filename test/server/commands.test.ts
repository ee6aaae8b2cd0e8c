import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandSections } from "../../src/cli/commands.js";
import { exitCodes } from "../../src/core/exit-codes.js";
import { makeDataFolder } from "../support/data-folder.js";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { moegoHere } from "./command.js";
import { type Environment, environmentOf, moego, secrets, takePort } from "./service.js";

const declarations = commandSections.flatMap(({ commands }) => commands.map(({ declaration }) => declaration));
/** Help and usage errors need no valid configuration. */
const wrong = { HTTP_PORT: "not a port" };

let database: TestDatabase;
let environment: Environment;

beforeAll(async () => {
  database = await createDatabase();
  environment = environmentOf(database);
});
afterAll(() => database.drop());

describe("moego help", () => {
  it("lists every command with what it does, and every exit code", async () => {
    const { code, stdout } = await moego(["help"], wrong);
    expect(code).toBe(0);
    for (const { name } of declarations) expect(stdout).toMatch(new RegExp(`^  ${name}( [^a-z].*?)? +.*`, "m"));
    for (const { about } of declarations) expect(stdout).toContain(about);
    for (const number of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`^ +${number}  [A-Z]`, "m"));
    for (const words of [[], ["--help"], ["-h"]]) expect((await moegoHere(words, wrong)).stdout).toBe(stdout);
  });

  it.each(declarations.map(({ name }) => name))("shows the usage, arguments and options of %s", async (name) => {
    const declaration = declarations.find((one) => one.name === name);
    const { arguments: places = {}, options = {}, about = "" } = declaration ?? {};
    const shown = await moegoHere([...name.split(" "), "--help"], wrong);
    expect(shown).toMatchObject({ code: 0, stderr: "" });
    expect(shown.stdout).toMatch(new RegExp(`^moego ${name} - `));
    expect(shown.stdout).toContain(about);
    for (const place of Object.keys(places)) expect(shown.stdout).toContain(`\n  ${place} `);
    for (const [option, { about: what }] of Object.entries(options)) {
      expect(shown.stdout).toContain(`\n  --${option} `);
      expect(shown.stdout).toContain(what);
    }
    expect((await moegoHere(["help", ...name.split(" ")], wrong)).stdout).toBe(shown.stdout);
  });

  it("shows the commands of a group", async () => {
    const { code, stdout } = await moegoHere(["keys", "--help"], wrong);
    expect(code).toBe(0);
    for (const name of ["keys create", "keys list", "keys rotate ID", "keys revoke ID"])
      expect(stdout).toContain(`\n  ${name} `);
  });
});

describe("a slip", () => {
  it.each([
    [["kyes", "list"], "Did you mean `moego keys list`?"],
    [["key", "create"], "Did you mean `moego keys create`?"],
    [["company", "list"], "Did you mean `moego companies list`?"],
    [["keys", "lst"], "Did you mean `moego keys list`?"],
    [["imoprt", "customers", "x.csv"], "Did you mean `moego import customers`?"],
    [["bakcup", "x.zip"], "Did you mean `moego backup`?"],
    [["migrat"], "Did you mean `moego migrate`?"],
    [["kyes", "--help"], "Did you mean `moego keys`?"],
    [["keys"], "Did you mean: moego keys create, moego keys list, moego keys rotate, moego keys revoke?"],
    [["keys", "create", "--nmae", "x"], "`moego keys create` has no option --nmae. Did you mean --name?"],
    [["companies", "create", "--timezone", "UTC"], "Did you mean --time-zone?"],
    [["import", "customers", "x", "--dryrun"], "Did you mean --dry-run?"],
    [["keys", "list", "--jsn"], "Did you mean --json?"],
  ])("in a name is answered with what was meant: %j", async (words, advice) => {
    const { code, stdout, stderr } = await moegoHere(words, wrong);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toContain(advice);
    expect(stderr).toMatch(/Run `moego .*help` for usage\.\n$/);
  });

  it.each([
    [["zzz"], "Unknown command: zzz.\n"],
    [["constructor"], "Unknown command: constructor.\n"],
    [["keys", "list", "--zzzzz"], "`moego keys list` has no option --zzzzz.\n"],
    [["keys", "create", "--name", "--company", "x"], "--name needs a value: --name NAME."],
    [["keys", "create", "--name"], "--name needs a value: --name NAME.\n"],
    [["keys", "list", "--json=yes"], "--json takes no value.\n"],
    [["serve", "now"], "`moego serve` takes no arguments.\n"],
    [["backup"], "`moego backup` requires one FILE.\n"],
    [["backup", "a", "b"], "`moego backup` requires one FILE.\n"],
    [["keys", "create", "--name", ""], "Missing required option: --name.\n"],
    [["companies", "create", "--country", "US"], "Missing required options: --name, --time-zone.\n"],
  ])("that means nothing, or lacks something, is refused with the reason: %j", async (words, reason) => {
    const { code, stderr } = await moegoHere(words, wrong);
    expect(code).toBe(64);
    expect(stderr.startsWith(reason.trimEnd())).toBe(true);
    expect(stderr).not.toContain("Did you mean");
  });

  it("takes a value that begins with a hyphen after an equals sign", async () => {
    const words = ["companies", "create", "--name=-x-", "--country=US", "--time-zone=UTC"];
    expect(await moegoHere(words, environment)).toMatchObject({ code: 0 });
    expect((await moegoHere(["companies", "list"], environment)).stdout).toContain(" -x- ");
  });
});

describe("the exit code", () => {
  it("has the number of sysexits.h, which no version changes", () => {
    expect(exitCodes).toEqual({
      ...{ done: 0, incomplete: 1, usage: 64, data: 65, noInput: 66, unavailable: 69, internal: 70 },
      ...{ cannotCreate: 73, temporary: 75, permission: 77, configuration: 78 },
    });
  });

  it("tells what kind of failure it was", async () => {
    await using folder = await makeDataFolder();
    await using closed = await takePort();
    await closed[Symbol.asyncDispose]();
    await using empty = await createEmptyDatabase();
    const file = join(folder.path, "text.zip");
    await writeFile(file, "text");
    const unreachable = { ...secrets, DATABASE_URL: `postgresql://moego:x@127.0.0.1:${closed.port}/moego` };
    const company = [
      "companies",
      "create",
      "--id",
      "cmp_codes",
      "--name",
      "x",
      "--country",
      "US",
      "--time-zone",
      "UTC",
    ];
    const nowhere = new URL(database.serviceUrl);
    nowhere.password = "wrong";
    const cases: readonly (readonly [readonly string[], Environment, number])[] = [
      [company, environment, 0],
      [company, environment, 73],
      [["companies", "create", "--name", "x", "--country", "ZZ", "--time-zone", "UTC"], environment, 65],
      [["keys", "revoke", "key_none"], environment, 65],
      [["restore", join(folder.path, "none.zip")], environment, 66],
      [["load", join(folder.path, "none")], environment, 66],
      [["import", "pets", join(folder.path, "none.csv"), "--company", "cmp_codes"], environment, 66],
      [["restore", file, "--check"], environment, 65],
      [["backup", file], environment, 73],
      [["secrets", "export", file], environment, 73],
      [["companies", "list"], unreachable, 69],
      [["companies", "list"], { ...environment, DATABASE_URL: nowhere.href }, 77],
      [["companies", "list"], environmentOf(empty), 78],
      [["companies", "list"], wrong, 78],
    ];
    const codes = [];
    for (const [words, variables] of cases) codes.push([words, (await moegoHere(words, variables)).code]);
    expect(codes).toEqual(cases.map(([words, , code]) => [words, code]));
  });
});

describe("--json", () => {
  it("prints what a command listed or created, and nothing else, on standard output", async () => {
    const made = async (...words: string[]) => JSON.parse((await moegoHere([...words, "--json"], environment)).stdout);
    const zone = ["--country", "US", "--time-zone", "America/New_York"];
    const company = await made("companies", "create", "--id", "cmp_json", "--name", "Json", ...zone);
    expect(company).toEqual({ id: "cmp_json", name: "Json", country: "US", timeZone: "America/New_York" });
    expect(await made("companies", "list")).toContainEqual(company);
    const business = await made("businesses", "create", "--company", "cmp_json", "--name", "Main street");
    expect(business).toEqual({ id: expect.stringMatching(/^biz_/), companyId: "cmp_json", name: "Main street" });
    expect(await made("businesses", "list", "--company", "cmp_json")).toEqual([business]);
    const key = await made("keys", "create", "--name", "Json", "--company", "cmp_json");
    expect(key).toMatchObject({ name: "Json", secret: expect.stringMatching(/^moego_/) });
    expect(await made("keys", "revoke", key.id)).toMatchObject({ id: key.id, revokedTime: expect.any(String) });
    expect(await made("import", "list", "--company", "cmp_json")).toEqual([]);
    expect(await made("migrate")).toEqual({ applied: [] });
    expect(await made("version")).toEqual({ version: expect.any(String), timeZoneData: expect.any(String) });
    await using folder = await makeDataFolder();
    const file = join(folder.path, "all.zip");
    const backedUp = await made("backup", file);
    expect(backedUp).toMatchObject({ file, tables: expect.any(Number), rows: expect.any(Number) });
    expect(await made("restore", file, "--check")).toMatchObject({
      file,
      tables: backedUp.tables,
      rows: backedUp.rows,
    });
    const exported = await made("export", "--company", "cmp_json", "--out", join(folder.path, "out"));
    expect(exported).toMatchObject({ companyId: "cmp_json", tables: expect.any(Number), rows: expect.any(Number) });
  });

  it("is an option of every command that lists or creates something", () => {
    const without = declarations.filter(({ options }) => !("json" in options)).map(({ name }) => name);
    expect(without).toEqual(["serve", "mirror", "secrets rotate", "completion"]);
  });
});
