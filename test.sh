#!/usr/bin/env bash
# Runs every test: installs what they need, builds, publishes the server for the end-to-end tests, and ends with "N passed, N failed, N skipped".
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

need() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }
missing=()
need chromium chromium
need prometheus-node-exporter prometheus-node-exporter
need prometheus prometheus
need prometheus-alertmanager prometheus-alertmanager
need rsyslogd rsyslog
[ -x /lib/systemd/systemd-journal-upload ] || missing+=(systemd-journal-remote)
ldconfig -p | grep -q libzstd.so.1 || missing+=(libzstd1)
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || echo "could not install: ${missing[*]}"
fi

log=$(mktemp)
failed=0
step() { echo "== $*"; "$@" || { failed=$((failed + 1)); echo "FAILED: $*"; }; }

step dotnet build Sightglass.slnx -c Release -p:Bundle=false -v quiet
step dotnet publish src/Sightglass.Server -c Release -o artifacts/dist -v quiet
step npm ci --prefix tests/clients/otlp-js --no-audit --no-fund --loglevel=error
step npm ci --prefix tests/clients/logs-js --no-audit --no-fund --loglevel=error
if [ "$failed" = 0 ]; then
  dotnet test Sightglass.slnx -c Release --no-build -maxcpucount:1 2>&1 | tee "$log" || true
  [ -f web/package.json ] && { (cd web && npm run lint --silent && npm test --silent) 2>&1 | tee -a "$log"; [ "${PIPESTATUS[0]}" = 0 ] || failed=$((failed + 1)); }
fi

count() { grep -E "^(Passed|Failed)! +- Failed:" "$log" | sed -E "s/.*$1: +([0-9]+).*/\1/" | awk '{s+=$1} END {print s+0}'; }
web_passed=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E "^ +Tests +" | sed -nE 's/.* ([0-9]+) passed.*/\1/p' | awk '{s+=$1} END {print s+0}')
passed=$(( $(count Passed) + web_passed ))
failed=$(( $(count Failed) + failed ))
grep -qE "error|Test Run Aborted" <(grep -E "^The active test run was aborted|Test Run Aborted" "$log") && failed=$((failed + 1))
skipped=$(count Skipped)
rm -f "$log"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
