import { once } from "node:events";
import { request as requestHttp } from "node:http";
import { connect as connectHttp2, constants } from "node:http2";
import { request as requestHttps } from "node:https";
import { createServer } from "node:net";
import { type Config, ownUrl } from "../../config/config.js";
import { type Check, failed, ok } from "./check.js";

const patienceMs = 2_000;

/** Whether the ports are free, or a moego server answers there. */
export function checkPorts(config: Config): Promise<readonly Check[]> {
  return Promise.all([
    checkPort({ config, variable: "HTTP_PORT", port: config.httpPort, isMoego: answersHttp }),
    checkPort({ config, variable: "GRPC_PORT", port: config.grpcPort, isMoego: answersGrpc }),
  ]);
}

interface CheckedPort {
  readonly config: Config;
  readonly variable: "HTTP_PORT" | "GRPC_PORT";
  readonly port: number;
  readonly isMoego: (url: string) => Promise<boolean>;
}

async function checkPort({ config, variable, port, isMoego }: CheckedPort): Promise<Check> {
  if (port === 0) return ok(variable, "any free port");
  const code = await bindingError(config.host, port);
  if (code === undefined) return ok(variable, `${port} is free`);
  if (code === "EACCES")
    return failed(variable, `No permission to bind port ${port}. Set ${variable} to another port.`);
  if (code !== "EADDRINUSE") return failed(variable, `HOST is not an address of this machine (${code}).`);
  const url = ownUrl(config, port);
  if (await isMoego(url).catch(() => false)) return ok(variable, `${port} is in use: a moego server answers at ${url}`);
  return failed(variable, `Port ${port} is in use by another program. Set ${variable} to another port.`);
}

/** The code of the error; undefined if the port can be bound. */
async function bindingError(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

/** Who answers on this machine does not depend on a certificate that others trust. */
const anyCertificate = { rejectUnauthorized: false };

async function answersHttp(url: string): Promise<boolean> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  const sent = request(`${url}/healthz`, { ...anyCertificate, timeout: patienceMs, agent: false });
  sent.once("timeout", () => sent.destroy(new Error("no answer")));
  sent.end();
  const [response] = await once(sent, "response");
  let text = "";
  for await (const part of response) text += part;
  return response.statusCode === 200 && text === '{"status":"ok"}';
}

/** grpc.health.v1.Health/Check of the whole server, with an empty message. */
async function answersGrpc(url: string): Promise<boolean> {
  const session = connectHttp2(url, anyCertificate);
  try {
    session.on("error", () => {});
    const call = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
    });
    call.end(Buffer.alloc(5));
    call.resume();
    const signal = AbortSignal.timeout(patienceMs);
    const [headers] = await once(call, "trailers", { signal });
    return headers["grpc-status"] === "0";
  } finally {
    session.destroy();
  }
}
