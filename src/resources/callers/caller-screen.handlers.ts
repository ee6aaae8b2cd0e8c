import { z } from "zod";
import { optionalId } from "../../api/fields.js";
import { rpc, type ServiceHandlers } from "../../api/rpc.js";
import { type KeyUseLog, recordQuery } from "../../core/key-use.js";
import type { CallerLookupService } from "../../gen/proto/moego/callcenter/v1/caller_lookup_service_pb.js";
import { toProtoScreen } from "./caller-screen.output.js";
import type { CallerScreens } from "./caller-screen.service.js";

/** Telephone systems forward what the line provides, so only the company can be invalid. */
const callingNumber = z.object({ companyId: optionalId, tel: z.string() });

/** Handlers of `moego.callcenter.v1.CallerLookupService`. */
export function createCallerLookupHandlers(
  screens: CallerScreens,
  keyUse: KeyUseLog,
): ServiceHandlers<typeof CallerLookupService> {
  return {
    lookupCaller: rpc(callingNumber, async (asked, { principal, signal, write }) => {
      const screen = await screens.find(principal, asked, signal);
      recordQuery(keyUse, write, screen);
      return toProtoScreen(screen);
    }),
  };
}
