import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";

interface Session {
  readonly id: string;
  readonly apiKey: string;
  readonly params: URLSearchParams;
  status: "open" | "complete" | "expired";
  url: string;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** A local stand-in of the endpoints of Stripe that the server uses, which remembers results by idempotency key. */
export interface StripeStandIn {
  readonly url: string;
  readonly sessions: readonly Session[];
  /** Requests as `POST /v1/checkout/sessions`. */
  readonly requests: string[];
  /** The person enters the card on the page of the session. */
  complete(id: string): void;
  expire(id: string): void;
  /** The next request gets this status. */
  failNext(status: number, error?: object): void;
  /** Origin of the pages of sessions. */
  pageOrigin: string;
  stop(): Promise<void>;
}

export async function startStripe(): Promise<StripeStandIn> {
  const sessions: Session[] = [];
  const requests: string[] = [];
  const stored = new Map<string, { readonly params: string; readonly answer: Answer }>();
  const failures: Answer[] = [];
  const find = (id: string) => sessions.find((session) => session.id === id);

  const server = createServer(async (request, response) => {
    const params = await bodyOf(request);
    const path = request.url ?? "";
    requests.push(`${request.method} ${path}`);
    const key = request.headers["idempotency-key"];
    const apiKey = (request.headers.authorization ?? "").replace("Bearer ", "");
    const answer = typeof key === "string" ? onceFor(key, apiKey, path, params) : answerTo(apiKey, path, params);
    // The library would repeat a request that failed, with the same key.
    response.writeHead(answer.status, { "content-type": "application/json", "stripe-should-retry": "false" });
    response.end(JSON.stringify(answer.body));
  });

  function onceFor(key: string, apiKey: string, path: string, params: string): Answer {
    const earlier = stored.get(key);
    if (earlier && earlier.params !== params) return failure(400, { type: "idempotency_error" });
    const answer = earlier?.answer ?? answerTo(apiKey, path, params);
    stored.set(key, { params, answer });
    return answer;
  }

  function answerTo(apiKey: string, path: string, params: string): Answer {
    const failed = failures.shift();
    if (failed) return failed;
    if (path === "/v1/checkout/sessions") {
      const id = `cs_test_${sessions.length + 1}`;
      const made = { id, apiKey, params: new URLSearchParams(params), status: "open" as const };
      sessions.push({ ...made, url: `${standIn.pageOrigin}/c/pay/${id}` });
    }
    const id = path === "/v1/checkout/sessions" ? sessions.at(-1)?.id : /^\/v1\/\w+\/?\w*\/(\w+)/.exec(path)?.[1];
    const session = find((id ?? "").replace("seti_", "cs_test_"));
    if (!session || session.apiKey !== apiKey)
      return failure(404, { code: "resource_missing", type: "invalid_request_error" });
    return { status: 200, body: path.startsWith("/v1/setup_intents/") ? setupOf(session) : sessionObject(session) };
  }

  const standIn: StripeStandIn = {
    ...{ url: "", sessions, requests, pageOrigin: "https://checkout.stripe.com" },
    complete: (id) => setStatus(id, "complete"),
    expire: (id) => setStatus(id, "expired"),
    failNext: (status, error = {}) => void failures.push(failure(status, error)),
    stop: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  };
  function setStatus(id: string, status: Session["status"]): void {
    const session = find(id);
    if (!session) throw new Error(`no session ${id}`);
    session.status = status;
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return Object.assign(standIn, { url: `http://127.0.0.1:${address.port}` });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function failure(status: number, error: object): Answer {
  return { status, body: { error: { type: "api_error", message: "of the stand-in", ...error } } };
}

export function sessionObject({ id, params, status, url }: Session) {
  return {
    ...{ id, object: "checkout.session", mode: params.get("mode"), status, livemode: false },
    url: status === "open" ? url : null,
    client_reference_id: params.get("client_reference_id"),
    setup_intent: id.replace("cs_test_", "seti_"),
    customer: customerOf({ id, params }),
  };
}

function setupOf({ id, params, status }: Session) {
  const customer = customerOf({ id, params });
  const card = { brand: "mastercard", last4: "4444", exp_month: 8, exp_year: 2031 };
  return {
    ...{ id: id.replace("cs_test_", "seti_"), object: "setup_intent", customer },
    status: status === "complete" ? "succeeded" : "requires_payment_method",
    payment_method: { id: id.replace("cs_test_", "pm_"), object: "payment_method", type: "card", customer, card },
  };
}

function customerOf({ id, params }: Pick<Session, "id" | "params">): string {
  return params.get("customer") ?? id.replace("cs_test_", "cus_of_stripe_");
}

/** An event with its signature, as Stripe sends it. */
export function signedEvent(type: string, object: object, { secret = "", timestamp = Math.floor(Date.now() / 1_000) }) {
  const payload = JSON.stringify({ id: "evt_1", object: "event", type, data: { object } });
  const signature = new Stripe("sk_test_unused").webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return { payload, headers: { "content-type": "application/json", "stripe-signature": signature } };
}
