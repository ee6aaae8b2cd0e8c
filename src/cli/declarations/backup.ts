import { declareCommand, flag, json, required } from "../declaration.js";

const file = (about: string) => ({ FILE: { about } });

export const backup = declareCommand({
  name: "backup",
  about: "Write all data of one moment to a new file, while servers run",
  arguments: file("the file to write"),
  options: { force: flag("replace an existing file"), json },
});

export const restore = declareCommand({
  name: "restore",
  about: "Create the tables and data of a backup in an empty database",
  arguments: file("the backup"),
  options: {
    replace: flag("delete the data that the database has"),
    "without-secret-key": flag("restore without the SECRET_KEY of the backup"),
    check: flag("only verify the file; needs no database"),
    json,
  },
});

export const move = declareCommand({
  name: "move",
  about: "Copy all data of another database into the empty one of this configuration",
  options: {
    from: required("embedded|URL", "the other database"),
    replace: flag("delete the data that this database has"),
    "keep-writable": flag("a rehearsal: do not make the other database read-only"),
    "without-secret-key": flag("move without the SECRET_KEY of the other database"),
    unlock: flag("copy nothing; make the other database writable again"),
    json,
  },
});
