import { company, declareCommand, json, optional, required } from "../declaration.js";

const id = optional("ID", "default: generated");

export const createCompany = declareCommand({
  name: "companies create",
  about: "Create a company and print its ID",
  options: {
    name: required("NAME", "the name of the company"),
    country: required("CODE", "ISO 3166-1 alpha-2, for example US"),
    "time-zone": required("ZONE", "IANA name, for example America/New_York"),
    id,
    json,
  },
});

export const listCompanies = declareCommand({
  name: "companies list",
  about: "List all companies",
  options: { json },
});

export const createBusiness = declareCommand({
  name: "businesses create",
  about: "Create a location and print its ID",
  options: { company, name: required("NAME", "the name of the location"), id, json },
});

export const listBusinesses = declareCommand({
  name: "businesses list",
  about: "List the locations of a company",
  options: { company, json },
});
