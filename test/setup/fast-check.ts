import fc from "fast-check";
import { seed } from "../support/seed.js";

// A property that fails tells its seed, which is this one.
fc.configureGlobal({ seed });
