#!/usr/bin/env bash
# Kamailio: one empty value makes {param.value} return nothing for every key of the list.
#
# `{param.value,NAME,&}` is the transformation for a body such as `status=found&name=John&queue=vip`. If a value in the
# middle is empty, as in `status=found&name=&queue=vip`, no key of the whole list can be read: not `status`, which comes
# before it, and not `queue`. The log has "Error while parsing token". The same list is read if the empty value is the
# last one, or if its key has no equals sign. A server for Kamailio therefore writes `status=found&name&queue=vip`.
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
  $var(kv) = "status=found&name=&queue=vip";
  xlog("SEEN empty in the middle: status=[$(var(kv){param.value,status,&})] queue=[$(var(kv){param.value,queue,&})]\n");
  $var(kv) = "status=found&queue=vip&name=";
  xlog("SEEN empty at the end: status=[$(var(kv){param.value,status,&})] queue=[$(var(kv){param.value,queue,&})]\n");
  $var(kv) = "status=found&name&queue=vip";
  xlog("SEEN no equals sign: status=[$(var(kv){param.value,status,&})] queue=[$(var(kv){param.value,queue,&})]\n");
  xlog("SEEN end\n");
}
CONFIG
expected=$(cat <<'LINES'
empty in the middle: status=[] queue=[]
empty at the end: status=[found] queue=[vip]
no equals sign: status=[found] queue=[vip]
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
