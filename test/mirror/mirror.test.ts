import type { DescMessage } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CustomerSchema } from "../../src/gen/proto/moego/business/customer/v1/customer_pb.js";
import { CustomerService } from "../../src/gen/proto/moego/business/customer/v1/customer_service_pb.js";
import { LeadSchema } from "../../src/gen/proto/moego/business/customer/v1/lead_pb.js";
import { LeadService } from "../../src/gen/proto/moego/business/customer/v1/lead_service_pb.js";
import { PetSchema } from "../../src/gen/proto/moego/business/customer/v1/pet_pb.js";
import { PackageDetailSchema } from "../../src/gen/proto/moego/business/package/v1/package_pb.js";
import { environmentBeside } from "../export/exported-company.js";
import { moegoHere } from "../server/command.js";
import { keys } from "../support/fixture-keys.js";
import { startServer } from "../support/server.js";
import { dumpOf } from "../support/tenant-dump.js";
import { fillCompany } from "../support/whole-company.js";
import { openHostedSource, published } from "./hosted-source.js";
import { runMirror, type Shown, shownBy, startTarget } from "./mirror-runs.js";

const source = await startServer();
const target = await startTarget();
const narrow = await startTarget();
afterAll(() => Promise.all([source.stop(), target.stop(), narrow.stop()]));
beforeAll(() => fillCompany(source));

/** Two servers and all requests between them, beside other tests. */
const timeout = 120_000;

describe("a company of another installation", { timeout }, () => {
  it("is the same here, by pages with numbers and with national phones and errors", async () => {
    await using hosted = await openHostedSource(source.app.httpUrl, { isPublished: false, troubleEvery: 40 });
    const run = await runMirror(target, hosted.url, "--once");
    expect(await shownBy(target)).toEqual(await shownBy(source));
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^customers: \d+ created, 0 updated/m) });
    expect(hosted.troubles).toBeGreaterThan(0);
    expect([...hosted.authorizations]).toEqual([`Basic ${Buffer.from(keys.a.secret).toString("base64")}`]);
    expect(run.stdout + run.stderr).not.toContain(keys.a.secret);
  });

  it("is not touched by a second run", async () => {
    const before = await dumpOf(target.database.owner, "cmp_a");
    const run = await runMirror(target, source.app.httpUrl, "--verify");
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/^customers: 0 created, 0 updated, \d+ unchanged, 0 failed$/m);
    expect(run.stdout).toMatch(/^Verified customer: (\d+) in the source, \1 of them here$/m);
    expect(run.stdout).not.toContain("Differs");
    expect(await dumpOf(target.database.owner, "cmp_a")).toEqual(before);
  });

  it("wins over a change that was made here", async () => {
    const update = { id: "cus_a1", companyId: "cmp_a", lastName: "Changed here", tags: [{ name: "Only here" }] };
    await target.ok(CustomerService.method.updateCustomer, update);
    const compared = await runMirror(target, source.app.httpUrl, "--company", "cmp_a");
    expect(compared.stdout).toMatch(/^customers: 0 created, 1 updated/m);
    const { [`setting ListCustomerTags`]: _, ...records } = await shownBy(target);
    const { [`setting ListCustomerTags`]: __, ...expected } = await shownBy(source);
    expect(records).toEqual(expected);
  });
});

describe("a company of a system with the published API alone", { timeout }, () => {
  it("has here all that it tells", async () => {
    await using hosted = await openHostedSource(source.app.httpUrl, { isPublished: true, troubleEvery: 60 });
    const run = await runMirror(narrow, hosted.url);
    expect(run).toMatchObject({ code: 0 });
    const { leads } = await source.ok(LeadService.method.listLeads, {
      companyId: "cmp_a",
      pagination: { pageSize: 500 },
    });
    const listed = new Set(leads.map(({ id }) => `lead ${id}`));
    const told = (shown: Shown) =>
      Object.fromEntries(
        Object.entries(shown).flatMap(([name, record]) => {
          const schema = schemas.get(name.split(" ")[0] ?? "");
          const isListed = name.startsWith("lead ")
            ? listed.has(name)
            : !JSON.stringify(record).includes("STATUS_DELETED");
          if (!schema || !isListed) return [];
          return [[name, published(schema, record)]];
        }),
      );
    expect(told(await shownBy(narrow))).toEqual(told(await shownBy(source)));
    expect(run.stdout).toContain("The published API does not tell further phone numbers");
  });
});

const schemas = new Map<string, DescMessage>([
  ["customer", CustomerSchema],
  ["lead", LeadSchema],
  ["pet", PetSchema],
  ["package", PackageDetailSchema],
]);

describe("the command", () => {
  it.each([
    [["--from", "http://example.com", "--key-env", "SOURCE_KEY"], "--from must be an https URL"],
    [["--from", "https://example.com"], "Set either --key-env or --key-file."],
    [["--from", "https://example.com", "--key-env", "OTHER"], "The API key of the source is empty."],
    [["--from", "https://example.com", "--key-file", "/does/not/exist"], "--key-file cannot be read.", 66],
    [["--from", "https://example.com", "--key-env", "SOURCE_KEY", "--once", "--follow"], "exclude each other"],
    [["--from", "https://example.com", "--key-env", "SOURCE_KEY", "--every", "0"], "--every must be"],
  ])("refuses %j", async (words, message, code = 64) => {
    const environment = { ...environmentBeside(target.database), SOURCE_KEY: "secret" };
    expect(await moegoHere(["mirror", ...words], environment)).toMatchObject({
      code,
      stderr: expect.stringContaining(message),
    });
  });

  it("says what a source answers to a wrong key, and repeats neither key nor values", async () => {
    const environment = { ...environmentBeside(target.database), SOURCE_KEY: "a-wrong-key" };
    const words = ["mirror", "--from", source.app.httpUrl, "--key-env", "SOURCE_KEY"];
    const ended = await moegoHere(words, environment);
    expect(ended).toMatchObject({ code: 77, stderr: expect.stringContaining("HTTP 401 UNAUTHENTICATED") });
    expect(ended.stderr).not.toContain("a-wrong-key");
  });
});
