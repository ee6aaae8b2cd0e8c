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

# shellcheck source=test/telephony/server.sh
source "$here/server.sh"
# A third-party system that the flow asks about callers who are not stored. It writes one line for each request.
other=127.0.0.1:$(free_port)
asked=$scratch/asked
touch "$asked"
ASKED=$asked node -e '
  require("http").createServer((request, response) => {
    require("fs").appendFileSync(process.env.ASKED, `${request.url}\n`);
    response.setHeader("content-type", "application/json").end("{}");
  }).listen(process.argv[1], "127.0.0.1");' "${other#*:}" &
pids+=($!)

start_server "$other"
store_callers
post /v1/callcenter/companies/cmp_001/external_apis "{\"id\": \"xapi_other\", \"name\": \"Other\", \"method\": \"METHOD_GET\",
  \"url\": \"http://$other/\", \"requestParams\": [{\"name\": \"tel\", \"location\": \"LOCATION_QUERY\", \"required\": true}]}"
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
    -cid_str "${call_id:-%u-%p@%s}" "127.0.0.1:$sip_port" >"$scratch/sipp.log" 2>&1 || true
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

# One call that arrives four times, as a fork does: the flow runs once.
before=$(wc -l <"$asked")
for _ in 1 2 3 4; do call_id=fork@pbx.example invite uri '<sip:+12125559875@pbx.example>'; done
runs=$(($(wc -l <"$asked") - before))
echo "One call that arrived four times ran the flow $runs time(s)."
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
((wrong == 0 && runs == 1))
