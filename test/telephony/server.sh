# shellcheck shell=bash
# The server for the scripts beside this file, with the demo data and more callers, on a free port. Sets scratch, MOEGO_URL
# and MOEGO_KEY. Everything that pids lists ends with the script.
scratch=$(mktemp -d)
chmod 755 "$scratch" # If root runs this, the database runs as another user, which passes through it.
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$scratch"
}
trap clean_up EXIT

# wait_for <pattern> <file>: fails after a minute, and prints the file.
wait_for() {
  for _ in $(seq 240); do
    if grep -q "$1" "$2" 2>/dev/null; then return; fi
    sleep 0.25
  done
  cat "$2" >&2
  return 1
}

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

# start_server [<host:port>]: the target that external APIs may call.
start_server() {
  export MOEGO_URL MOEGO_KEY=demo-key-of-the-telephony-walk-through
  npm run --silent build >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log" >&2 && exit 1; }
  env -u DATABASE_URL DATA_DIR="$scratch/data" HTTP_PORT=0 GRPC_PORT=0 DEMO_API_KEY="$MOEGO_KEY" \
    EXTERNAL_API_ALLOW="${1:-}" node dist/bundle/main.js >"$scratch/server.log" 2>&1 &
  pids+=($!)
  wait_for '^moego is ready' "$scratch/server.log"
  MOEGO_URL=$(sed -n 's/.*REST, Connect, gRPC-Web *//p' "$scratch/server.log")
}

post() { curl -sS -u "$MOEGO_KEY:" -H 'content-type: application/json' -d "$2" "$MOEGO_URL$1" >>"$scratch/setup.log"; }

customer() {
  post /v1/customers "{\"companyId\": \"cmp_001\", \"preferredBusinessId\": \"biz_001\",
    \"firstName\": \"$1\", \"lastName\": \"$2\", \"phone\": \"$3\"}"
}

store_callers() {
  customer Wei Tan '+65 9123 4567'
  customer Ada Byrd '+1 659 123 4567' # 659 123 4567 is also the number of Wei Tan without its plus.
  customer Kari Nordmann '+47 912 34 567'
  customer Amelia Hart '+44 20 7946 0018'
  customer Lucia Perez '+52 55 1234 5678'
  customer Diego Funes '+54 9 11 2345 6789'
  customer Mary Roe '+1 212 555 0123'       # The same number as Jane Roe.
  customer Nobody Restricted '+17378742833' # The digits of RESTRICTED. The server does not accept them as a phone.
}
