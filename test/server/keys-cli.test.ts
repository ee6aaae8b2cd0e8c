import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, createEmptyDatabase, type TestDatabase } from "../support/database.js";
import { timed } from "../support/timed.js";
import { moegoHere } from "./command.js";
import {
  type Environment,
  environmentOf,
  listCustomers,
  moego,
  type Service,
  secrets,
  startService,
  takePort,
  until,
} from "./service.js";

let database: TestDatabase;
let environment: Environment;
let service: Service;

beforeAll(async () => {
  database = await createDatabase();
  environment = { ...environmentOf(database), SEED_DEMO: "1" };
  service = await startService(environment);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

describe("moego keys", () => {
  it("makes a key that the running service lets in, and shows its secret once", async () => {
    const made = await moego(["keys", "create", "--name", "Front desk", "--company", "cmp_001"], environment);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^moego_[0-9A-Za-z]{49}\n$/);
    // An empty list of scopes includes callcenter:read.
    expect(made.stderr).toContain("QueryCustomer");
    const secret = made.stdout.trim();
    expect((await listCustomers(service.httpUrl, secret)).status).toBe(200);
    const { rows } = await database.owner.query("SELECT to_jsonb(s) FROM api_key_secret s");
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect((await moegoHere(["keys", "list", "--json"], environment)).stdout).not.toContain(secret);
  });

  it("refuses a revoked key within two seconds", timed, async () => {
    const { key, secret } = await createJson("--name", "Short-lived", "--company", "cmp_001");
    expect((await listCustomers(service.httpUrl, secret)).status).toBe(200);
    const revoked = await moegoHere(["keys", "revoke", key.id], environment);
    expect(revoked.code).toBe(0);
    const revokedAtMs = Date.now();
    await until(async () => (await listCustomers(service.httpUrl, secret)).status === 401);
    expect(Date.now() - revokedAtMs).toBeLessThan(2_000);
    expect(await reasonOf(await listCustomers(service.httpUrl, secret))).toBe("KEY_REVOKED");
    const again = await moegoHere(["keys", "revoke", key.id], environment);
    expect(again.stdout).toBe(revoked.stdout);
  });

  it("rotates a key: the new secret is shown once, the one before it works for the overlap", async () => {
    const { key, secret: first } = await createJson("--name", "Rotated", "--company", "cmp_001");
    const rotated = await moegoHere(["keys", "rotate", key.id, "--overlap", "1h"], environment);
    expect({ code: rotated.code, stdout: rotated.stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^moego_[0-9A-Za-z]{49}\n$/),
    });
    expect(rotated.stderr).toContain("The previous secret expires in 1 hour.");
    const second = rotated.stdout.trim();
    expect(second).not.toBe(first);
    for (const secret of [first, second]) expect((await listCustomers(service.httpUrl, secret)).status).toBe(200);
    const again = await moegoHere(["keys", "rotate", key.id, "--overlap", "0h", "--json"], environment);
    const { secret: third, id } = JSON.parse(again.stdout);
    expect(id).toBe(key.id);
    await until(async () => (await listCustomers(service.httpUrl, second)).status === 401);
    expect((await listCustomers(service.httpUrl, first)).status).toBe(401);
    expect((await listCustomers(service.httpUrl, third)).status).toBe(200);
  });

  it("keeps what was done to a demo key: a start deletes no rotated secret, and none is shown that is ended", async () => {
    await using own = await createDatabase();
    const variables = { ...environmentOf(own), SEED_DEMO: "1" };
    const { DEMO_API_KEY: first, DEMO_API_KEY_2: second } = secrets;
    expect((await moegoHere(["seed"], variables)).stdout).toBe(`cmp_001 ${first}\ncmp_002 ${second}\n`);
    const rotated = (await moegoHere(["keys", "rotate", "key_demo_1", "--overlap", "1h"], variables)).stdout.trim();
    expect(await moegoHere(["keys", "revoke", "key_demo_2"], variables)).toMatchObject({ code: 0 });

    await using again = await startService(variables);
    expect(await moegoHere(["seed"], variables)).toMatchObject({
      ...{
        stdout: `cmp_001 ${first}\n`,
        stderr: expect.stringContaining("demo key of cmp_002 was rotated or revoked"),
      },
    });
    for (const secret of [first, rotated]) expect((await listCustomers(again.httpUrl, secret)).status).toBe(200);
    await own.owner.query("UPDATE api_key_secret SET expired_time = now() WHERE expired_time IS NOT NULL");
    await until(async () => (await listCustomers(again.httpUrl, first)).status === 401);
    expect((await listCustomers(again.httpUrl, rotated)).status).toBe(200);
    expect(await moegoHere(["seed"], variables)).toMatchObject({ code: 0, stdout: "" });
  });

  it("gives no secret to a revoked key, nor to one that does not exist", async () => {
    const { key } = await createJson("--name", "Gone", "--company", "cmp_001");
    await moegoHere(["keys", "revoke", key.id], environment);
    for (const id of [key.id, "key_404"]) {
      expect(await moegoHere(["keys", "rotate", id], environment)).toMatchObject({ code: 65, stdout: "" });
    }
  });

  it("lets an expired key in no more", async () => {
    const { key, secret } = await createJson("--name", "Trial", "--company", "cmp_001", "--expires", "1h");
    expect((await listCustomers(service.httpUrl, secret)).status).toBe(200);
    await database.owner.query("UPDATE api_key SET expired_time = now() WHERE id = $1", [key.id]);
    await until(async () => (await listCustomers(service.httpUrl, secret)).status === 401);
    expect(await reasonOf(await listCustomers(service.httpUrl, secret))).toBe("KEY_EXPIRED");
  });

  it("reaches exactly the organizations that it names", async () => {
    await database.owner.query("UPDATE company SET enterprise_id = 'ent_1' WHERE id = 'cmp_002'");
    const mixed = await createJson("--name", "Mixed", "--enterprise", "ent_1", "--business", "cmp_001/bus_001");
    expect((await listCustomers(service.httpUrl, mixed.secret, "cmp_002")).status).toBe(200);
    const ofBusiness = await listCustomers(service.httpUrl, mixed.secret, "cmp_001");
    expect(customerIds(await ofBusiness.json())).toEqual(["cus_201"]);
    const other = await createJson("--name", "Other", "--company", "cmp_002");
    expect((await listCustomers(service.httpUrl, other.secret, "cmp_001")).status).toBe(403);
  });

  it("has its scopes and addresses", async () => {
    const reader = await createJson("--name", "Reader", "--company", "cmp_001", "--scope", "setting:read");
    expect(await reasonOf(await listCustomers(service.httpUrl, reader.secret))).toBe("SCOPE_REQUIRED");
    const elsewhere = await createJson("--name", "Away", "--company", "cmp_001", "--allow-address", "192.0.2.0/24");
    expect(await reasonOf(await listCustomers(service.httpUrl, elsewhere.secret))).toBe("IP_NOT_ALLOWED");
    const here = await createJson("--name", "Here", "--company", "cmp_001", "--allow-address", "127.0.0.0/8");
    expect((await listCustomers(service.httpUrl, here.secret)).status).toBe(200);
  });

  it("notes when a key was last used", async () => {
    const { key, secret } = await createJson("--name", "Used", "--company", "cmp_001");
    await listCustomers(service.httpUrl, secret);
    await until(async () => {
      const { rows } = await database.owner.query("SELECT last_used_time FROM api_key WHERE id = $1", [key.id]);
      return rows[0]?.last_used_time instanceof Date;
    });
  });

  it("lists keys with their state, without any secret", async () => {
    const { code, stdout } = await moegoHere(["keys", "list"], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ID +NAME +STATE +ORGANIZATIONS +SECRET PREFIX +LAST USED +SCOPES\n/);
    expect(stdout).toMatch(/key_\w+ +Short-lived +revoked +cmp_001/);
    expect(stdout).toMatch(/key_demo_1 +Demo key of cmp_001 +active +cmp_001/);
  });

  it("says everything that is wrong with a new key, makes none, and exits 65", async () => {
    const before = await countKeys();
    const wrong = await create(
      ...["--name", "Wrong", "--company", "cmp_404", "--business", "cmp_002/bus_001", "--scope", "customer:eat"],
      ...["--staff", "staff_404", "--allow-address", "10.0.0.0/99", "--expires", "2001-01-01"],
    );
    expect(wrong.code).toBe(65);
    const options = wrong.stderr.split("\n").map((line) => line.split(": ")[0]);
    expect(options).toEqual([
      ...["--scope customer:eat", "--allow-address 10.0.0.0/99", "--expires"],
      ...["--company cmp_404", "--business cmp_002/bus_001", "--staff", ""],
    ]);
    expect((await create("--name", "Nowhere")).code).toBe(65);
    expect(await countKeys()).toBe(before);
  });

  it.each([
    [["keys"]],
    [["keys", "create"]],
    [["keys", "create", "--name", "x", "--unknown", "y"]],
    [["keys", "create", "--name", "x", "--business", "biz_001"]],
    [["keys", "create", "--name", "x", "--company", "cmp_001", "--expires", "soon"]],
    [["keys", "rotate"]],
    [["keys", "rotate", "key_demo_1", "--overlap", "31d"]],
    [["keys", "revoke"]],
    [["serve", "now"]],
    [["constructor"]],
  ])("exits 64 for words that it does not understand: %j", async (words) => {
    const { code, stdout, stderr } = await moegoHere(words, environment);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toMatch(/Run `moego .*help` for usage\.\n$/);
  });

  it("names every option that is missing at once, and the commands that a word begins", async () => {
    const company = await moegoHere(["companies", "create", "--country", "US"], environment);
    expect(company.stderr).toBe(
      "Missing required options: --name, --time-zone.\nRun `moego companies create --help` for usage.\n",
    );
    const keys = await moego(["keys"], environment);
    expect(keys.code).toBe(64);
    expect(keys.stderr).toContain(
      "Did you mean: moego keys create, moego keys list, moego keys rotate, moego keys revoke?",
    );
  });

  it("prints its version without any configuration", async () => {
    const wrong = { HTTP_PORT: "not a port" };
    for (const word of ["version", "--version"])
      expect(await moegoHere([word], wrong)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+\ntime zone data \d{4}[a-z]\n$/),
      });
  });
});

/** Node tells a host of two addresses that both refuse by an error without a message; not every machine has such a name. */
const twoAddresses = `import dns from "node:dns";
  const both = [{ address: "127.0.0.1", family: 4 }, { address: "::1", family: 6 }];
  dns.lookup = (host, options, done) => done(null, both);`;

describe("a database that cannot be reached", () => {
  it.each(["migrate", "companies list", "keys list"])("is told of in one sentence by moego %s", async (command) => {
    await using free = await takePort();
    await free[Symbol.asyncDispose]();
    const { code, stderr } = await moego(command.split(" "), {
      ...{ ...secrets, DATABASE_URL: `postgresql://moego:hidden-password@localhost:${free.port}/moego` },
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(twoAddresses)}`,
    });
    expect(code).toBe(69);
    expect(stderr).toMatch(/^Cannot connect to the database of DATABASE_URL .* \(ECONNREFUSED\)\.\n$/);
  });
});

describe("a database of your own that is empty", () => {
  it("is told to migrate first where it has no tables", async () => {
    await using empty = await createEmptyDatabase();
    const { code, stderr } = await moegoHere(["companies", "list"], environmentOf(empty));
    expect({ code, stderr }).toEqual({
      ...{ code: 78, stderr: "The database schema is out of date. Run: moego migrate\n" },
    });
  });

  it("gets its first company, location and key from the command", async () => {
    await using empty = await createDatabase();
    const variables = environmentOf(empty);
    const zone = ["--country", "US", "--time-zone", "America/New_York"];
    const company = ["companies", "create", "--id", "cmp_9", "--name", "First", ...zone];
    expect(await moegoHere(company, variables)).toMatchObject({ code: 0, stdout: "cmp_9\n" });
    expect((await moegoHere(company, variables)).code).toBe(73);
    const location = ["businesses", "create", "--company", "cmp_9", "--name", "Main street"];
    const businessId = (await moegoHere(location, variables)).stdout.trim();
    expect(businessId).toMatch(/^biz_[0-9A-Za-z]{22}$/);
    expect((await moegoHere(["businesses", "list", "--company", "cmp_9"], variables)).stdout).toContain(businessId);
    const key = await moegoHere(["keys", "create", "--name", "first", "--business", `cmp_9/${businessId}`], variables);
    expect(key.code).toBe(0);
    expect((await moegoHere(["seed"], variables)).stderr).toContain("SEED_DEMO=1");
  });

  it("refuses an id of the shape that erased records have", async () => {
    await using empty = await createDatabase();
    const company = ["companies", "create", "--id", "erased_1", "--name", "x", "--country", "US", "--time-zone", "UTC"];
    const location = ["businesses", "create", "--company", "cmp_9", "--id", "erased_1", "--name", "x"];
    for (const words of [company, location]) {
      expect(await moegoHere(words, environmentOf(empty))).toMatchObject({
        ...{ code: 65, stderr: "--id: Must not start with `erased_`, a reserved prefix.\n" },
      });
    }
  });

  it("refuses a country or a time zone that does not exist, and a short name of a zone", async () => {
    await using empty = await createDatabase();
    for (const zone of ["Mars/Olympus", "CET"]) {
      const words = ["companies", "create", "--name", "x", "--country", "ZZ", "--time-zone", zone];
      const { code, stderr } = await moegoHere(words, environmentOf(empty));
      expect(code).toBe(65);
      expect(stderr).toMatch(/^--country: .*\n--time-zone: .*\n$/);
    }
  });
});

function create(...words: string[]) {
  return moegoHere(["keys", "create", ...words], environment);
}

async function createJson(...words: string[]): Promise<{ key: { id: string }; secret: string }> {
  const made = await create(...words, "--json");
  if (made.code !== 0) throw new Error(made.stderr);
  const { secret, ...key } = JSON.parse(made.stdout);
  return { key, secret };
}

async function reasonOf(response: Response): Promise<string> {
  const { details } = JSON.parse(await response.text());
  return details[0].reason;
}

function customerIds(answer: unknown): string[] {
  const { customers } = JSON.parse(JSON.stringify(answer));
  return customers.map((customer: { id: string }) => customer.id);
}

async function countKeys(): Promise<string> {
  const { rows } = await database.owner.query("SELECT count(*) FROM api_key");
  return rows[0]?.count;
}
