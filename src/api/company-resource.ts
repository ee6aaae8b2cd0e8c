import { z } from "zod";
import { id } from "./fields.js";

export const companyResourceSchema = z.object({ companyId: id, id });
