import { company, declareCommand, flag, json, optional, required, several } from "../declaration.js";

export const createStaff = declareCommand({
  name: "staff create",
  about: "Create a staff member and print the ID, for example for `keys create --staff`",
  options: {
    company,
    "first-name": required("NAME", "the first name"),
    "last-name": optional("NAME", "the last name"),
    email: optional("ADDRESS", "the email address"),
    phone: optional("PHONE", "E.164, or the national format of the company's country"),
    location: several("ID", "a location at which the staff member works"),
    id: optional("ID", "default: generated"),
    json,
  },
});

export const listStaff = declareCommand({
  name: "staff list",
  about: "List the staff of a company",
  options: { company, archived: flag("include archived staff members"), json },
});
