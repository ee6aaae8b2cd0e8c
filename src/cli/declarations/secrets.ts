import { declareCommand, json, optional } from "../declaration.js";

export const exportSecrets = declareCommand({
  name: "secrets export",
  about: "Write SECRET_KEY and PAGE_TOKEN_SECRET to a new file that only its owner can read",
  arguments: { FILE: { about: "the file to create" } },
  options: { company: optional("ID", "write the key of the opt-outs of a company instead"), json },
});

export const rotateSecrets = declareCommand({
  name: "secrets rotate",
  about: "Re-encrypt stored secrets with the current SECRET_KEY",
  options: {},
});
