import { z } from "zod";
import { channelList, consentSource } from "../../api/consent-message.js";
import { countryOf, email, id } from "../../api/fields.js";
import { phoneFilter } from "../../api/phone-line.js";
import type { Context, Parse } from "../../api/rpc.js";
import { type Channel, consentChannels } from "../../core/consent.js";
import { type ContactLine, channelsOfLine } from "../../core/contact-line.js";
import { invalidRequest, type Violation, violation } from "../../core/errors.js";
import type { RecordOptInRequest, RecordOptOutRequest } from "../../gen/proto/moego/admin/v1/consent_service_pb.js";
import type { OptOutRequest } from "./opt-out.model.js";

const optOutFields = z.object({
  ...{ companyId: id, channels: channelList },
  source: consentSource.withDefault("KEYWORD"),
});

/** The number or address and the channels of an opt-out or an opt-in. */
export function optOutOf(
  request: RecordOptOutRequest | RecordOptInRequest,
  { principal }: Context,
  parse: Parse,
): OptOutRequest {
  const { line, violations } = contactLine(request.contact, countryOf(principal, request.companyId));
  const unreachable = line
    ? request.channels.flatMap((number, position) => channelViolations(line, number, position))
    : [];
  const { companyId, channels, source } = parse(optOutFields, [...violations, ...unreachable]);
  if (!line) throw invalidRequest(violations);
  return { companyId, line, source, channels: channels.length === 0 ? channelsOfLine[line.kind] : channels };
}

function channelViolations(line: ContactLine, number: number, position: number): Violation[] {
  const channel = consentChannels.wordOf(number);
  return channel ? wrongChannel(`channels[${position}]`, line, channel) : [];
}

/** The violation of a channel that does not reach the line. */
export function wrongChannel(field: string, { kind }: ContactLine, channel: Channel): Violation[] {
  const reaching: readonly Channel[] = channelsOfLine[kind];
  if (reaching.includes(channel)) return [];
  return [
    violation(
      field,
      "NOT_ALLOWED",
      `Must be a channel of ${kind === "PHONE" ? "a phone number" : "an email address"}.`,
    ),
  ];
}

/** A member of a oneof that is a number or an address. */
interface Given {
  readonly case?: string | undefined;
  readonly value?: string | undefined;
}

/** The number or address of a request, or why it is invalid. */
export function contactLine(
  { case: name, value = "" }: Given,
  country: string,
): { readonly line?: ContactLine; readonly violations: readonly Violation[] } {
  if (name !== "phone" && name !== "email") {
    return { violations: [violation("contact", "REQUIRED", "Required: set phone or email.")] };
  }
  const parsed = (name === "phone" ? phoneFilter(country) : email).safeParse(value);
  if (!parsed.success) {
    const description = parsed.error.issues[0]?.message ?? "Must be valid.";
    return { violations: [violation(name, "INVALID_FORMAT", description)] };
  }
  if (parsed.data === "") return { violations: [violation(name, "REQUIRED", "Required.")] };
  return { line: { kind: name === "phone" ? "PHONE" : "EMAIL", value: parsed.data }, violations: [] };
}
