#!/usr/bin/env bash
# Kamailio: jansson_get leaves its variable as it was if a key is missing, or if the body is `null`.
#
# A variable of the kind $var(NAME) lives as long as the worker process, so a key that a response lacks keeps the value
# of an earlier call: after a VIP, an unknown caller is a VIP. The README of jansson documents the unchanged variable. It
# also says that the function returns FALSE only "if the data can not be parsed"; it returns FALSE for a missing key too,
# and it cannot parse a body that is neither an object nor an array, such as `null`.
set -euo pipefail

if ! command -v kamailio >/dev/null; then echo "Missing Debian package: kamailio" >&2 && exit 2; fi
if ! compgen -G "/usr/lib/*/kamailio/modules/jansson.so" >/dev/null; then
  echo "Missing Debian package: kamailio-extra-modules" >&2 && exit 2
fi
echo "Seen with Kamailio 5.6.3 of Debian 12 (bookworm). Here: $(kamailio -v | head -1)"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/kamailio.cfg" <<'CONFIG'
#!KAMAILIO
children=1
log_stderror=yes
debug=-1
disable_tcp=yes
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "jansson.so"
request_route { exit; }
event_route[core:worker-one-init] {
  $var(body) = "{\"name\": \"John\", \"vip\": \"1\"}";
  jansson_get("vip", $var(body), "$var(vip)");
  xlog("SEEN key present: vip=[$var(vip)]\n");
  $var(body) = "{\"name\": \"Jane\"}";
  if (jansson_get("vip", $var(body), "$var(vip)")) $var(result) = "TRUE"; else $var(result) = "FALSE";
  xlog("SEEN key missing: $var(result) vip=[$var(vip)]\n");
  $var(body) = "null";
  if (jansson_get("vip", $var(body), "$var(vip)")) $var(result) = "TRUE"; else $var(result) = "FALSE";
  xlog("SEEN null: $var(result) vip=[$var(vip)]\n");
  xlog("SEEN end\n");
}
CONFIG
expected=$(cat <<'LINES'
key present: vip=[1]
key missing: FALSE vip=[1]
null: FALSE vip=[1]
LINES
)

# -DD: in the foreground. The port is never used.
timeout 10 kamailio -DD -E -m 16 -M 4 -Y "$scratch" -f "$scratch/kamailio.cfg" -l udp:127.0.0.1:0 >"$scratch/log" 2>&1 &
for _ in $(seq 50); do
  if grep -q 'SEEN end' "$scratch/log"; then break; fi
  sleep 0.1
done
kill %1 2>/dev/null || true
wait 2>/dev/null || true
seen=$(sed -n 's/.*SEEN //p' "$scratch/log" | grep -v '^end$')
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }
