import { readConfig } from "./config/config.js";
import { beginProcess } from "./server-process.js";
import { work } from "./worker.js";

// A worker process: started by workers.ts, whose environment it has.
const config = readConfig(process.env);
await work(config, beginProcess(config.log));
process.exit();
