#!/usr/bin/env bash
# connect: a subclass of ConnectError is mistaken for the class itself, and loses its own type.
#
# ConnectError has a Symbol.hasInstance of its own, which subclasses inherit. It asks for the prototype or the name of
# ConnectError. So every plain ConnectError is an instance of each subclass, an error of a subclass with a name of its own is an
# instance of neither, and ConnectError.from() wraps it: code and details are gone. Typed errors of a client should extend Error.
set -euo pipefail

connect=2.1.2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch" \
  "@connectrpc/connect@$connect" @bufbuild/protobuf@2.13.0
echo "@connectrpc/connect $connect, Node.js $(node --version)"
cat >subclass.mjs <<'SCRIPT'
import { Code, ConnectError } from "@connectrpc/connect";

class QuotaError extends ConnectError {
  name = "QuotaError";
}

const plain = new ConnectError("not found", Code.NotFound);
const quota = new QuotaError("too many", Code.ResourceExhausted);
console.log(`a ConnectError is a QuotaError: ${plain instanceof QuotaError}`);
console.log(`a QuotaError is a QuotaError: ${quota instanceof QuotaError}`);
console.log(`a QuotaError is a ConnectError: ${quota instanceof ConnectError}`);
console.log(`ConnectError.from(QuotaError) has the code: ${Code[ConnectError.from(quota).code]}`);
SCRIPT
expected=$(cat <<'LINES'
a ConnectError is a QuotaError: true
a QuotaError is a QuotaError: false
a QuotaError is a ConnectError: false
ConnectError.from(QuotaError) has the code: Unknown
LINES
)
seen=$(node subclass.mjs)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
