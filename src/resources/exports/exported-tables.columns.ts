import {
  inMerges,
  inPackageServices,
  inPackages,
  isCustomer,
  isLead,
  isOfPet,
  isOwned,
  isSubject,
} from "./exported-person.columns.js";
import { type ExportedTable, table } from "./exported-table.columns.js";

/** Every table with data of a company that is exported. A row comes after the rows that it refers to. */
export const exportedTables: readonly ExportedTable[] = [
  table("company", {
    columns: `id* raw_id name* country* time_zone* enterprise_id* max_customers upcoming_appointments_url_template*
      version refuses_doubtful_phones duplicate_policy`,
    order: "id",
  }),
  table("business", {
    columns: `id* name* avatar* phone* business_phone* email* address{} website* facebook* instagram* yelp* google*
      archived_time! version`,
    order: "id",
  }),
  table("staff", {
    columns: `id* first_name* last_name* avatar* phone* email* role_id* role_name* hired_time! working_business_ids!
      mobile_van_id* archived_time! version`,
    order: "id",
  }),
  table("tag", {
    columns: "id* name* name_key* group_name* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("referral_source", {
    columns: "id* name* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("life_cycle", {
    columns: "id* name* is_default display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("action_status", {
    columns: "id* name* color* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("custom_field", {
    columns: `id* association_type code* label* type is_required default_value{} options{} source display_order help_text*
      archived_time! created_time! last_updated_time! version last_updated_by*`,
    order: "id",
  }),
  table("pet_code", {
    columns:
      "id* abbreviation* description* color* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("pet_size", {
    columns: `id* name* weight_low weight_high weight_unit display_order archived_time! last_updated_by* last_updated_time!
      version weight_high_unit exact_weight_low* exact_weight_high*`,
    order: "id",
  }),
  table("pet_type", {
    columns: "id* name* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("pet_coat_type", {
    columns: "id* name* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("service", {
    columns: `id* name* service_item_type service_type category* price_currency* price_units price_nanos service_minutes
      business_ids! available_all_business available_business_ids! available_all_staff available_staff_ids! inactive
      last_updated_by* last_updated_time! version`,
    order: "id",
  }),
  table("vip_level", {
    columns: "id* name* display_order archived_time! last_updated_by* last_updated_time! version",
    order: "id",
  }),
  table("package_template", {
    columns: `id* name* description* price_currency* price_units price_nanos expiration_days items{} display_order
      archived_time! created_time! last_updated_by* last_updated_time! version`,
    order: "id",
  }),
  table("external_api", {
    columns: `id* name* description* method* url* headers{} request_params{} output_params{} timeout_ms archived_time!
      created_by* created_time! last_updated_by* last_updated_time! version`,
    order: "id",
  }),
  table("ivr_flow", {
    columns: `id* name* description* definition{} archived_time! created_by* created_time! last_updated_by* last_updated_time!
      version`,
    order: "id",
  }),
  table("lead", {
    columns: `id* raw_id first_name* last_name* avatar* phone* email* email_key* address{} preferred_business_id*
      allocate_staff_id* life_cycle_id* action_status_id* referral_source_id* service_related_channels!
      marketing_campaigns_channels! branded_app_enabled is_agreed_marketing_policy is_consented custom_fields{}
      promoted_customer_id* archived_time! created_by* created_time! last_updated_by* last_updated_time! version
      source*`,
    order: "id",
    person: isLead("id"),
  }),
  table("lead_phone", {
    columns: "lead_id* position number* extension* label belongs_to person_name*",
    order: "lead_id, position",
    person: isLead("lead_id"),
  }),
  table("lead_note", {
    columns: "id* lead_id* note* created_time! last_updated_by* last_updated_time!",
    order: "id",
    person: isLead("lead_id"),
  }),
  table("lead_tag", { columns: "lead_id* tag_id*", order: "lead_id, tag_id", person: isLead("lead_id") }),
  table("lead_external_id", {
    columns: "system* external_id* lead_id*",
    order: "system, external_id",
    person: isLead("lead_id"),
  }),
  table("lead_history", {
    columns: "id lead_id* kind value_id* started_time! started_by*",
    order: "id",
    person: isLead("lead_id"),
  }),
  table("customer", {
    columns: `id* raw_id first_name* last_name* avatar* phone* email* email_key* status color_code* source*
      last_appointment_time! next_appointment_time! preferred_business_id* referral_source_id* assigned_staff_id*
      source_lead_id* receive_auto_message receive_auto_email subscribe_to_marketing_emails
      receive_appointment_reminder service_related_channels! marketing_campaigns_channels! branded_app_enabled
      is_agreed_marketing_policy is_consented custom_fields{} archived_time! created_by* created_time!
      last_updated_by* last_updated_time! version`,
    order: "id",
    person: isCustomer("id"),
  }),
  table("customer_merge", {
    columns: `id* from_id* into_id* survivor_id* merged_time! merged_by* undoable_until! carried{} undone_time! kept{}`,
    order: "id",
    person: isCustomer("survivor_id"),
  }),
  table("customer_merge_snapshot", {
    columns: "merge_id* expired_time! snapshot{}",
    order: "merge_id",
    person: inMerges,
  }),
  table("dismissed_duplicate", {
    columns: "customer_id* other_customer_id*",
    order: "customer_id, other_customer_id",
  }),
  table("customer_phone", {
    columns: "customer_id* position number* extension* label belongs_to person_name*",
    order: "customer_id, position",
    person: isCustomer("customer_id"),
  }),
  table("customer_address", {
    columns: "id* customer_id* address1* address2* city* state* postal_code* country* latitude! longitude! type",
    order: "id",
    person: isCustomer("customer_id"),
  }),
  table("customer_tag", {
    columns: "customer_id* tag_id*",
    order: "customer_id, tag_id",
    person: isCustomer("customer_id"),
  }),
  table("customer_external_id", {
    columns: "system* external_id* customer_id*",
    order: "system, external_id",
    person: isCustomer("customer_id"),
  }),
  table("customer_note", {
    columns: "id* customer_id* note* created_time! last_updated_by* last_updated_time!",
    order: "id",
    person: isCustomer("customer_id"),
  }),
  table("customer_profile", {
    columns: "customer_id* nickname* gender vip_level_id* blacklisted enterprise_name* visitor_ids!",
    order: "customer_id",
    person: isCustomer("customer_id"),
  }),
  table("customer_account", {
    columns: "customer_id* kind account_id*",
    order: "customer_id, kind",
    person: isCustomer("customer_id"),
  }),
  table("customer_card", {
    columns: `id* customer_id* provider* provider_customer_id* payment_method_id* brand* last_four* expiry_month
      expiry_year created_time!`,
    order: "id",
    person: isCustomer("customer_id"),
  }),
  table("pet", {
    columns: `id* raw_id customer_id* lead_id* name* birthday! status type breed* gender weight weight_unit fixed* coat*
      behavior* vet_name* vet_phone* vet_address* evaluation_status photo* archived_time! created_time!
      last_updated_time! version created_by* last_updated_by* exact_weight* partial_birthday* microchip* color*
      allergies* feeding* medication* special_needs* custom_fields{}`,
    order: "id",
    person: isOwned,
  }),
  table("pet_vaccination", {
    columns: "pet_id* position name* expired_time!",
    order: "pet_id, position",
    person: isOfPet,
  }),
  table("pet_note", {
    columns: "id* pet_id* content* created_time! last_updated_by* last_updated_time!",
    order: "id",
    person: isOfPet,
  }),
  table("pet_external_id", {
    columns: "system* external_id* pet_id*",
    order: "system, external_id",
    person: isOfPet,
  }),
  table("pet_pet_code", { columns: "pet_id* pet_code_id*", order: "pet_id, pet_code_id", person: isOfPet }),
  table("package", {
    columns: `id* customer_id* business_id* staff_id* name* description* price_currency* price_units price_nanos
      purchase_time! start_time! end_time! expiration_date! deleted_time! created_time! last_updated_time! version
      remaining_quantity frozen_time! moved_from_id* template_id*`,
    order: "id",
    person: isCustomer("customer_id"),
  }),
  table("package_external_id", {
    columns: "system* external_id* package_id*",
    order: "system, external_id",
    person: inPackages,
  }),
  table("package_service", { columns: "id* package_id* position total_quantity", order: "id", person: inPackages }),
  table("package_service_item", {
    columns: "package_service_id* position service_id* name* price_currency* price_units price_nanos",
    order: "package_service_id, position",
    person: inPackageServices,
  }),
  table("package_ledger", {
    columns: `id* package_id* package_service_id* kind* quantity reversed_id* appointment_id* order_id* note*
      occurred_time! rpc* key_id* staff_id* request_id* redeemed_time! moved_package_id* days`,
    order: "id",
    person: inPackages,
  }),
  table("consent_event", {
    columns: `id subject_kind* subject_id* occurred_time! rpc* key_id* staff_id* ip* request_id* before{} after{} given_time!
      source recorded_by* evidence_reference* evidence_wording_version* evidence_language* evidence_address*
      preference_before{} preference_after{} withheld{}`,
    order: "id",
    person: isSubject("subject_kind", "subject_id"),
  }),
  table("opt_out", {
    columns: "id* contact* contact_kind channels! opted_out source occurred_time! rpc* key_id* staff_id* request_id*",
    order: "id",
  }),
  table("departure", {
    columns: "kind* resource_id* business_id* customer_id* reason* departed_time!",
    order: "kind, resource_id, business_id, customer_id",
  }),
  table("change", {
    columns: `kind* resource_id* version rpc* key_id* staff_id* request_id* changed_time! changed_fields! location_before*
      location_after* client_address* related_kind* related_id*`,
    order: "id",
    person: isSubject("kind", "resource_id"),
    excluded: {
      id: "numbers the changes of all companies; the order of the rows is the same",
      change_xid: "is a transaction of this database",
    },
  }),
  table("import_job", {
    columns: `id* name* kind* file_digest* state* created updated skipped failed author* started_time! ended_time!`,
    order: "id",
  }),
  table("import_record", {
    columns: "job_id* kind* key* record_id* content_hash* row_number state* recorded_time! undo_request{}",
    order: "job_id, kind, key",
  }),
  table("key_use", {
    columns: "id* key_id* rpc* records! request_id* client_address* used_time! exported{}",
    order: "id",
  }),
];
