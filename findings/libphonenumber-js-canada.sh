#!/usr/bin/env bash
# libphonenumber-js: seven digits of any kind are a possible number in Canada, where Google's library refuses them.
#
# Canada has services with seven digits (310-xxxx), so seven is among the lengths of its plan. The port asks the plan of
# the default country, Google the plan of the country code +1. A number without its area code passes and finds nobody.
set -euo pipefail

port=1.13.16
google=3.2.47
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch" \
  "libphonenumber-js@$port" "google-libphonenumber@$google"
echo "libphonenumber-js $port, google-libphonenumber $google, Node.js $(node --version)"
cat >asked.mjs <<'SCRIPT'
import google from "google-libphonenumber";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
const util = google.PhoneNumberUtil.getInstance();
const { IS_POSSIBLE } = google.PhoneNumberUtil.ValidationResult;
for (const country of ["CA", "US"]) {
  const port = parsePhoneNumberFromString("555-0142", country);
  const reason = util.isPossibleNumberWithReason(util.parse("555-0142", country));
  console.log(`555-0142 in ${country}: port ${port.isPossible()}, Google ${reason === IS_POSSIBLE}`);
}
SCRIPT
expected=$(cat <<'LINES'
555-0142 in CA: port true, Google false
555-0142 in US: port false, Google false
LINES
)
seen=$(node asked.mjs)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
