#!/usr/bin/env bash
# Runs the Python quick start of docs/clients.md as the page shows it, against a server of its own, and checks its output.
#
#   bash test/clients/python.sh
#
# Not part of CI, because it needs Debian packages. Installs nothing. Everything that it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=test/clients/packages.sh
source test/clients/packages.sh
require_packages python3-grpcio python3-protobuf protobuf-compiler protobuf-compiler-grpc libprotobuf-dev

scratch=$(mktemp -d)
server=
clean_up() {
  if [[ -n $server ]]; then kill "$server" && wait "$server" || true; fi
  rm -rf "$scratch"
}
trap clean_up EXIT

# block <language> <place>: a code block of the page.
block() {
  awk -v language="$1" -v place="$2" '
    $0 == "```" { inside = 0 }
    inside { print }
    $0 == "```" language { place -= 1; inside = place == 0 }' docs/clients.md
}
# The second block of that kind: the first one is about grpc_tools. Paths below gen/ go to a folder of this run.
block text 2 | grep -v '^apt-get ' | sed -E "s#(^| |=)gen\b#\1$scratch/gen#g; s#quickstart.py#$scratch/quickstart.py#" >"$scratch/commands.sh"
block python 1 >"$scratch/quickstart.py"

npm run --silent build
export DATA_DIR=$scratch/data HTTP_PORT=0 GRPC_PORT=0
node dist/bundle/main.js >"$scratch/banner" 2>"$scratch/log" &
server=$!
for _ in {1..240}; do
  GRPC_PORT=$(sed -nE 's#^ +gRPC +http://127\.0\.0\.1:([0-9]+)$#\1#p' "$scratch/banner" "$scratch/log")
  [[ -n $GRPC_PORT ]] && break
  kill -0 "$server" || { cat "$scratch/log" && exit 1; }
  sleep 0.5
done
export GRPC_PORT
seen=$(bash -euo pipefail "$scratch/commands.sh")
echo "$seen"
grep -qx 'created +12125550188' <<<"$seen"
grep -qx 'listed True' <<<"$seen"
grep -q "'phone INVALID_FORMAT'" <<<"$seen"
echo "The quick start works."
