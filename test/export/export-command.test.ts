import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newBackupFolder } from "../backup/backup-file.js";
import { moegoHere } from "../server/command.js";
import { exported } from "../support/exported.js";
import { startServer } from "../support/server.js";
import { fillCompany } from "../support/whole-company.js";
import { done, environmentBeside, tablesOf } from "./exported-company.js";

const server = await startServer();
const folder = await newBackupFolder();
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await server.stop();
});

const environment = environmentBeside(server.database);
const at = (name: string) => join(folder.path, name);

beforeAll(() => fillCompany(server));

describe("moego export", () => {
  it.each([
    ["csv", 2],
    ["jsonl", 1],
  ])("writes the files of ExportCompany, as %s", async (format, number) => {
    await done(["export", "--company", "cmp_a", "--format", format, "--out", at(format)], environment);
    const files = new Map(await tablesOf(at(format)));
    const { files: ofRpc } = await exported(server, { format: number });
    // Each export records itself.
    const without = (text = "") => text.split("\n").filter((line) => !line.includes("xport"));
    expect(without(files.get(`key_use.${format}`))).toEqual(without(ofRpc.get("key_use")));
    files.delete(`key_use.${format}`);
    expect([...files]).toEqual(
      [...ofRpc]
        .filter(([name]) => name !== "key_use")
        .map(([name, text]) => [`${name}.${format}`, text])
        .toSorted(),
    );
  });

  it("writes everything of one customer or lead, and nothing of others", async () => {
    for (const [id, table] of [
      ["cus_a1", "customer"],
      ["lcus_a1", "lead"],
    ] as const) {
      await done(["export", "--company", "cmp_a", "--person", id, "--format", "jsonl", "--out", at(id)], environment);
      const files = await tablesOf(at(id));
      expect(files.get(`${table}.jsonl`)).toMatch(new RegExp(`^\\{"id":"${id}",.*\\}\\n$`));
      expect(files.has("company.jsonl")).toBe(false);
      expect(files.has("opt_out.jsonl")).toBe(false);
    }
  });

  it("is recorded with the number of rows, without an API key", async () => {
    await done(["export", "--company", "cmp_a", "--person", "cus_a1", "--out", at("recorded")], environment);
    const { rows } = await server.database.owner.query(
      `SELECT key_id, records, exported ->> 'customer' AS customers FROM key_use
       WHERE company_id = 'cmp_a' AND rpc = 'moego export' ORDER BY used_time DESC, id DESC LIMIT 1`,
    );
    expect(rows).toEqual([{ key_id: "", records: ["customer/cus_a1"], customers: "1" }]);
  });

  it("can be read by its owner alone", async () => {
    await done(["export", "--company", "cmp_c", "--out", at("modes")], environment);
    expect((await stat(at("modes"))).mode & 0o777).toBe(0o700);
    for (const name of await readdir(at("modes"))) expect((await stat(at(`modes/${name}`))).mode & 0o777).toBe(0o600);
  });

  it("leaves nothing behind and replaces nothing if it fails, and says why", async () => {
    await mkdir(at("taken"));
    await mkdir(at("busy.partial"));
    const before = await readdir(folder.path);
    const cases = [
      [["--company", "cmp_a", "--out", at("taken")], 73, "already exists. Choose another name."],
      [["--company", "cmp_a", "--out", at("busy")], 73, "busy.partial already exists"],
      [["--company", "cmp_a", "--out", at("absent/export")], 73, "ENOENT"],
      [["--company", "cmp_absent", "--out", at("none")], 64, "No company has the ID of --company."],
      [["--company", "cmp_a", "--person", "cus_absent", "--out", at("none")], 64, "No customer or lead"],
      [["--company", "cmp_a", "--person", "cus_b1", "--out", at("none")], 64, "No customer or lead"],
      [["--company", "cmp_a", "--format", "xml", "--out", at("none")], 64, "--format must be csv or jsonl."],
      [["--company", "cmp_a"], 64, "Missing required option: --out."],
    ] as const;
    for (const [words, code, message] of cases)
      expect(await moegoHere(["export", ...words], environment)).toMatchObject({
        ...{ code, stdout: "", stderr: expect.stringContaining(message) },
      });
    expect(await readdir(folder.path)).toEqual(before);
    expect(await readdir(at("taken"))).toEqual([]);
  });

  it("explains its options", async () => {
    const { code, stdout } = await moegoHere(["export", "--help"], {});
    expect(code).toBe(0);
    for (const option of ["--company ID", "--out FOLDER", "--format csv|jsonl", "--person ID"])
      expect(stdout).toContain(option);
    expect((await moegoHere(["load", "--help"], {})).stdout).toContain("--opt-out-key FILE");
  });
});
