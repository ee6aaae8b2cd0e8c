import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isVerifiedConnection } from "../../src/db/verified-connection.js";
import { selfSigned } from "../transport/certificate.js";

/** Speaks TLS as PostgreSQL does, with a certificate that nobody vouches for, and counts who trusts it. */
const { certificate: cert, key } = selfSigned();
let trusted = 0;
const server = createServer((socket: Socket) => {
  socket.on("error", () => {});
  socket.once("data", () => {
    socket.write("S");
    const secure = new TLSSocket(socket, { isServer: true, cert, key });
    secure.on("error", () => {});
    secure.once("data", () => {
      trusted += 1;
      secure.destroy();
    });
  });
});
let port = 0;
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  port = address && typeof address === "object" ? address.port : 0;
});
afterAll(() => server.close());

const modes = ["sslmode=verify-full", "sslmode=verify-ca", "sslmode=require", "sslmode=prefer", "ssl=true"];

async function isTrusted(mode: string): Promise<boolean> {
  const before = trusted;
  const client = new pg.Client({ connectionString: `postgresql://moego:p@127.0.0.1:${port}/moego?${mode}` });
  client.on("error", () => {});
  await expect(client.connect()).rejects.toThrow();
  return trusted > before;
}

describe("the driver", () => {
  it.each(modes)("verifies the server with %s, as is taken for granted", async (mode) => {
    expect(isVerifiedConnection(`postgresql://moego@db.example.com/moego?${mode}`, { verifies: true })).toBe(true);
    expect(await isTrusted(mode)).toBe(false);
  });

  it("does not with sslmode=no-verify, which is not accepted", async () => {
    const mode = "sslmode=no-verify";
    expect(isVerifiedConnection(`postgresql://moego@db.example.com/moego?${mode}`, { verifies: true })).toBe(false);
    expect(await isTrusted(mode)).toBe(true);
  });
});
