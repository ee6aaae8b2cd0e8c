import {
  CustomField_AssociationType,
  CustomField_Type,
} from "../../src/gen/proto/moego/business/setting/v1/custom_field_pb.js";
import { ServiceItemType, ServiceType } from "../../src/gen/proto/moego/business/setting/v1/service_pb.js";

const companyId = "cmp_a";
let made = 0;

/** A name that nothing has. */
export function freshName(prefix = "Made"): string {
  made += 1;
  return `${prefix} ${made}`;
}

/** A text field of leads with a code of its own. */
export function newField() {
  return {
    companyId,
    code: freshName("made").replace(" ", "_"),
    label: "Made",
    associationType: CustomField_AssociationType.LEAD,
    type: CustomField_Type.SHORT_TEXT,
  };
}

export const newService = {
  companyId,
  name: "Nails",
  serviceItemType: ServiceItemType.GROOMING,
  serviceType: ServiceType.SERVICE,
};
