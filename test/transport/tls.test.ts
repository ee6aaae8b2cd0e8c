import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTls, watchCertificate } from "../../src/certificates.js";
import { selfSigned } from "./certificate.js";
import { startWorld, type World } from "./world.js";

const timeouts = { headersMs: 200, requestMs: 400, handshakeMs: 200 };
const tls = selfSigned();
let plain: World;
let secure: World;
beforeAll(async () => {
  plain = await startWorld({ timeouts, maxConnections: 4 });
  secure = await startWorld({ timeouts, maxConnections: 4, tls });
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

function secureSocket(port: number, protocol: "h2" | "http/1.1" = "http/1.1"): TLSSocket {
  return connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: [protocol] });
}

/** What a server sends until it closes. */
async function readAll(socket: Socket, send = ""): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => {});
  socket.write(send);
  await once(socket, "close");
  return text;
}

/** `once` would reject when the connection ends with an error. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
}

const worlds = [
  { name: "without TLS", socket: () => connectTcp(plain.httpPort, "127.0.0.1") },
  { name: "over TLS", socket: () => secureSocket(secure.httpPort) },
];

describe.each(worlds)("a slow client $name", ({ socket }) => {
  it("has limited time for the headers", async () => {
    expect(await readAll(socket(), "GET /v1/customers/cus_1 HTTP/1.1\r\nhost: x\r\n")).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("has limited time for the body", async () => {
    const head = "POST /v1/customers HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    expect(await readAll(socket(), head)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

it.each(["httpPort", "grpcPort"] as const)("limits the TLS handshake on the %s", async (port) => {
  await closed(connectTcp(secure[port], "127.0.0.1"));
});

it.each([
  ["httpPort", "without TLS"],
  ["grpcPort", "without TLS"],
  ["httpPort", "over TLS"],
  ["grpcPort", "over TLS"],
] as const)("closes connections above the limit: %s %s", async (port, how) => {
  await using own = await startWorld({ maxConnections: 2, ...(how === "over TLS" ? { tls } : {}) });
  const open = (): Socket => {
    const socket =
      how === "over TLS"
        ? secureSocket(own[port], port === "grpcPort" ? "h2" : "http/1.1")
        : connectTcp(own[port], "127.0.0.1");
    socket.on("error", () => {});
    return socket;
  };
  const kept = [open(), open()];
  await Promise.all(kept.map((socket) => once(socket, how === "over TLS" ? "secureConnect" : "connect")));
  await closed(open());
  expect(kept.map(({ destroyed }) => destroyed)).toEqual([false, false]);
  for (const socket of kept) socket.destroy();
});

it("renews the certificate from its files on both ports, and keeps the old one if the new one is unusable", async () => {
  const folder = await mkdtemp(join(tmpdir(), "moego-tls-"));
  const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
  const write = async (pair: { readonly certificate: string; readonly key: string }) => {
    await writeFile(files.certFile, pair.certificate);
    await writeFile(files.keyFile, pair.key);
  };
  const [first, second] = [selfSigned(), selfSigned()];
  await write(first);
  await using own = await startWorld({ tls: await readTls(files) });
  const logged: string[] = [];
  const note = (_fields: object, message: string) => void logged.push(message);
  using watch = watchCertificate(files, {
    current: first,
    log: { info: note, warn: note },
    renew: (pair) => {
      own.http.renewCertificate(pair);
      own.grpc.renewCertificate(pair);
    },
  });
  const served = () =>
    Promise.all(
      (
        [
          ["httpPort", "http/1.1"],
          ["grpcPort", "h2"],
        ] as const
      ).map(async ([port, protocol]) => {
        const socket = secureSocket(own[port], protocol);
        await once(socket, "secureConnect");
        const pem = socket.getPeerCertificate().raw.toString("base64");
        socket.destroy();
        return [first, second].findIndex(({ certificate }) => certificate.includes(pem));
      }),
    );

  await watch.check();
  expect([await served(), logged]).toEqual([[0, 0], []]);
  await writeFile(files.certFile, second.certificate);
  await watch.check();
  await watch.check();
  expect(await served()).toEqual([0, 0]);
  expect(logged).toEqual(["the TLS certificate changed and cannot be used; the old one is kept"]);
  await write(second);
  await watch.check();
  expect(await served()).toEqual([1, 1]);
  expect(logged.at(-1)).toBe("TLS certificate renewed");
  await expect(readTls({ ...files, keyFile: files.certFile })).rejects.toThrow(
    /TLS_CERT_FILE and TLS_KEY_FILE cannot be used/,
  );
  await rm(folder, { recursive: true });
});
