import { z } from "zod";
import { id } from "./fields.js";

/** The one resource of a company that a request is about. */
export const companyResourceSchema = z.object({ companyId: id, id });
