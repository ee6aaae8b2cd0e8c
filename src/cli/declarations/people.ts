import { company, declareCommand, flag, json, optional, required } from "../declaration.js";

export const lookup = declareCommand({
  name: "lookup",
  about: "Find customers and leads by a whole phone number, or by words of a name",
  arguments: { "PHONE|NAME": { about: "a number, or the beginnings of up to 5 words of a name" } },
  options: {
    company,
    limit: optional("NUMBER", "how many customers and leads are shown, 1 to 100 each; default: 20"),
    json,
  },
});

export const erase = declareCommand({
  name: "erase",
  about: "Erase a customer or lead permanently, as EraseCustomer and EraseLead do (docs/erasure.md)",
  options: {
    company,
    person: required("ID", "the customer or lead"),
    yes: flag("do not ask for confirmation"),
    json,
  },
});
