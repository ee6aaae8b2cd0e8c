#!/usr/bin/env bash
# libphonenumber-js: the same text with `;phone-context=` has another result every second time.
#
# extractPhoneContext.js keeps two regular expressions with the flag `g` and calls `test` on them. Such an expression
# starts where its last match ended, so the second call finds nothing. Upstream: pull request 498.
set -euo pipefail

version=1.13.16
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch" "libphonenumber-js@$version"
echo "libphonenumber-js $version, Node.js $(node --version)"
cat >asked.mjs <<'SCRIPT'
import { parsePhoneNumberFromString } from "libphonenumber-js";
const text = "5550111;phone-context=+1212";
const found = [1, 2, 3, 4].map(() => parsePhoneNumberFromString(text, "US")?.number ?? "nothing");
console.log(`${text}: ${found.join(", ")}`);
SCRIPT
expected="5550111;phone-context=+1212: +12125550111, nothing, +12125550111, nothing"
seen=$(node asked.mjs)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
