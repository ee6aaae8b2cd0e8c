import { declareCommand, json } from "../declaration.js";

export const help = declareCommand({
  name: "help",
  about: "List all commands, or show one: `moego help keys create`",
  options: {},
});

export const version = declareCommand({
  name: "version",
  about: "Print the versions of moego and of its time zone data",
  options: { json },
});
