#!/usr/bin/env bash
# Runs the Kamailio part of docs/call-center/kamailio.md: starts the server with the demo data and Kamailio with
# kamailio.cfg, sends one INVITE with sipp for each row of invites.tsv, and compares what the caller receives.
#
#   bash test/telephony/kamailio.sh           prints a table; fails if a row is wrong
#   bash test/telephony/kamailio.sh --write   writes the table into docs/call-center/kamailio.md as well
#
# Not part of CI, because it needs Debian packages. Installs nothing. Everything that it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=test/telephony
page=docs/call-center/kamailio.md

missing=()
has_module() { compgen -G "/usr/lib/*/kamailio/modules/$1.so" >/dev/null; }
command -v kamailio >/dev/null || missing+=(kamailio)
has_module http_client || missing+=(kamailio-utils-modules)
has_module jansson || missing+=(kamailio-extra-modules)
command -v sipp >/dev/null || missing+=(sip-tester)
if ((${#missing[@]})); then
  echo "Missing Debian packages: ${missing[*]}" >&2
  exit 2
fi

scratch=$(mktemp -d)
chmod 755 "$scratch" # If root runs this, the database runs as another user, which passes through it.
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$scratch"
}
trap clean_up EXIT

wait_for() {
  for _ in $(seq 240); do
    if grep -q "$1" "$2" 2>/dev/null; then return; fi
    sleep 0.25
  done
  cat "$2" >&2
  return 1
}

# The server, on free ports.
export MOEGO_KEY=demo-key-of-the-kamailio-walk-through
npm run --silent build >"$scratch/build.log" 2>&1 || { cat "$scratch/build.log" >&2 && exit 1; }
env -u DATABASE_URL DATA_DIR="$scratch/data" HTTP_PORT=0 GRPC_PORT=0 DEMO_API_KEY="$MOEGO_KEY" \
  node dist/main.js >"$scratch/server.log" 2>&1 &
pids+=($!)
wait_for '^moego is ready' "$scratch/server.log"
MOEGO_URL=$(sed -n 's/.*REST, Connect, gRPC-Web *//p' "$scratch/server.log")
export MOEGO_URL

post() { curl -sS -u "$MOEGO_KEY:" -H 'content-type: application/json' -d "$2" "$MOEGO_URL$1" >>"$scratch/setup.log"; }
customer() {
  post /v1/customers "{\"companyId\": \"cmp_001\", \"preferredBusinessId\": \"biz_001\",
    \"firstName\": \"$1\", \"lastName\": \"$2\", \"phone\": \"$3\"}"
}
customer Wei Tan '+65 9123 4567'
customer Ada Byrd '+1 659 123 4567'
customer Kari Nordmann '+47 912 34 567'
customer Amelia Hart '+44 20 7946 0018'
customer Lucia Perez '+52 55 1234 5678'
customer Diego Funes '+54 9 11 2345 6789'
customer Mary Roe '+1 212 555 0123' # The same number as Jane Roe.
customer Nobody Restricted '+17378742833' # The digits of RESTRICTED. The server does not accept them as a phone.
post /v1/callcenter/companies/cmp_001/ivr_flows "$(<$here/flow.json)"

# Kamailio, on a free port.
free_udp_port() { node -e 'const s = require("dgram").createSocket("udp4").bind(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
sip_port=$(free_udp_port)
kamailio -DD -E -m 16 -M 4 -Y "$scratch" -f "$here/kamailio.cfg" -l "udp:127.0.0.1:$sip_port" >"$scratch/kamailio.log" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
  ss -Hlun "sport = :$sip_port" 2>/dev/null | grep -q . && break
  sleep 0.1
done

# Sends one INVITE; sets sent, found and decision from the response.
invite() {
  local way=$1 from=$2 headers="" header reply
  shift 2
  for header in "$@"; do if [[ -n $header ]]; then headers+="      $header"$'\n'; fi; done
  awk -v way="$way" -v from="${from//&/\\\\&}" -v headers="${headers//&/\\\\&}" \
    '{ if ($0 ~ /^HEADERS/) { printf "%s", headers; sub(/^HEADERS/, "") } gsub(/WAY/, way); gsub(/FROM/, from); print }' \
    "$here/invite.xml" >"$scratch/invite.xml"
  rm -f "$scratch/messages"
  sipp -sf "$scratch/invite.xml" -m 1 -nostdin -i 127.0.0.1 -p "$(free_udp_port)" -trace_msg -message_file "$scratch/messages" \
    "127.0.0.1:$sip_port" >"$scratch/sipp.log" 2>&1 || true
  reply=$(tr -d '\r' <"$scratch/messages" | sed -n '/^SIP\/2.0 302/,/^$/p')
  value() { sed -n "s/^$1 *//p" <<<"$reply"; }
  sent="$way: $(value X-Sent:)"
  found="$(value X-Status:) $(value X-Name:)"
  found=${found% }
  decision="$(value Contact: | sed 's/<sip:\(.*\)@.*/\1/'), $(value X-Exit:)"
}

table=$scratch/table.md
cell() { printf '`%s`' "${1//|/\\|}"; }
{
  echo '| INVITE | Sent | Found | Queue, exit of the flow | Right | |'
  echo '|---|---|---|---|---|---|'
} >"$table"
rows=0 wrong=0
while IFS=$'\t' read -r way identity status name queue flow; do
  if [[ $way == \#* || -z $way ]]; then continue; fi
  rows=$((rows + 1))
  # From and further headers, separated by ` ~ `.
  IFS='~' read -r -a headers <<<"${identity// \~ /\~}"
  invite "$way" "${headers[@]}"
  if [[ $name == - ]]; then name=""; fi
  right="$status${name:+ $name}|$queue, $flow"
  verdict=OK
  if [[ "$found|$decision" != "$right" ]]; then verdict=WRONG wrong=$((wrong + 1)); fi
  echo "| $(cell "$identity") | $(cell "${sent:-nothing}") | $found | $decision | ${right//|/, } | $verdict |" >>"$table"
done <"$here/invites.tsv"
cat "$table"
echo
echo "$((rows - wrong)) of $rows INVITEs are right."

if [[ ${1:-} == --write ]]; then
  PAGE=$page TABLE=$table node -e '
    const { readFileSync, writeFileSync } = require("fs");
    const { PAGE, TABLE } = process.env;
    const [before, rest] = readFileSync(PAGE, "utf8").split("<!-- table -->\n");
    const [, after] = rest.split("<!-- end of table -->");
    const table = readFileSync(TABLE, "utf8");
    writeFileSync(PAGE, `${before}<!-- table -->\n\n${table}\n<!-- end of table -->${after}`);'
fi
((wrong == 0))
