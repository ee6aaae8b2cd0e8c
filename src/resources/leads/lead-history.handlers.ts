import { z } from "zod";
import { id } from "../../api/fields.js";
import { type PageTokens, pagination } from "../../api/page-token.js";
import { paged } from "../../api/paged.js";
import type { ServiceHandlers } from "../../api/rpc.js";
import { type Violation, violation } from "../../core/errors.js";
import { idFormat, isId } from "../../core/ids.js";
import type { LeadAdminService, ListLeadHistoryRequest } from "../../gen/proto/moego/admin/v1/lead_admin_service_pb.js";
import type { LeadHistorySubject } from "./lead-history.model.js";
import { toProtoHistoryEntry } from "./lead-history.output.js";
import type { LeadHistory } from "./lead-history.service.js";

/** The handler of ListLeadHistory. */
export function createLeadHistoryHandler(
  history: LeadHistory,
  pageTokens: PageTokens,
): ServiceHandlers<typeof LeadAdminService>["listLeadHistory"] {
  return paged(
    pageTokens,
    (request, _context, parse) => subjectOf(parse(historyQuery, subjectViolations(request)).companyId, request),
    {
      find: (subject, page, { principal, signal }) => history.list(subject, page, principal, signal),
      order: (entry) => ({ time: entry.startedTime, id: entry.id }),
      respond: (rows, nextPageToken) => ({ entries: rows.map(toProtoHistoryEntry), nextPageToken }),
    },
  );
}

const historyQuery = z.object({ companyId: id, pagination });

type Subject = Pick<ListLeadHistoryRequest, "subject">;

function subjectViolations({ subject }: Subject): Violation[] {
  if (!subject.case) return [violation("subject", "REQUIRED", "Required: set customer_id or lead_id.")];
  if (isId(subject.value)) return [];
  return [violation(subject.case === "customerId" ? "customer_id" : "lead_id", "INVALID_FORMAT", idFormat)];
}

function subjectOf(companyId: string, { subject }: Subject): LeadHistorySubject {
  return { companyId, kind: subject.case === "leadId" ? "lead" : "customer", id: subject.value ?? "" };
}
