import type { CardEvents, EventOutcome } from "../../core/card-provider.js";
import { clientNetwork } from "../../core/client-address.js";
import { DomainError } from "../../core/errors.js";
import type { AttemptBudget } from "../../core/key-grants.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import { type AddressOf, forwardedForHeader } from "../pipeline/client-address.js";
import type { PageReport } from "../pipeline/observe-page.js";
import { toStatusError } from "../pipeline/status.js";
import { type HttpAnswer, type HttpHandler, type HttpRequest, headerOf, jsonAnswer } from "./http-message.js";

/** Path of the webhook endpoints below the public address. The id of the company follows. */
export const stripeWebhookPath = "/webhooks/stripe";

interface WebhookOptions {
  readonly events: CardEvents;
  readonly addressOf: AddressOf;
  /** Events with a wrong signature, by client address. */
  readonly budget: AttemptBudget;
  readonly report: (page: PageReport) => void;
}

/** Serves the webhook endpoints that companies create in their Stripe accounts. The signature replaces an API key. */
export function createStripeWebhookHandler({ events, addressOf, budget, report }: WebhookOptions): HttpHandler {
  return async (request) => {
    if (!request.path.startsWith(`${stripeWebhookPath}/`)) return undefined;
    const startedMs = performance.now();
    const requestId = requestIdOf(headerOf(request, requestIdHeader));
    const clientAddress = addressOf(request.peerAddress, headerOf(request, forwardedForHeader));
    const companyId = request.path.slice(stripeWebhookPath.length + 1);
    const { answer, ...outcome } = await receive(request, { companyId, requestId, clientAddress }).catch(
      (cause: unknown): Received => ({ answer: failed(cause, requestId), cause }),
    );
    const { method } = request;
    const durationMs = performance.now() - startedMs;
    report({ page: "stripe webhook", method, status: answer.status, durationMs, requestId, clientAddress, ...outcome });
    return { ...answer, headers: { ...answer.headers, [requestIdHeader]: requestId } };
  };

  async function receive(request: HttpRequest, { companyId, requestId, clientAddress }: Delivery): Promise<Received> {
    if (request.method !== "POST") return { answer: jsonAnswer(405, { error: "Only POST." }, { allow: "POST" }) };
    const network = clientNetwork(clientAddress);
    const exhausted = budget.take(network);
    if (exhausted) {
      const seconds = String(Math.ceil(exhausted.retryDelayMs / 1_000));
      return { answer: jsonAnswer(429, { error: "Too many requests." }, { "retry-after": seconds }) };
    }
    // The signature is of the bytes as they were sent.
    const body = await request.readBody(0, { needsKey: false });
    const event = { body, signature: headerOf(request, "stripe-signature") ?? "" };
    const outcome = await events.receive(companyId, event, { requestId, signal: request.signal });
    if (outcome === "forged") return { answer: answers.forged };
    budget.giveBack(network);
    // Of the path only after the signature has shown that the company exists.
    return { answer: answers[outcome], companyId };
  }
}

interface Delivery {
  readonly companyId: string;
  readonly requestId: string;
  readonly clientAddress: string;
}

type Received = { readonly answer: HttpAnswer } & Pick<PageReport, "companyId" | "cause">;

/** Stripe sends an event again for up to three days, unless the status is 2xx. */
const answers: Readonly<Record<EventOutcome, HttpAnswer>> = {
  accepted: jsonAnswer(200, { received: true }),
  forged: jsonAnswer(400, { error: "The Stripe-Signature header does not match." }),
  failed: jsonAnswer(503, { error: "The card could not be read from Stripe." }),
};

function failed(cause: unknown, requestId: string): HttpAnswer {
  const error = cause instanceof DomainError ? cause : new DomainError("INTERNAL", "Internal error.", {}, { cause });
  return jsonAnswer(toStatusError(error, requestId).httpStatus, { error: "The event was not processed." });
}
