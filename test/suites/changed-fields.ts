/** The changed fields that the audit log has for a good request of a repeatable RPC. Undefined if it has no row. */
export function expectedFields(name: string): readonly string[] | undefined {
  const [service, method = ""] = name.split("/");
  // Keys have a log of their own; a link changes no record.
  if (service?.endsWith("ApiKeyService") || method === "GenCustomerCofLink") return undefined;
  if (/^(Create|BatchCreate|Import|Erase|Sell|BatchSell|Upsert|BatchUpsert)/.test(method)) return [];
  if (/^Reorder/.test(method)) return ["display_order"];
  return byMethod[method] ?? (/^(Archive|Restore)/.test(method) ? ["archived"] : ["name"]);
}

const byMethod: Readonly<Record<string, readonly string[]>> = {
  // Records without anything that the other one lacks: who was merged is said, and no field changes.
  MergeCustomers: [],
  UndoMerge: [],
  DismissDuplicate: ["dismissed_duplicates"],
  RestoreDuplicate: ["dismissed_duplicates"],
  UpdateStaff: ["first_name"],
  UpdateCustomer: ["source"],
  UpdateCustomerAppointments: ["next_appointment_date"],
  AppendCustomerTags: ["tags"],
  AppendCustomerNotes: ["notes"],
  UpdateCustomerNote: ["notes"],
  DeleteCustomerNote: ["notes"],
  RemoveCustomerTags: ["tags"],
  AppendLeadTags: ["tags"],
  AppendLeadNotes: ["notes"],
  UpdateLeadNote: ["notes"],
  DeleteLeadNote: ["notes"],
  RemoveLeadTags: ["tags"],
  UpdateLead: ["last_name"],
  PromoteLead: ["promoted_customer_id"],
  UpdatePet: ["coat"],
  AppendPetCodes: ["pet_codes"],
  DeletePetCode: ["pet_codes"],
  AppendPetNotes: ["notes"],
  UpdatePetNote: ["notes"],
  DeletePetNote: ["notes"],
  MovePet: ["customer_id"],
  RenameTagGroup: ["group"],
  SetDefaultLifeCycle: ["is_default"],
  UpdatePetCode: ["color"],
  UpdateCustomField: ["help_text"],
  UpdateService: ["minutes"],
  RedeemPackage: ["balance"],
  RefundPackage: ["balance"],
  AdjustPackage: ["balance"],
  GrantPackageUnits: ["balance"],
  MovePackage: ["balance"],
  ExtendPackage: ["expiration_date"],
  FreezePackage: ["frozen_time"],
  ThawPackage: ["frozen_time"],
  DeletePackage: ["deleted"],
  RestorePackage: ["deleted"],
  UpdateCallerProfile: ["nickname"],
  LinkAccount: ["accounts"],
  UnlinkAccount: ["accounts"],
  UpdateExternalApi: ["name", "url"],
  RecordOptOut: ["compliance_config", "preference"],
  RecordOptIn: ["compliance_config", "preference"],
  SetStripeKeys: ["stripe_keys"],
};
