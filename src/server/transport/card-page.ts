import type { CardPage, CardPages } from "../../core/card-page.js";
import { clientNetwork } from "../../core/client-address.js";
import { DomainError } from "../../core/errors.js";
import type { AttemptBudget } from "../../core/key-grants.js";
import { requestIdHeader, requestIdOf } from "../pipeline/call.js";
import { type AddressOf, forwardedForHeader } from "../pipeline/client-address.js";
import type { PageReport } from "../pipeline/observe-page.js";
import { toStatusError } from "../pipeline/status.js";
import { cardPageAnswer, noticeAnswer } from "./card-page-html.js";
import { type HttpAnswer, type HttpHandler, type HttpRequest, headerOf } from "./http-message.js";

/** Path of the pages below the public address. The token follows. */
export const cardPagePath = "/cof";
/** Where the payment provider sends the person. Without the token, which the provider has no need of. */
export const cardDonePath = `${cardPagePath}/done`;
export const cardCanceledPath = `${cardPagePath}/canceled`;

interface CardPageOptions {
  readonly pages: CardPages;
  readonly addressOf: AddressOf;
  /** Attempts with unknown tokens, by client address. */
  readonly budget: AttemptBudget;
  readonly report: (page: PageReport) => void;
}

/**
 * Serves the pages of card links. They are for people: every response is a page, errors too. GET and HEAD change
 * nothing, because mail and chat programs open links to preview them. The path contains a secret and is never logged.
 */
export function createCardPageHandler({ pages, addressOf, budget, report }: CardPageOptions): HttpHandler {
  return async (request) => {
    if (request.path !== cardPagePath && !request.path.startsWith(`${cardPagePath}/`)) return undefined;
    const startedMs = performance.now();
    const requestId = requestIdOf(headerOf(request, requestIdHeader));
    const clientAddress = addressOf(request.peerAddress, headerOf(request, forwardedForHeader));
    const { answer, ...outcome } = await answerOf(request, requestId, clientNetwork(clientAddress)).catch(
      (cause: unknown) => failedAnswer(cause, requestId),
    );
    const { method } = request;
    const durationMs = performance.now() - startedMs;
    report({ page: "card link", method, status: answer.status, durationMs, requestId, clientAddress, ...outcome });
    return { ...answer, headers: { ...answer.headers, [requestIdHeader]: requestId } };
  };

  async function answerOf(request: HttpRequest, requestId: string, network: string): Promise<Outcome> {
    const isPost = request.method === "POST";
    if (!isPost && request.method !== "GET" && request.method !== "HEAD")
      return { answer: noticeAnswer("wrongMethod", { headers: { allow: "GET, HEAD, POST" } }) };
    if (isPost && request.isCrossSite === true) return { answer: noticeAnswer("otherSite") };
    if (request.path === cardDonePath) return { answer: noticeAnswer("done") };
    if (request.path === cardCanceledPath) return { answer: noticeAnswer("canceled") };
    const exhausted = budget.take(network);
    if (exhausted) {
      const seconds = String(Math.ceil(exhausted.retryDelayMs / 1_000));
      return { answer: noticeAnswer("tooMany", { headers: { "retry-after": seconds } }) };
    }
    const token = request.path.slice(cardPagePath.length + 1);
    // The form is empty. Its body is read so that the connection can be used again.
    if (isPost) await request.readBody(0, { needsKey: false });
    const { signal } = request;
    const page = isPost ? await pages.submit(token, { requestId, signal }) : await pages.view(token, signal);
    // A press of the button can ask the payment provider, so it counts too.
    if (page.kind !== "unknown" && !isPost) budget.giveBack(network);
    return { answer: cardPageAnswer(page), ...named(page) };
  }
}

type Outcome = { readonly answer: HttpAnswer } & Pick<PageReport, "companyId" | "resourceId" | "cause">;

function named(page: CardPage) {
  return page.kind === "unknown" ? {} : { companyId: page.companyId, resourceId: page.linkId };
}

function failedAnswer(cause: unknown, requestId: string): Outcome {
  const error = cause instanceof DomainError ? cause : new DomainError("INTERNAL", "Internal error.", {}, { cause });
  return { answer: noticeAnswer("failed", { status: toStatusError(error, requestId).httpStatus }), cause };
}
