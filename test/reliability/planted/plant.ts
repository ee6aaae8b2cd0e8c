import type { DescField, Message } from "@bufbuild/protobuf";
import type { Canaries } from "../../support/canaries.js";
import { plainFieldsOf } from "../tenancy/id-fields.js";
import { withText } from "../tenancy/requests.js";
import type { Rpc } from "../tenancy/world.js";

/** Fields whose texts are no person's and no secret: words of a list, codes, tokens of ours, the name that is an id. */
const impersonal = [
  ...[
    "country",
    "time_zone",
    "color",
    "color_code",
    "scopes",
    "allowed_ips",
    "allowed_ip_ranges",
    "page_token",
    "etag",
  ],
  ...[
    "code",
    "group",
    "next",
    "on_failure",
    "on_not_found",
    "on_success",
    "on_timeout",
    "otherwise",
    "outputs",
    "timeout_outputs",
    "variable",
  ],
];

export interface PlantedField {
  readonly fields: readonly DescField[];
  readonly name: string;
}

/** Where in a request of the rpc a person's data or a secret can stand. */
export function plantable({ method }: Rpc): readonly PlantedField[] {
  return plainFieldsOf(method)
    .map((fields) => ({ fields, name: fields.at(-1)?.name ?? "" }))
    .filter(({ name }) => !impersonal.includes(name));
}

/** The request with a new canary in the field, of the shape that the field takes. */
export function plantedRequest(
  rpc: Rpc,
  request: Message,
  { fields, name }: PlantedField,
  canaries: Canaries,
): Message {
  return withText(rpc.method.input, request, fields, () => canaryFor(name, canaries));
}

/** The same with a text that no field takes. */
export function spoiltRequest(rpc: Rpc, request: Message, { fields, name }: PlantedField, canaries: Canaries): Message {
  return withText(rpc.method.input, request, fields, () => `${canaries.text(name)}\u0000${"x".repeat(11_000)}`);
}

function canaryFor(name: string, canaries: Canaries): string {
  if (/phone|^tel$|^number$/.test(name)) return canaries.phone();
  if (name === "api_key") return `rk_test_${canaries.text("apikey")}`;
  if (name === "webhook_secret") return `whsec_${canaries.text("webhook")}`;
  if (name === "extension") return canaries.phone().slice(1);
  if (name === "email") return canaries.email("mail");
  if (/avatar|photo|website|facebook|instagram|yelp|google|url/.test(name)) return canaries.url("picture");
  return canaries.text(name.replaceAll("_", ""));
}

/** Secrets that an answer shows once: API keys and the tokens of card links. */
export function secretsIn(answerJson: string): string[] {
  return [...answerJson.matchAll(/"secret":"([^"]{16,})"|\/cof\/([\w-]{16,})/g)].map(
    ([, secret, token]) => secret ?? token ?? "",
  );
}
