import type { Stripe } from "stripe";
import type {
  CardProvider,
  ProviderCard,
  ProviderEvent,
  ProviderSession,
  SessionResult,
} from "../core/card-provider.js";

interface StripeOptions {
  /** Origin of the Stripe API. */
  readonly apiUrl: string;
  /** Where Stripe sends the person afterwards. */
  readonly doneUrl: () => string;
  readonly canceledUrl: () => string;
  /** Gets the kind of a failure, without messages and values. */
  readonly onFailure: (fields: object) => void;
}

/** Per attempt. A person waits for the response. */
const timeoutMs = 5_000;
const maxNetworkRetries = 1;

/** Checkout sessions of Stripe in setup mode, with its official library. */
export function createStripeCards({ apiUrl, doneUrl, canceledUrl, onFailure }: StripeOptions): CardProvider {
  // Loaded with the first card: the module is large, and most deployments never need it.
  let loading: Promise<typeof Stripe> | undefined;
  async function clientOf(apiKey: string): Promise<Stripe> {
    loading ??= import("stripe").then((module) => module.default);
    const { protocol, hostname: host, port } = new URL(apiUrl);
    return new (await loading)(apiKey, {
      ...{ host, timeout: timeoutMs, maxNetworkRetries, telemetry: false },
      ...(port === "" ? {} : { port: Number(port) }),
      protocol: protocol === "http:" ? "http" : "https",
    });
  }

  async function attempt(operation: string, work: () => Promise<Stripe.Checkout.Session>): Promise<SessionResult> {
    try {
      return { kind: "session", session: toSession(await work()) };
    } catch (error) {
      return { kind: report(operation, error).kind };
    }
  }

  function report(operation: string, error: unknown): Failure {
    const failure = failureOf(error);
    const { type, code, param, status, providerRequestId } = failure;
    onFailure({ provider: "stripe", operation, type, code, param, status, providerRequestId });
    return failure;
  }

  return {
    async start(apiKey, { companyId, linkId, idempotencyKey, providerCustomerId: customer }) {
      const stripe = await clientOf(apiKey);
      const params: Stripe.Checkout.SessionCreateParams = {
        ...{ mode: "setup", payment_method_types: ["card"], client_reference_id: linkId },
        ...{ success_url: doneUrl(), cancel_url: canceledUrl() },
        metadata: { moego_company: companyId, moego_card_link: linkId },
      };
      const create = (more: Stripe.Checkout.SessionCreateParams, key: string) =>
        stripe.checkout.sessions.create({ ...params, ...more }, { idempotencyKey: key });
      return attempt("create session", async () => {
        if (customer === undefined) return create({ customer_creation: "always" }, idempotencyKey);
        return create({ customer }, idempotencyKey).catch((error: unknown) => {
          // The company has deleted the customer, or uses another account now.
          if (failureOf(error).param !== "customer") throw error;
          return create({ customer_creation: "always" }, `${idempotencyKey}.new`);
        });
      });
    },

    async get(apiKey, sessionId) {
      const stripe = await clientOf(apiKey);
      return attempt("get session", () => stripe.checkout.sessions.retrieve(sessionId));
    },

    async cardOf(apiKey, { setupId }) {
      if (setupId === undefined) return undefined;
      const stripe = await clientOf(apiKey);
      try {
        return toCard(await stripe.setupIntents.retrieve(setupId, { expand: ["payment_method"] }));
      } catch (error) {
        report("get setup intent", error);
        return undefined;
      }
    },

    async readEvent({ body, signature, secret }): Promise<ProviderEvent> {
      // The key is not used: verifying a signature sends nothing.
      const { webhooks } = await clientOf("unused");
      try {
        const { type, data } = webhooks.constructEvent(Buffer.from(body), signature, secret, signatureToleranceSeconds);
        if (type !== "checkout.session.completed" || data.object.mode !== "setup") return { kind: "other" };
        return { kind: "completed", session: toSession(data.object) };
      } catch {
        return { kind: "forged" };
      }
    },
  };
}

/** An event that is older could be a copy from elsewhere. Stripe signs each delivery again. */
const signatureToleranceSeconds = 300;

const statuses = ["open", "complete", "expired"] as const;

function toSession(session: Stripe.Checkout.Session): ProviderSession {
  const { id, status, url, client_reference_id: linkId, setup_intent: setup } = session;
  return {
    id,
    // A status that this version does not know: the person gets a new session.
    status: statuses.find((known) => known === status) ?? "expired",
    url: url ?? undefined,
    linkId: linkId ?? "",
    setupId: typeof setup === "string" ? setup : setup?.id,
  };
}

function toCard({ status, customer, payment_method: method }: Stripe.SetupIntent): ProviderCard | undefined {
  if (status !== "succeeded" || !method || typeof method === "string" || !method.card) return undefined;
  const owner = customer ?? method.customer;
  return {
    provider: "STRIPE",
    providerCustomerId: (typeof owner === "string" ? owner : owner?.id) ?? "",
    paymentMethodId: method.id,
    brand: method.card.brand,
    lastFour: method.card.last4,
    expiryMonth: method.card.exp_month,
    expiryYear: method.card.exp_year,
  };
}

interface Failure {
  readonly kind: "refused" | "missing" | "unreachable";
  readonly type: string;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly status: number | undefined;
  readonly providerRequestId: string | undefined;
}

/** The library's errors have messages with values, which are left out. */
function failureOf(error: unknown): Failure {
  const member = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const text = (name: string) => {
    const value = member(name);
    return typeof value === "string" ? value : undefined;
  };
  const statusCode = member("statusCode");
  const status = typeof statusCode === "number" ? statusCode : undefined;
  return {
    kind: kindOf(status),
    ...{ type: text("type") ?? "unknown", code: text("code"), param: text("param") },
    ...{ status, providerRequestId: text("requestId") },
  };
}

/** Stripe stores results under an idempotency key, 500 included, but not those of a request that it did not begin. */
function kindOf(status: number | undefined): Failure["kind"] {
  if (status === undefined || status === 409 || status === 429) return "unreachable";
  return status === 404 ? "missing" : "refused";
}
