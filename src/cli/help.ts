/** What `moego help` prints. */
export const helpText = `moego - an open backend for pet-service businesses

  moego serve                       start the service (as \`npm start\` does, without building)
  moego migrate                     bring the database up to date
  moego seed                        write the demo data; SEED_DEMO=1 for a database of your own
  moego companies create --name NAME --country US --time-zone America/New_York [--id cmp_001]
  moego companies list
  moego businesses create --company cmp_001 --name NAME [--id biz_001]
  moego businesses list --company cmp_001
  moego keys create --name NAME     make an API key and print its secret, once
      --company ID                  a company it reaches; repeatable, as the next two
      --business COMPANY/BUSINESS   a location it reaches
      --enterprise ID               all companies of an enterprise
      --scope SCOPE                 repeatable; none = all but directory:write, key:admin, platform:admin
      --staff ID                    the staff member it acts as
      --allow-address IP_OR_CIDR    repeatable; none = from anywhere
      --expires 90d                 a span (h, d) or a time (RFC 3339)
      --json
  moego keys list [--json]
  moego keys rotate ID              give the key a new secret and print it, once
      --overlap 24h                 how long the one before it still works (h, d; 0h..30d)
      --json
  moego keys revoke ID              refused everywhere within 2 seconds
  moego secrets rotate              seal the stored secrets anew under the present SECRET_KEY
  moego version

The database is that of DATABASE_URL, or the embedded one below DATA_DIR, also while the service runs.
Exit codes: 0 done, 1 failed, 64 not understood, 78 wrong configuration.`;
