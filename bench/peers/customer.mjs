// A row of the recorded statements as the published Customer, mapped by hand as one would for a single message.

const statuses = ["STATUS_UNSPECIFIED", "ACTIVE", "INACTIVE"];
const addressTypes = ["TYPE_UNSPECIFIED", "PRIMARY", "SECONDARY"];
const channels = ["COMPLIANCE_CHANNEL_UNSPECIFIED", "COMPLIANCE_CHANNEL_SMS", "COMPLIANCE_CHANNEL_EMAIL"];

/** Enums by name and times as text, as JSON has them. */
export const jsonForms = {
  time: (time) => (typeof time === "string" ? new Date(time) : time).toISOString(),
  word: (words, number) => words[number],
  integer: String,
};

/** Enums by number and times in seconds, as protobuf has them. */
export const protobufForms = {
  time(text) {
    const milliseconds = (typeof text === "string" ? new Date(text) : text).getTime();
    const seconds = Math.floor(milliseconds / 1_000);
    return { seconds: BigInt(seconds), nanos: (milliseconds - seconds * 1_000) * 1_000_000 };
  },
  word: (_, number) => number,
  integer: BigInt,
};

/** The same for protobufjs, whose 64-bit integers are numbers or text. */
export const protobufjsForms = {
  ...protobufForms,
  time(text) {
    const { seconds, nanos } = protobufForms.time(text);
    return { seconds: Number(seconds), nanos };
  },
  integer: String,
};

export function toCustomer(row, { time, word, integer }) {
  return {
    id: row.id,
    firstName: row.first_name,
    lastName: row.last_name,
    avatar: row.avatar,
    phone: row.phone,
    email: row.email,
    address: (row.addresses ?? []).map((address) => ({
      id: address.id,
      address1: address.address1,
      address2: address.address2,
      city: address.city,
      state: address.state,
      postalCode: address.postal_code,
      country: address.country,
      type: word(addressTypes, Number(address.type)),
    })),
    status: word(statuses, row.status),
    colorCode: row.color_code,
    source: row.source,
    createdBy: row.created_by,
    createdTime: time(row.created_time),
    lastUpdatedBy: row.last_updated_by,
    lastUpdatedTime: time(row.last_updated_time),
    preferredBusinessId: row.preferred_business_id ?? "",
    companyId: row.company_id,
    notes: (row.notes ?? []).map((note) => ({
      id: note.id,
      note: note.note,
      lastUpdatedBy: note.last_updated_by,
      lastUpdatedTime: time(note.last_updated_time),
    })),
    tags: (row.tags ?? []).map((tag) => ({
      id: tag.id,
      name: tag.name,
      lastUpdatedBy: tag.last_updated_by,
      lastUpdatedTime: time(tag.last_updated_time),
    })),
    preference: {
      receiveAutoMessage: row.receive_auto_message,
      receiveAutoEmail: row.receive_auto_email,
      subscribeToMarketingEmails: row.subscribe_to_marketing_emails,
      receiveAppointmentReminder: row.receive_appointment_reminder,
    },
    upcomingAppointmentsUrl: row.url_template?.replaceAll("{customer_id}", row.id) ?? "",
    deleted: row.archived_time !== null,
    rawId: integer(row.raw_id),
    complianceConfig: {
      serviceRelatedChannels: row.service_related_channels.map((channel) => word(channels, channel)),
      marketingCampaignsChannels: row.marketing_campaigns_channels.map((channel) => word(channels, channel)),
      brandedAppEnabled: row.branded_app_enabled,
      isAgreedMarketingPolicy: row.is_agreed_marketing_policy,
      isConsented: row.is_consented,
    },
    sourceLeadId: row.source_lead_id ?? "",
    etag: String(row.version),
    assignedStaffId: row.assigned_staff_id ?? "",
    phones: [
      { number: row.phone, extension: "", label: word(["LABEL_UNSPECIFIED"], 0), belongsTo: word(["", "OWNER"], 1) },
    ],
  };
}
