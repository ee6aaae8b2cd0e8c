import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { consentChannel, consentSource, toProtoConsent } from "../../api/consent-message.js";
import { id } from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import { protoEnum } from "../../api/proto-enum.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { consentPurposes } from "../../core/contact-rule.js";
import { type Violation, violation } from "../../core/errors.js";
import { idFormat, isId } from "../../core/ids.js";
import {
  type CheckConsentRequest,
  type ConsentEntrySchema,
  ConsentPurposeSchema,
  type ConsentService,
} from "../../gen/proto/moego/admin/v1/consent_service_pb.js";
import type { ConsentEntry, ConsentSubject } from "./consent.model.js";
import type { ConsentHistory } from "./consent.service.js";
import { createOptOutHandlers } from "./opt-out.handlers.js";
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

    checkConsent: rpc(
      (request, _context, parse) => {
        const { companyId, ...question } = parse(consentQuestion, subjectViolations(request));
        return { ...question, subject: subjectOf(companyId, request) };
      },
      async (question, { principal, signal }) => {
        const { allowed, entry } = await consents.check(question, principal, signal);
        return { allowed, ...(entry ? { entry: toProtoEntry(entry) } : {}) };
      },
    ),
  };
}

const historyQuery = z.object({ companyId: id, pagination });

const consentPurpose = protoEnum(ConsentPurposeSchema, consentPurposes);

const consentQuestion = z.object({
  ...{ companyId: id, channel: consentChannel.required },
  ...{ purpose: consentPurpose.required, at: moment.optional() },
});

type Subject = Pick<CheckConsentRequest, "subject">;

function subjectViolations({ subject }: Subject): Violation[] {
  if (!subject.case) {
    return [violation("subject", "REQUIRED", "Required: set customer_id or lead_id.")];
  }
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
    occurredTime: timestampFromDate(occurredTime),
    givenTime: timestampFromDate(givenTime),
    source: consentSource.toProto(source),
    withheldChannels: withheldChannels.map(consentChannel.toProto),
    ...(before ? { before: toProtoConsent(before) } : {}),
    after: toProtoConsent(after),
  };
}
