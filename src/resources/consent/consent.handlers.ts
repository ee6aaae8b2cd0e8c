import type { MessageInitShape } from "@bufbuild/protobuf";
import { z } from "zod";
import { consentChannel, consentSource, toProtoConsent } from "../../api/consent-message.js";
import { countryOf, id } from "../../api/fields.js";
import { moment, toTimestamp } from "../../api/google-types.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { protoEnum } from "../../api/proto-enum.js";
import { type Context, type Parse, rpc, type ServiceHandlers } from "../../api/rpc.js";
import { consentChannels } from "../../core/consent.js";
import { type ConsentRefusal, consentPurposes, consentRefusals } from "../../core/contact-rule.js";
import { invalidRequest, type Violation, violation } from "../../core/errors.js";
import { idFormat, isId } from "../../core/ids.js";
import {
  type CheckConsentRequest,
  type ConsentEntrySchema,
  ConsentPurposeSchema,
  ConsentRefusalSchema,
  type ConsentService,
  type ListConsentHistoryRequest,
} from "../../gen/proto/moego/admin/v1/consent_service_pb.js";
import type { ConsentEntry, ConsentQuestion, ConsentSubject } from "./consent.model.js";
import type { ConsentHistory } from "./consent.service.js";
import { createOptOutHandlers } from "./opt-out.handlers.js";
import { contactLine, wrongChannel } from "./opt-out.input.js";
import type { LineQuestion } from "./opt-out.model.js";
import type { OptOuts } from "./opt-out.service.js";

interface ConsentParts {
  readonly consents: ConsentHistory;
  readonly optOuts: OptOuts;
  readonly pageTokens: PageTokens;
}

/** Handlers of `moego.admin.v1.ConsentService`. */
export function createConsentHandlers({
  consents,
  optOuts,
  pageTokens,
}: ConsentParts): ServiceHandlers<typeof ConsentService> {
  return {
    ...createOptOutHandlers(optOuts, pageTokens),

    listConsentHistory: paged(
      pageTokens,
      (request, _context, parse) => subjectOf(parse(historyQuery, subjectViolations(request)).companyId, request),
      {
        find: (subject, page, { principal, signal }) => consents.list({ subject, page }, principal, signal),
        order: (entry) => ({ time: entry.occurredTime, id: entry.id }),
        respond: (rows, nextPageToken) => ({ entries: rows.map(toProtoEntry), nextPageToken }),
      },
    ),

    checkConsent: rpc(questionOf, async (question, { principal, signal }) => {
      if ("line" in question) return answerOf(await optOuts.check(question, principal, signal));
      const { because, entry } = await consents.check(question, principal, signal);
      return { ...answerOf(because), ...(entry ? { entry: toProtoEntry(entry) } : {}) };
    }),
  };
}

function answerOf(because: readonly ConsentRefusal[]) {
  return { allowed: because.length === 0, because: because.map(consentRefusal.toProto) };
}

const historyQuery = z.object({ companyId: id, pagination });

const consentPurpose = protoEnum(ConsentPurposeSchema, consentPurposes);
const consentRefusal = protoEnum(ConsentRefusalSchema, consentRefusals);

const consentQuestion = z.object({
  ...{ companyId: id, channel: consentChannel.required },
  ...{ purpose: consentPurpose.required, at: moment.optional() },
});

function questionOf(
  request: CheckConsentRequest,
  { principal }: Context,
  parse: Parse,
): ConsentQuestion | LineQuestion {
  const { subject } = request;
  if (subject.case !== "phone" && subject.case !== "email") {
    const violations = subjectViolations({ subject }, "Required: set customer_id, lead_id, phone or email.");
    const { companyId, ...question } = parse(consentQuestion, violations);
    return { ...question, subject: subjectOf(companyId, { subject }) };
  }
  const { line, violations } = contactLine(subject, countryOf(principal, request.companyId));
  const channel = consentChannels.wordOf(request.channel);
  const unreachable = line && channel ? wrongChannel("channel", line, channel) : [];
  const question = parse(consentQuestion, [...violations, ...unreachable]);
  if (!line) throw invalidRequest(violations);
  return { ...question, line };
}

type Subject = Pick<ListConsentHistoryRequest, "subject">;

function subjectViolations({ subject }: Subject, missing = "Required: set customer_id or lead_id."): Violation[] {
  if (!subject.case) return [violation("subject", "REQUIRED", missing)];
  if (isId(subject.value)) return [];
  return [violation(subject.case === "customerId" ? "customer_id" : "lead_id", "INVALID_FORMAT", idFormat)];
}

function subjectOf(companyId: string, { subject }: Subject): ConsentSubject {
  return { companyId, kind: subject.case === "leadId" ? "lead" : "customer", id: subject.value ?? "" };
}

function toProtoEntry(entry: ConsentEntry): MessageInitShape<typeof ConsentEntrySchema> {
  const { before, after, occurredTime, givenTime, source, withheldChannels, ...same } = entry;
  return {
    ...same,
    occurredTime: toTimestamp(occurredTime),
    givenTime: toTimestamp(givenTime),
    source: consentSource.toProto(source),
    withheldChannels: withheldChannels.map(consentChannel.toProto),
    ...(before ? { before: toProtoConsent(before) } : {}),
    after: toProtoConsent(after),
  };
}
