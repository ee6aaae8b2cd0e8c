import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { rootFolder } from "../root-folder.js";

const intro = "moego - self-hosted backend for pet-service businesses\n\nUsage: moego <command> [options]";

/** One entry per command: its line, then its options, each indented by six spaces. */
const sections = `Server
  serve                         Start the server (like \`npm start\`, without building)
  migrate                       Apply pending database migrations, as the login of DATABASE_MIGRATION_URL
      --create-login              create the login of DATABASE_URL if it is missing
  seed                          Write the demo data (own database: requires SEED_DEMO=1)

Backup
  backup FILE                   Write all data of one moment to a new file, while servers run
      --force                     replace an existing file
  restore FILE                  Create the tables and data of a backup in an empty database
      --replace                   delete the data that the database has
      --without-secret-key        restore without the SECRET_KEY of the backup
      --check                     only verify the file; needs no database
  move --from embedded|URL      Copy all data of another database into the empty one of this configuration
      --replace                   delete the data that this database has
      --keep-writable             a rehearsal: do not make the other database read-only
      --without-secret-key        move without the SECRET_KEY of the other database
      --unlock                    copy nothing; make the other database writable again

Exports (docs/export.md)
  export                        Write all data of a company, or of one person, to a new folder
      --company ID                required
      --out FOLDER                required
      --format csv|jsonl          default: csv
      --person ID                 only the data of this customer or lead
  load FOLDER                   Create the company of an export, which must not exist, in one transaction
      --opt-out-key FILE          key of its opt-outs, as \`secrets export\` wrote it
      --without-opt-out-key       if the key is lost: the opt-outs are stored, but recognize no one

Companies and locations
  companies create              Create a company and print its ID
      --name NAME                 required
      --country CODE              required; ISO 3166-1 alpha-2, for example US
      --time-zone ZONE            required; IANA name, for example America/New_York
      --id ID                     default: generated
  companies list                List all companies
  businesses create             Create a location and print its ID
      --company ID                required
      --name NAME                 required
      --id ID                     default: generated
  businesses list --company ID  List the locations of a company

API keys
  keys create                   Create an API key and print its secret once
      --name NAME                 required
      --company ID                grant access to a company (repeatable)
      --business COMPANY/BUSINESS grant access to one location (repeatable)
      --enterprise ID             grant access to all companies of an enterprise (repeatable)
      --scope SCOPE               repeatable; default: all scopes except directory:write, key:admin and platform:admin
      --staff ID                  staff member recorded as the actor of changes
      --allow-address IP|CIDR     allowed client address (repeatable); default: any
      --expires TIME              duration (12h, 90d) or RFC 3339 time; default: never
      --json                      print JSON
  keys list [--json]            List all API keys
  keys rotate ID                Create a new secret and print it once
      --overlap DURATION          how long the previous secret stays valid, 0h to 30d; default: 24h
      --json                      print JSON
  keys revoke ID                Revoke an API key; takes effect within 2 seconds

Imports (docs/import.md)
  import customers FILE         Import owners, and their pets, from a CSV, XLSX or JSONL file
  import leads FILE             Import leads, and their pets
  import pets FILE              Import pets of customers who are stored already
  import packages FILE          Import packages that customers bought, with the units that are left
      --company ID                required
      --dry-run                   read and check all rows, store nothing
      --update                    also change stored records whose rows have changed since an earlier run
      --location ID               location of rows that name none; default: the only one of the company
      --allow-missing LIST        import rows without first-name, last-name, phone or breed (with commas), and report them
      --tag-incomplete TAG        tag of owners who were imported without one of them
      --create-settings           create tags, referral sources, lead stages and statuses that rows name and the company lacks
      --name NAME                 what the file belongs to: files with the same name share their ids; default: default
      --preset NAME               gingr, barkpass or moego
      --map HEADER=FIELD          use of a column: a field, note, custom:ID or drop (repeatable)
      --mapping FILE              uses of columns as --save-mapping wrote them
      --save-mapping FILE         write the uses of the columns
      --unmapped note|drop        what happens to other columns; default: drop
      --day-order mdy|dmy|ymd     order of dates such as 3/5/19
      --weight-unit lb|kg         unit of weights without one
      --species NAME              kind of animal of rows that name none
      --encoding NAME             utf-8, utf-16le, utf-16be or windows-1252; default: detected
      --delimiter CHARACTER       default: detected
      --sheet NAME                sheet of a workbook; default: the first one
  import list --company ID      List the imports of a company
  import undo JOB               Erase what an import created, and restore what it updated, unless changed since
      --company ID                required

Mirror (docs/mirror.md)
  mirror                        Copy the companies of another system that speaks the MoeGo API, with their IDs and times
      --from URL                  required; for example https://openapi.moego.pet
      --key-env NAME              environment variable with the API key of that system
      --key-file FILE             file with the key instead
      --company ID                only this company; default: all that the key can access
      --once                      copy everything, and what changed in the meantime (default)
      --follow                    copy everything, then every change, until the process is stopped
      --every SECONDS             pause between two looks for changes; default: 10
      --verify                    at the end, compare every record field by field

Secrets
  secrets export FILE           Write SECRET_KEY and PAGE_TOKEN_SECRET to a new file that only its owner can read
      --company ID                write the key of the opt-outs of a company instead
  secrets rotate                Re-encrypt stored secrets with the current SECRET_KEY

  help, version
  COMMAND --help                Show the options of one command`;

const notes = `Commands use the database of DATABASE_URL, or the embedded database in DATA_DIR. They can run while the server runs.
Exit codes: 0 success, 1 failure, 64 usage error, 78 configuration error.`;

export const helpText = [intro, sections, notes].join("\n\n");

/**
 * Output of `moego COMMAND --help`: the entries of a command, or of a group such as `keys`. For anything else, the
 * whole help text.
 */
export function helpOf(command: string): string {
  const entries = sections.split(/\n(?! {6})/).filter((entry) => entry.startsWith(`  ${command} `));
  if (entries.length === 0) return helpText;
  return entries.map((entry) => `moego ${entry.trimStart()}`).join("\n");
}

/** The version of moego. */
export function readVersion(): string {
  const text = readFileSync(join(rootFolder, "package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** The versions of moego and, on a second line, of its time zone data. */
export async function readVersions(): Promise<string> {
  const { timeZoneVersion } = await import("../core/time-zones.js");
  return `${readVersion()}\ntime zone data ${timeZoneVersion}`;
}
