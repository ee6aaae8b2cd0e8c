#!/usr/bin/env bash
# Runs the dialplan of docs/call-center/asterisk.md: starts the server with the demo data and Asterisk, and places one
# call for each caller. Fails if a call arrives in the wrong context.
#
# Not part of CI. Seen with Asterisk 22.11.0-rc1 and app_verbose, func_callerid, func_curl, func_logic, func_strings,
# func_uri, pbx_config, res_clioriginate and res_curl. Debian 12 has no package of Asterisk. Installs nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=test/telephony
if ! command -v asterisk >/dev/null; then echo "Missing program: asterisk" >&2 && exit 2; fi
modules=${ASTERISK_MODULES:-/usr/lib/asterisk/modules}

# shellcheck source=test/telephony/server.sh
source "$here/server.sh"
start_server ""
store_callers

etc=$scratch/asterisk
mkdir "$etc"
{
  printf '[directories]\nastmoddir => %s\n' "$modules"
  for name in astetcdir astvarlibdir astdbdir astkeydir astdatadir astagidir astspooldir astrundir astlogdir; do
    echo "$name => $etc"
  done
} >"$etc/asterisk.conf"
printf '[modules]\nautoload=yes\n' >"$etc/modules.conf"
printf '[logfiles]\nconsole => warning,error,verbose\n' >"$etc/logger.conf"
{
  printf '[caller]\nexten => _.,1,Set(CALLERID(num)=%s)\n same => n,Goto(from-trunk,100,1)\n' "\${EXTEN}"
  printf '[withheld]\nexten => _.,1,Set(CALLERID(num)=%s)\n' "\${EXTEN}"
  printf ' same => n,Set(CALLERID(num-pres)=prohib)\n same => n,Goto(from-trunk,100,1)\n'
  # The first block of the page, with the address of this server.
  awk '/^```text/ { block++; next } /^```/ { block += block == 1 ? 1 : 0 } block == 1' docs/call-center/asterisk.md |
    sed "s#https://KEY@moego.example.com#${MOEGO_URL/:\/\//:\/\/$MOEGO_KEY@}#"
  for context in blocked vip customers anonymous new-callers; do
    printf '[%s]\nexten => s,1,Verbose(0,ARRIVED %s %s)\n' "$context" "$context" "\${HASH(caller,uname)}"
  done
} >"$etc/extensions.conf"

asterisk -C "$etc/asterisk.conf" -f -n -v >"$scratch/asterisk.log" 2>&1 &
pids+=($!)
wait_for 'Asterisk Ready' "$scratch/asterisk.log"

wrong=0
while IFS=$'\t' read -r context number expected; do
  before=$(grep -c ARRIVED "$scratch/asterisk.log" || true)
  asterisk -C "$etc/asterisk.conf" -rx "channel originate Local/$number@$context application Wait 1" >/dev/null
  for _ in $(seq 80); do
    if (($(grep -c ARRIVED "$scratch/asterisk.log" || true) > before)); then break; fi
    sleep 0.1
  done
  arrived=$(sed -n 's/.*ARRIVED \(.*[^ ]\) *$/\1/p' "$scratch/asterisk.log" | tail -n +$((before + 1)))
  verdict=OK
  if [[ $arrived != "$expected" ]]; then verdict=WRONG wrong=$((wrong + 1)); fi
  echo "$context $number: $arrived ($expected) $verdict"
done <<'CALLS'
caller	+12125550111	vip John Doe
caller	anonymous	anonymous
caller	2125550111	vip John Doe
withheld	+12125550111	anonymous
caller	+6591234567	customers Wei Tan
caller	6591234567	customers Ada Byrd
caller	+12125550125	blocked Sam O'Neil
caller	+17185550124	customers María José García Núñez
caller	+12125550141	customers Ana Silva
caller	+7378742833	anonymous
caller	+12125559999	new-callers
caller	unknown	anonymous
CALLS
((wrong == 0))
