import type { z } from "zod";
import { maskPaths, readMask, type UpdateMask } from "../../api/field-mask.js";
import { companyResourceSchema, etag, omitUndefined } from "../../api/fields.js";
import { moment } from "../../api/google-types.js";
import { type Violation, violation } from "../../core/errors.js";
import type { EmptyMembers } from "../../core/presence.js";
import {
  type UpdateCustomerAppointmentsRequest,
  UpdateCustomerAppointmentsRequestSchema,
} from "../../gen/proto/moego/admin/v1/customer_admin_service_pb.js";

const times = ["last_appointment_date", "next_appointment_date"] as const;

/** The times that a request writes. */
interface AppointmentsMask extends Pick<UpdateMask, "writes"> {
  readonly violations: readonly Violation[];
}

/**
 * Reads which times are written. Without a mask, `null` in JSON clears one: a scheduling system sends both times, and
 * one of them is often none.
 */
export function appointmentsMask(
  request: UpdateCustomerAppointmentsRequest,
  emptyMembers?: EmptyMembers,
): AppointmentsMask {
  const rules = { notMaskable: ["company_id", "id", "etag", "update_mask"], required: [], whole: times };
  const paths = maskPaths(request.updateMask);
  const mask = readMask(UpdateCustomerAppointmentsRequestSchema, request, paths, rules, emptyMembers);
  const writes = (field: string) => mask.writes(field) || (!mask.explicit && emptyMembers?.get(field) === "null");
  const isNothing = !mask.explicit && !times.some(writes);
  const nothing = violation("last_appointment_date", "REQUIRED", "Required unless another time is set or cleared.");
  return { writes, violations: isNothing ? [nothing] : mask.violations };
}

/** Input of UpdateCustomerAppointments, before the mask is applied. */
export const appointmentsUpdate = companyResourceSchema.extend({
  lastAppointmentDate: moment.optional(),
  nextAppointmentDate: moment.optional(),
  etag,
});

export function toAppointmentsUpdate(parsed: z.output<typeof appointmentsUpdate>, { writes }: AppointmentsMask) {
  const { companyId, id, etag: expected, lastAppointmentDate, nextAppointmentDate } = parsed;
  return {
    ...{ companyId, id },
    ...omitUndefined({ etag: expected }),
    change: omitUndefined({
      lastAppointmentDate: writes("last_appointment_date") ? (lastAppointmentDate ?? null) : undefined,
      nextAppointmentDate: writes("next_appointment_date") ? (nextAppointmentDate ?? null) : undefined,
    }),
  };
}
