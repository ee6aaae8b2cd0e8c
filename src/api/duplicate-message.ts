import { create } from "@bufbuild/protobuf";
import {
  duplicateKinds,
  duplicateMatches,
  duplicatePolicies,
  type PossibleDuplicates,
} from "../core/possible-duplicate.js";
import { Company_DuplicatePolicySchema } from "../gen/proto/moego/business/company/v1/company_pb.js";
import {
  PossibleDuplicate_KindSchema,
  PossibleDuplicate_MatchSchema,
  PossibleDuplicatesSchema,
} from "../gen/proto/moego/business/customer/v1/possible_duplicate_pb.js";
import { protoEnum } from "./proto-enum.js";

export const policyOf = protoEnum(Company_DuplicatePolicySchema, duplicatePolicies);
const kindOf = protoEnum(PossibleDuplicate_KindSchema, duplicateKinds);
const matchOf = protoEnum(PossibleDuplicate_MatchSchema, duplicateMatches);

/** The field of a response that names the duplicates. Without duplicates, the response is the record as it is read. */
export function duplicatesField({ records, hasMore }: PossibleDuplicates) {
  if (records.length === 0) return {};
  const possibleDuplicates = create(PossibleDuplicatesSchema, {
    records: records.map(({ kind, id, matches, archived: deleted }) => ({
      ...{ kind: kindOf.toProto(kind), id, deleted },
      matches: matches.map(matchOf.toProto),
    })),
    hasMore,
  });
  return { possibleDuplicates };
}
