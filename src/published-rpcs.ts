/** An rpc of the hosted API that this server does not implement. */
export interface PublishedRpc {
  /** `moego.business.order.v1.OrderService/GetOrder` */
  readonly rpc: string;
  /** HTTP method and path template; several if the published copies differ. */
  readonly routes: readonly string[];
  /** What answers at its published route: an rpc of our own, since the field numbers of this one are not published. */
  readonly servedAt?: string;
}

/** Explains the rpcs of the table, in the repository. */
export const publishedRpcsPage = "docs/not-implemented.md";

interface ServedElsewhere {
  readonly servedAt: string;
}

function service(
  name: string,
  rpcs: Readonly<Record<string, string | readonly string[] | ServedElsewhere>>,
): readonly PublishedRpc[] {
  return Object.entries(rpcs).map(([rpc, route]) => ({
    rpc: `moego.business.${name}/${rpc}`,
    ...(typeof route === "object" && "servedAt" in route
      ? { routes: [], ...route }
      : { routes: typeof route === "string" ? [route] : route }),
  }));
}

/**
 * All rpcs that the hosted API publishes and this server does not implement. An rpc that is implemented leaves the
 * table; the tests compare them.
 */
export const publishedRpcs: readonly PublishedRpc[] = [
  ...service("webhook.v1.WebhookService", {
    CreateWebhook: "POST /v1/webhooks",
    GetWebhook: "GET /v1/webhooks/{id}",
    UpdateWebhook: "PUT /v1/webhooks/{id}",
    DeleteWebhook: "DELETE /v1/webhooks/{id}",
    ListWebhooks: "POST /v1/webhooks:list",
    TriggerTestWebhookDelivery: "POST /v1/webhooks/{id}/test",
    GetWebhookDelivery: "GET /v1/webhook/deliveries/{id}",
    ListWebhookDeliveries: "POST /v1/webhook/deliveries:list",
    RedeliverWebhookDeliveries: "POST /v1/webhooks/deliveries/{id}/redeliver",
  }),
  ...service("appointment.v1.AppointmentService", {
    GetAppointment: "GET /v1/appointments/{id}",
    ListAppointments: "POST /v1/appointments:list",
    CheckAppointmentAvailability: "POST /v1/appointments:check",
    CreateAppointment: "POST /v1/appointments",
    RescheduleAppointment: "POST /v1/appointments/{id}:reschedule",
    CancelAppointment: "POST /v1/appointments/{id}:cancel",
    UpdateAppointmentStatus: "POST /v1/appointments/{id}:updateStatus",
    ListGroomingReports: "POST /v1/grooming_reports:list",
    CreateAppointmentNote: "POST /v1/appointments/notes",
    UpdateAppointmentNote: "PUT /v1/appointments/notes/{id}",
    ListAppointmentNotes: "POST /v1/appointments/notes:list",
  }),
  ...service("online_booking.v1.OnlineBookingService", {
    GetAbandonedBooking: "GET /v1/abandoned_bookings/{id}",
    ListAbandonedBookings: "POST /v1/abandoned_bookings:list",
    GetBookingAvailability: "POST /v1/online_booking/availability",
  }),
  ...service("online_booking.v1.BookingRequestService", {
    GetBookingRequest: "GET /v1/booking_requests/{id}",
    ListBookingRequests: "POST /v1/booking_requests:list",
  }),
  ...service("order.v1.OrderService", {
    GetOrder: "GET /v1/orders/{id}",
    ListOrders: "POST /v1/orders:list",
    ListOrderLineItems: "POST /v1/orders/items:list",
    ListOrderDiscounts: "POST /v1/orders/discounts:list",
    ListOrderRedeemPackages: "POST /v1/orders/redeemPackages:list",
  }),
  ...service("payment.v1.PaymentService", {
    GetPayment: "GET /v1/payment/{id}",
    ListPayments: "POST /v1/payments:list",
  }),
  ...service("membership.v1.MembershipService", {
    ListMemberships: "POST /v1/memberships:list",
    ListSubscriptions: "POST /v1/memberships/subscriptions:list",
    GetPerkUsageDetail: "POST /v1/memberships/perkUsageDetail",
  }),
  ...service("message.v1.MessageService", {
    SendMessageToCustomer: "POST /v1/messages:sendToCustomer",
    SendAutoMessageToCustomer: "POST /v1/messages:sendAutoMessageToCustomer",
  }),
  ...service("offering.v1.OfferingService", {
    ListServices: "POST /v1/offerings/services:list",
    ListLodgings: "POST /v1/offerings/lodgings:list",
  }),
  ...service("aggregation.v1.AggregationService", {
    LookupClientPetProfile: "POST /v1/aggregation/clients:lookupClientPetProfile",
  }),
  ...service("retail.v1.RetailService", {
    ListProducts: "POST /v1/retail/products:list",
    ListPackages: {
      servedAt: "`POST /v1/retail/packages:list`, which ListPackageTemplates of `moego.admin.v1` serves",
    },
  }),
  ...service("report.v1.ReportService", {
    ListReports: "POST /v1/reports:list",
    FetchReportData: "POST /v1/reports/data:fetch",
  }),
  ...service("agreement.v1.AgreementService", {
    GetAgreement: "GET /v1/agreements/{id}",
    ListAgreements: "POST /v1/agreements:list",
    GetAgreementSignLink: "GET /v1/agreements/{id}/sign_link",
  }),
  ...service("block.v1.BlockService", {
    CreateBlock: "POST /v1/blocks",
    GetBlock: "GET /v1/blocks/{id}",
  }),
  ...service("discount.v1.DiscountService", {
    CreateDiscount: "POST /v1/discounts",
    GetDiscount: "GET /v1/discounts/{code}",
    ListDiscounts: "POST /v1/discounts:list",
  }),
  ...service("review.v1.ReviewService", { ListReviews: "POST /v1/reviews:list" }),
  ...service("van.v1.VanService", { ListVans: "POST /v1/vans:list" }),
  ...service("van_record.v1.VanRecordService", { ListVanStaffRecords: "POST /v1/van_staff_records:list" }),
  ...service("setting.v1.SettingService", {
    ListLodgings: [
      "POST /v1/setting/companies/{company_id}/lodgings",
      "POST /v1/setting/companies/{company_id}/lodgings:list",
    ],
  }),
];
