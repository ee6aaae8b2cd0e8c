-- Ids that are read again and again, such as those of a first page, enter the index together. 64 kB wait at most, which
-- every search reads through.
ALTER INDEX key_use_by_record SET (fastupdate = on);
ALTER INDEX key_use_by_record SET (gin_pending_list_limit = 64);
