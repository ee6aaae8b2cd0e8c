-- An idempotency record stores the kind of its ids: the name of a table. An id is unique only within its kind, so an
-- erasure needs the kind to find the records that contain an erased id.
ALTER TABLE idempotency ADD COLUMN kind text COLLATE "C";

-- The previous build may still run. It stores records without a kind, and the trigger derives their kind from the RPC:
-- this build finds a kind in every record. The last such record expires 24 hours after the last process of the previous
-- build ended. The next release drops the trigger and both functions and sets the column NOT NULL.

-- Method names are unique across services.
CREATE FUNCTION idempotency_kind(rpc text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN method IN ('CreateCustomer', 'UpdateCustomer', 'ArchiveCustomer', 'RestoreCustomer', 'EraseCustomer',
      'ImportCustomer', 'UpdateCallerProfile', 'LinkAccount', 'UnlinkAccount', 'PromoteLead') THEN 'customer'
    WHEN method IN ('AppendCustomerNotes', 'UpdateCustomerNote', 'DeleteCustomerNote') THEN 'customer_note'
    WHEN method = 'GenCustomerCofLink' THEN 'card_link'
    WHEN method IN ('CreateLead', 'UpdateLead', 'ArchiveLead', 'RestoreLead', 'EraseLead', 'ImportLead') THEN 'lead'
    WHEN method IN ('CreatePet', 'UpdatePet', 'ImportPet') THEN 'pet'
    WHEN method = 'AppendPetNotes' THEN 'pet_note'
    WHEN method IN ('SellPackage', 'RedeemPackage', 'RefundPackage', 'AdjustPackage', 'DeletePackage',
      'RestorePackage') THEN 'package'
    WHEN method IN ('AppendCustomerTags', 'RemoveCustomerTags', 'CreateTag', 'UpdateTag', 'ReorderTags', 'ArchiveTag',
      'RestoreTag', 'RenameTagGroup') THEN 'tag'
    WHEN method IN ('CreateReferralSource', 'UpdateReferralSource', 'ReorderReferralSources', 'ArchiveReferralSource',
      'RestoreReferralSource') THEN 'referral_source'
    WHEN method IN ('CreateLifeCycle', 'UpdateLifeCycle', 'ReorderLifeCycles', 'ArchiveLifeCycle', 'RestoreLifeCycle',
      'SetDefaultLifeCycle') THEN 'life_cycle'
    WHEN method IN ('CreateActionStatus', 'UpdateActionStatus', 'ReorderActionStatuses', 'ArchiveActionStatus',
      'RestoreActionStatus') THEN 'action_status'
    WHEN method IN ('CreateCustomField', 'UpdateCustomField', 'ReorderCustomFields', 'ArchiveCustomField',
      'RestoreCustomField') THEN 'custom_field'
    WHEN method IN ('AppendPetCodes', 'DeletePetCode', 'CreatePetCode', 'UpdatePetCode', 'ReorderPetCodes',
      'ArchivePetCode', 'RestorePetCode') THEN 'pet_code'
    WHEN method IN ('CreatePetSize', 'UpdatePetSize', 'ReorderPetSizes', 'ArchivePetSize', 'RestorePetSize')
      THEN 'pet_size'
    WHEN method IN ('CreatePetType', 'UpdatePetType', 'ReorderPetTypes', 'ArchivePetType', 'RestorePetType')
      THEN 'pet_type'
    WHEN method IN ('CreatePetCoatType', 'UpdatePetCoatType', 'ReorderPetCoatTypes', 'ArchivePetCoatType',
      'RestorePetCoatType') THEN 'pet_coat_type'
    WHEN method IN ('CreateVipLevel', 'UpdateVipLevel', 'ReorderVipLevels', 'ArchiveVipLevel', 'RestoreVipLevel')
      THEN 'vip_level'
    WHEN method IN ('CreateExternalApi', 'UpdateExternalApi', 'ArchiveExternalApi', 'RestoreExternalApi')
      THEN 'external_api'
    WHEN method IN ('CreateIvrFlow', 'UpdateIvrFlow', 'ArchiveIvrFlow', 'RestoreIvrFlow') THEN 'ivr_flow'
    WHEN method IN ('CreateService', 'UpdateService') THEN 'service'
    WHEN method IN ('CreateCompany', 'UpdateCompany') THEN 'company'
    WHEN method IN ('CreateBusiness', 'UpdateBusiness', 'ArchiveBusiness', 'RestoreBusiness') THEN 'business'
    WHEN method IN ('CreateStaff', 'UpdateStaff', 'ArchiveStaff', 'RestoreStaff') THEN 'staff'
    WHEN method IN ('CreateApiKey', 'RotateApiKey', 'RevokeApiKey') THEN 'api_key'
  END FROM split_part(rpc, '/', 2) AS method
$$;

CREATE FUNCTION set_idempotency_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.kind := idempotency_kind(NEW.rpc);
  RETURN NEW;
END $$;
CREATE TRIGGER idempotency_sets_kind BEFORE INSERT ON idempotency
  FOR EACH ROW WHEN (NEW.kind IS NULL) EXECUTE FUNCTION set_idempotency_kind();
