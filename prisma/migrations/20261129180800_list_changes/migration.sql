-- Lists of the audit log are ordered by time. The index by time has the locations too, so that a page of a key that is
-- limited to locations is found in the index alone. The changes of one record are few: change_by_resource finds them.
CREATE INDEX change_by_time ON change (company_id, changed_time, id) INCLUDE (location_before, location_after);
CREATE INDEX change_by_key ON change (company_id, key_id, changed_time, id);
CREATE INDEX change_by_staff ON change (company_id, staff_id, changed_time, id) WHERE staff_id <> '';
