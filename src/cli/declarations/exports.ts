import { declareCommand, flag, json, oneOf, optional, required } from "../declaration.js";

export const exportCompany = declareCommand({
  name: "export",
  about: "Write all data of a company, or of one person, to a new folder",
  options: {
    company: required("ID", "the company"),
    out: required("FOLDER", "the folder to create"),
    format: oneOf(["csv", "jsonl"], "default: csv"),
    person: optional("ID", "only the data of this customer or lead"),
    json,
  },
});

export const load = declareCommand({
  name: "load",
  about: "Create the company of an export, which must not exist, in one transaction",
  arguments: { FOLDER: { about: "the folder of the export" } },
  options: {
    "opt-out-key": optional("FILE", "key of its opt-outs, as `secrets export` wrote it"),
    "without-opt-out-key": flag("if the key is lost: the opt-outs are stored, but recognize no one"),
    json,
  },
});
