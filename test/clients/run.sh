#!/usr/bin/env bash
# Runs the same steps with every client library against the real server and prints a table: Python, Go, grpc-js,
# nice-grpc, grpc-web, protobuf-ts and connect-web, the last also in a headless Chromium. Fails if a step sees anything else
# than steps.ts expects. CI runs those from npm (test/reliability/clients.test.ts).
#
#   bash test/clients/run.sh
#
# Not part of CI, because it needs Debian packages. Installs nothing. Everything that it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=test/clients/packages.sh
source test/clients/packages.sh
require_packages "${code_packages[@]}" chromium

CLIENT_CODE=$(mktemp -d)
export CLIENT_CODE
trap 'rm -rf "$CLIENT_CODE"' EXIT
bash test/clients/generate.sh "$CLIENT_CODE"
mkdir "$CLIENT_CODE/go/src/steps"
cp test/clients/steps.go "$CLIENT_CODE/go/src/steps/main.go"
(cd "$CLIENT_CODE/go/src/steps" && GOPATH="$CLIENT_CODE/go:/usr/share/gocode" GO111MODULE=off go build -o "$CLIENT_CODE/steps-go" .)
npm run --silent build
npx vitest run --config test/clients/vitest.config.ts
