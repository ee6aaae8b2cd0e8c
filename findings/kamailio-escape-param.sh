#!/usr/bin/env bash
# Kamailio: the transformation that the examples of http_client put into a query string does not escape `+` and `&`.
#
# The README of http_client has `http://api.com/index.php?f_uri=$(fu{s.escape.param})`. The transformation escapes for a
# parameter of a SIP URI, where both characters are allowed. A server decodes the plus of a query string as a space, so
# that +65 9123 4567 arrives as 65 9123 4567; an `&` ends the value. {s.urlencode.param} escapes both.
set -euo pipefail

if ! command -v kamailio >/dev/null; then echo "Missing Debian package: kamailio" >&2 && exit 2; fi
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
request_route { exit; }
event_route[core:worker-one-init] {
  $var(uri) = "sip:+6591234567@pbx.example;note=a&b";
  xlog("SEEN escape.param: $(var(uri){s.escape.param})\n");
  xlog("SEEN urlencode.param: $(var(uri){s.urlencode.param})\n");
  xlog("SEEN end\n");
}
CONFIG
expected=$(cat <<'LINES'
escape.param: sip:+6591234567%40pbx.example%3bnote%3da&b
urlencode.param: sip%3a%2b6591234567%40pbx.example%3bnote%3da%26b
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
