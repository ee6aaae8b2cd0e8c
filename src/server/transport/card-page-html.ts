import { createHash } from "node:crypto";
import type { CardEntry, CardPage } from "../../core/card-page.js";
import type { HttpAnswer } from "./http-message.js";

const style = `:root{color-scheme:light dark}
body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;padding:1.5rem;color:#1a1a1a;background:#fff}
main{max-width:32rem;margin:2rem auto}
h1{font-size:1.5rem;line-height:1.25}
button,.button{display:inline-block;font:inherit;font-weight:600;padding:.75rem 1.5rem;min-height:2.75rem;border:0;
border-radius:.5rem;color:#fff;background:#0b5394;text-decoration:none;cursor:pointer}
:focus-visible{outline:3px solid #b45f06;outline-offset:3px}
@media (prefers-color-scheme:dark){body{color:#f2f2f2;background:#161616}:focus-visible{outline-color:#ffd966}}`;

/** Where the form may lead: browsers compare redirects of a form with `form-action` too. */
const checkoutOrigin = "https://checkout.stripe.com";

/**
 * The address of the page contains a secret, and its button starts something. So: no scripts, no resources of other
 * sites, no frames around it, no copies in caches and search engines, and no address of it sent to other sites.
 */
const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    `form-action 'self' ${checkoutOrigin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "x-robots-tag": "noindex, nofollow",
  "cache-control": "no-store",
};

/** A page without a link, or that a link cannot show. */
export type Notice = "done" | "canceled" | "otherSite" | "tooMany" | "wrongMethod" | "failed";

interface PageText {
  readonly status: number;
  readonly title: string;
  /** Plain text. */
  readonly paragraphs: readonly string[];
  /** Sends an empty form to the address of the page. */
  readonly button?: string;
  readonly link?: { readonly text: string; readonly url: string };
}

/** The page in the state of its link. The page of the provider is opened by a redirect, or by a link on this page. */
export function cardPageAnswer(page: CardPage): HttpAnswer {
  if (page.kind === "provider" && originOf(page.url) === checkoutOrigin) {
    return { status: 303, headers: { ...headers, location: page.url }, body: new Uint8Array() };
  }
  return htmlAnswer(textOf(page));
}

export function noticeAnswer(notice: Notice, more: Partial<Pick<HttpAnswer, "status" | "headers">> = {}): HttpAnswer {
  const answer = htmlAnswer(notices[notice]);
  return { ...answer, status: more.status ?? answer.status, headers: { ...answer.headers, ...more.headers } };
}

function textOf(page: CardPage): PageText {
  switch (page.kind) {
    case "valid":
      return { status: 200, ...entryTexts[page.entry](page.companyName) };
    case "provider":
      return {
        ...{ status: 200, title: "Add a payment card" },
        paragraphs: [`Enter your card on the page of the payment provider of ${page.companyName}.`],
        link: { text: "Continue to the payment provider", url: page.url },
      };
    case "used":
      return {
        ...{ status: 200, title: "Your card is on file" },
        paragraphs: [`This link was used. To add another card, ask ${page.companyName} for a new link.`],
      };
    case "expired":
      return {
        ...{ status: 410, title: "This link has expired" },
        paragraphs: [`No card was added. Ask ${page.companyName} for a new link.`],
      };
    case "unavailable":
      return {
        ...{ status: 503, title: "The payment page is not available" },
        paragraphs: [
          "No card was added. Wait a moment, then open the link again.",
          `If that does not help, contact ${page.companyName}.`,
        ],
      };
    case "unknown":
      // Not 404: expired links are removed after a while, so an unknown one was most likely valid once.
      return {
        ...{ status: 410, title: "This link is not valid" },
        paragraphs: [
          "No card was added. Check that you opened the whole link, or ask the company that sent it for a new one.",
        ],
      };
    default:
      return page satisfies never;
  }
}

const entryTexts: Readonly<Record<CardEntry, (company: string) => Omit<PageText, "status">>> = {
  provider: (company) => ({
    title: "Add a payment card",
    paragraphs: [
      `${company} would like to keep a payment card of yours on file.`,
      `You enter the card on the page of Stripe, the payment provider. ${company} never sees the card number.`,
    ],
    button: "Continue to Stripe",
  }),
  demo: (company) => ({
    title: "Add a payment card",
    paragraphs: [
      `${company} would like to keep a payment card of yours on file.`,
      "This is a demonstration. It needs no card: the button confirms with a sample card.",
    ],
    button: "Confirm",
  }),
  company: (company) => ({
    title: "Add a payment card",
    paragraphs: [
      `${company} does not accept cards on this page yet.`,
      `Contact ${company} and ask how to give them your card. Do not send a card number by email or text message.`,
    ],
  }),
};

const notices: Readonly<Record<Notice, PageText>> = {
  done: {
    ...{ status: 200, title: "Thank you" },
    paragraphs: ["The payment provider has received your card. You can close this page."],
  },
  canceled: {
    ...{ status: 200, title: "No card was added" },
    paragraphs: ["Open the link that you received to start again, or close this page."],
  },
  otherSite: {
    ...{ status: 403, title: "Open the link again" },
    paragraphs: ["Another site sent this request. Open the link that you received, and use the button on its page."],
  },
  tooMany: {
    ...{ status: 429, title: "Too many requests" },
    paragraphs: ["Wait a moment, then open the link again."],
  },
  wrongMethod: {
    ...{ status: 405, title: "Open the link in a browser" },
    paragraphs: ["This address is a page. It supports GET, HEAD and POST."],
  },
  failed: {
    ...{ status: 503, title: "Something went wrong" },
    paragraphs: ["No card was added. Wait a moment, then open the link again."],
  },
};

function htmlAnswer({ status, title, paragraphs, button, link }: PageText): HttpAnswer {
  // Without this a browser sends `Origin: null` with the form, like a page of another site would.
  const referrer = button === undefined ? "" : '<meta name="referrer" content="same-origin">\n';
  const lines = [
    ...[`<h1>${escapeHtml(title)}</h1>`, ...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`)],
    ...(button === undefined
      ? []
      : [`<form method="post"><button type="submit">${escapeHtml(button)}</button></form>`]),
    ...(link ? [`<p><a class="button" href="${escapeHtml(link.url)}">${escapeHtml(link.text)}</a></p>`] : []),
  ];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
${referrer}<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${lines.join("\n")}
</main>
</body>
</html>
`;
  return { status, headers, body: Buffer.from(html) };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
