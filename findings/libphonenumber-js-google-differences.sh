#!/usr/bin/env bash
# libphonenumber-js and Google's own JavaScript library over the example numbers of all countries, one of each type
# (mobile, fixed line, toll-free, UAN, ...), written internationally and nationally as Google formats them.
#
# All are read as the same number. Two kinds differ in whether it is possible or valid, three numbers in all:
# - Benin, 8 digits that begin with 8 (UAN, VoIP): impossible for the port, valid for Google. Numbers of persons have 10
#   digits since 30 November 2024, and the release of the port knows only this length. Lines of companies call with
#   these numbers at most; the service reads them as too short.
# - Zimbabwe, 013 12345: possible for the port, valid for Google. The patterns of the country overlap. No difference for
#   the service, which stores and searches any possible number.
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
const { E164, INTERNATIONAL, NATIONAL } = google.PhoneNumberFormat;
const types = Object.entries(google.PhoneNumberType).filter(([name]) => name !== "UNKNOWN");

function byPort(text, region) {
  const number = parsePhoneNumberFromString(text, region);
  return number ? `${number.number} ${number.isValid() ? "valid" : number.isPossible() ? "possible" : "impossible"}` : "none";
}

function byGoogle(text, region) {
  try {
    const number = util.parse(text, region);
    const judged = util.isValidNumber(number) ? "valid" : util.isPossibleNumber(number) ? "possible" : "impossible";
    return `${util.format(number, E164)} ${judged}`;
  } catch {
    return "none";
  }
}

let [asked, differing] = [0, 0];
for (const region of [...util.getSupportedRegions()].sort()) {
  const numbers = new Map();
  for (const [name, type] of types) {
    const example = util.getExampleNumberForType(region, type);
    if (example) numbers.set(util.format(example, E164), example);
  }
  for (const example of numbers.values()) {
    for (const text of new Set([util.format(example, INTERNATIONAL), util.format(example, NATIONAL)])) {
      asked += 1;
      const [one, other] = [byPort(text, region), byGoogle(text, region)];
      if (one === other) continue;
      differing += 1;
      console.log(`${region} ${text}: port ${one}, Google ${other}`);
    }
  }
}
console.log(`${differing} of ${asked} spellings differ`);
SCRIPT
expected=$(cat <<'LINES'
BJ +229 85 75 12 34: port +22985751234 impossible, Google +22985751234 valid
BJ 85 75 12 34: port +22985751234 impossible, Google +22985751234 valid
BJ +229 81 12 34 56: port +22981123456 impossible, Google +22981123456 valid
BJ 81 12 34 56: port +22981123456 impossible, Google +22981123456 valid
ZW +263 13 12345: port +2631312345 possible, Google +2631312345 valid
ZW 013 12345: port +2631312345 possible, Google +2631312345 valid
6 of 2250 spellings differ
LINES
)
seen=$(node asked.mjs)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
