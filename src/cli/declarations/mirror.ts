import { declareCommand, flag, optional, required } from "../declaration.js";

export const mirror = declareCommand({
  name: "mirror",
  about: "Copy the companies of another system that speaks the MoeGo API, with their IDs and times",
  options: {
    from: required("URL", "for example https://openapi.moego.pet"),
    "key-env": optional("NAME", "environment variable with the API key of that system"),
    "key-file": optional("FILE", "file with the key instead"),
    company: optional("ID", "only this company; default: all that the key can access"),
    once: flag("copy everything, and what changed in the meantime (default)"),
    follow: flag("copy everything, then every change, until the process is stopped"),
    every: optional("SECONDS", "pause between two looks for changes; default: 10"),
    verify: flag("at the end, compare every record field by field"),
  },
});
