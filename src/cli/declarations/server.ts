import { declareCommand, flag, json } from "../declaration.js";

export const serve = declareCommand({
  name: "serve",
  about: "Start the server (like `npm start`, without building)",
  options: {},
});

export const doctor = declareCommand({
  name: "doctor",
  about: "Check whether a server can start and work here: versions, ports, secrets, disk, database, clock",
  options: { json },
});

export const migrate = declareCommand({
  name: "migrate",
  about: "Apply pending database migrations, as the login of DATABASE_MIGRATION_URL",
  options: { "create-login": flag("create the login of DATABASE_URL if it is missing"), json },
});

export const seed = declareCommand({
  name: "seed",
  about: "Write the demo data (own database: requires SEED_DEMO=1)",
  options: { json },
});
