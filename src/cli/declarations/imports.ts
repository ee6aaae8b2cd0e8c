import {
  type CommandDeclaration,
  company,
  declareCommand,
  flag,
  json,
  oneOf,
  optional,
  several,
} from "../declaration.js";

const file = { FILE: { about: "a CSV, XLSX or JSONL file" } };

const options = {
  company,
  "dry-run": flag("read and check all rows, store nothing"),
  update: flag("also change stored records whose rows have changed since an earlier run"),
  location: optional("ID", "location of rows that name none; default: the only one of the company"),
  "allow-missing": optional(
    "LIST",
    "import rows without first-name, last-name, phone or breed (with commas), and report them",
  ),
  "tag-incomplete": optional("TAG", "tag of owners who were imported without one of them"),
  "create-settings": flag(
    "create tags, referral sources, lead stages and statuses that rows name and the company lacks",
  ),
  name: optional("NAME", "what the file belongs to: files with the same name share their ids; default: default"),
  preset: oneOf(["gingr", "barkpass", "moego"], "the system that wrote the file"),
  map: several("HEADER=FIELD", "use of a column: a field, note, custom:ID or drop"),
  mapping: optional("FILE", "uses of columns as --save-mapping wrote them"),
  "save-mapping": optional("FILE", "write the uses of the columns"),
  unmapped: oneOf(["note", "drop"], "what happens to other columns; default: drop"),
  "day-order": oneOf(["mdy", "dmy", "ymd"], "order of dates such as 3/5/19"),
  "weight-unit": oneOf(["lb", "kg"], "unit of weights without one"),
  species: optional("NAME", "kind of animal of rows that name none"),
  encoding: oneOf(["utf-8", "utf-16le", "utf-16be", "windows-1252"], "default: detected"),
  delimiter: optional("CHARACTER", "default: detected"),
  sheet: optional("NAME", "sheet of a workbook; default: the first one"),
  json,
};

export const importCustomers = declareImport(
  "import customers",
  "Import owners, and their pets, from a CSV, XLSX or JSONL file",
);
export const importLeads = declareImport("import leads", "Import leads, and their pets");
export const importPets = declareImport("import pets", "Import pets of customers who are stored already");
export const importPackages = declareImport(
  "import packages",
  "Import packages that customers bought, with the units that are left",
);

function declareImport(name: string, about: string) {
  return { name, about, arguments: file, options } satisfies CommandDeclaration;
}

export const listImports = declareCommand({
  name: "import list",
  about: "List the imports of a company",
  options: { company, json },
});

export const undoImport = declareCommand({
  name: "import undo",
  about: "Erase what an import created, and restore what it updated, unless changed since",
  arguments: { JOB: { about: "the ID of the import" } },
  options: { company, json },
});
