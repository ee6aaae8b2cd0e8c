import { type HttpHandler, jsonAnswer } from "./http-message.js";

export const demoEchoPath = "/demo/echo";

/** Far more than a manual test needs. */
const maxBodyBytes = 16 * 1024;

/**
 * Acts as a third-party system for the demo data: `/demo/echo` returns the request as JSON. It needs no API key, and it
 * returns only headers that start with `x-`.
 */
export const demoEcho: HttpHandler = async (request) => {
  if (request.path !== demoEchoPath || request.method === "OPTIONS") return undefined;
  const body = await request.readBody(0, { needsKey: false });
  if (body.byteLength > maxBodyBytes) return jsonAnswer(413, { error: "The demo echo accepts at most 16 KiB." });
  const headers = Object.entries(request.headers).filter(([name]) => name.startsWith("x-"));
  return jsonAnswer(200, {
    method: request.method,
    query: Object.fromEntries(new URLSearchParams(request.query)),
    headers: Object.fromEntries(headers),
    body: readText(Buffer.from(body).toString("utf8")),
  });
};

function readText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
