import { privilegedScopes } from "../../core/principal.js";
import { declareCommand, json, optional, required, several } from "../declaration.js";

const keyId = { ID: { about: "the API key" } };

export const createKey = declareCommand({
  name: "keys create",
  about: "Create an API key and print its secret once",
  options: {
    name: required("NAME", "what the key is for"),
    company: several("ID", "grant access to a company"),
    business: several("COMPANY/BUSINESS", "grant access to one location"),
    enterprise: several("ID", "grant access to all companies of an enterprise"),
    scope: several("SCOPE", `default: all scopes except ${privilegedScopes.join(", ")}`),
    staff: optional("ID", "staff member recorded as the actor of changes"),
    "allow-address": several("IP|CIDR", "allowed client address; default: any"),
    expires: optional("TIME", "duration (12h, 90d) or RFC 3339 time; default: never"),
    json,
  },
});

export const listKeys = declareCommand({ name: "keys list", about: "List all API keys", options: { json } });

export const rotateKey = declareCommand({
  name: "keys rotate",
  about: "Create a new secret and print it once",
  arguments: keyId,
  options: {
    overlap: optional("DURATION", "how long the previous secret stays valid, 0h to 30d; default: 24h"),
    json,
  },
});

export const revokeKey = declareCommand({
  name: "keys revoke",
  about: "Revoke an API key; takes effect within 2 seconds",
  arguments: keyId,
  options: { json },
});
