#!/usr/bin/env bash
# startup-profile.sh FOLDER OUT: runs the server that was published in FOLDER with -p:StartupProfile=false with the sample shop, asks what people and dashboards ask, starts it once more, and writes
# the methods that it had to compile meanwhile to OUT, for the next publish (src/Sightglass.Server/startup.mibc; docs/decisions/0011-first-answers-first.md).
set -euo pipefail
folder=$(realpath "$1") out=$(realpath -m "$2") here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
base=http://127.0.0.1:24300

get() { curl -s -o /dev/null --get "$base$1" "${@:2}" || true; }
prom() { get /api/v1/query --data-urlencode "query=$1"; get /api/v1/query_range --data-urlencode "query=$1" -d start=$(($(date +%s) - 600)) -d end="$(date +%s)" -d step=15; }
loki() { get /loki/api/v1/query_range --data-urlencode "query=$1" -d limit=100; }
tempo() { get /tempo/api/search --data-urlencode "q=$1"; }

ask() {
    get /
    for path in $(curl -s $base/ | grep -o '/assets/[^"]*'); do get "$path"; done
    prom 'up'
    prom 'sum by (job) (rate(process_cpu_seconds_total[5m]))'
    prom 'histogram_quantile(0.99, sum by (le, service_name) (rate({__name__=~".*_bucket"}[5m])))'
    prom 'topk(3, avg_over_time(process_resident_memory_bytes[1m])) / 1024'
    prom 'max_over_time(sum(rate(process_cpu_seconds_total[1m]))[3m:1m]) or absent(nothing) unless vector(1)'
    prom 'up * on (instance) group_left () (up > 0.5) + ignoring (job) up offset 1m'
    prom 'quantile_over_time(0.9, up[2m]) and count_values("v", up) == bool 1'
    prom 'label_replace(sort_desc(sum without (instance) (up)), "a", "$1", "job", "(.*)")'
    for path in labels label/job/values metadata rules alerts targets status/tsdb status/buildinfo status/config status/flags; do get "/api/v1/$path"; done
    get /api/v1/series --data-urlencode 'match[]={__name__=~"process.+"}'
    get /api/v1/query_exemplars --data-urlencode 'query={__name__=~".+"}' -d start=0 -d end="$(date +%s)"
    loki '{service_name=~".+"}'
    loki '{service_name=~".+"} |= "order" != "x" |~ "o.d"'
    loki '{service_name=~".+"} | json | logfmt | line_format "{{.service_name}} {{.message}}" | level = "error"'
    loki '{service_name=~".+"} | pattern "<_> <a> <_>" | a != ""'
    loki 'sum by (service_name, detected_level) (count_over_time({service_name=~".+"}[1m]))'
    loki 'topk(3, sum by (service_name) (rate({service_name=~".+"} |= "o" [1m])))'
    loki 'quantile_over_time(0.9, {service_name=~".+"} | logfmt | unwrap duration_ms [1m]) by (service_name)'
    for path in labels series detected_labels status/buildinfo label/service_name/values; do get "/loki/api/v1/$path"; done
    for path in detected_fields patterns index/stats index/volume index/volume_range; do get "/loki/api/v1/$path" --data-urlencode 'query={service_name=~".+"}'; done
    tempo '{}'
    tempo '{ span.http.response.status_code >= 500 || status = error } | count() > 0'
    tempo '{ resource.service.name =~ ".+" && duration > 1ms } >> { kind = client } | select(span.http.route)'
    get /tempo/api/metrics/query_range --data-urlencode 'q={} | rate() by (resource.service.name)'
    get /tempo/api/search/tags
    get /tempo/api/v2/search/tag/resource.service.name/values
    local trace
    trace=$(curl -s "$base/tempo/api/search?limit=1" | grep -o '"traceID":"[0-9a-f]*"' | head -1 | cut -d'"' -f4) || true
    get "/tempo/api/traces/$trace"
    get "/tempo/api/v2/traces/$trace"
    for path in /api/v2/alerts /api/v2/alerts/groups /api/v2/silences /api/v2/status /sightglass/v1/status /sightglass/v1/cardinality /sightglass/v1/slos /sightglass/v1/alerts/timeline /sightglass/v1/oncall /metrics /-/ready; do get "$path"; done
    curl -s -o /dev/null -H 'Content-Type: application/json' $base/loki/api/v1/push -d '{"streams":[{"stream":{"service_name":"hello"},"values":[["'"$(date +%s%N)"'","hello from curl"]]}]}'
}

# The shop is started apart from the server, whose environment would have it write to the same trace.
cat > "$work/config.yml" <<END
global: { scrape_interval: 5s, evaluation_interval: 5s }
rule_files: [$folder/shop/demo-rules.yml]
END
tail -f /dev/null | "$folder/shop/shop" all --otlp http://127.0.0.1:24317 > /dev/null 2>&1 &
shop=$!
trap 'kill $shop; rm -rf "$work"' EXIT

run() {
    DOTNET_EnableEventPipe=1 DOTNET_EventPipeOutputPath=$1 DOTNET_EventPipeConfig=Microsoft-Windows-DotNETRuntime:0x4000080018:5 DOTNET_EventPipeRundown=0 \
        "$folder/sightglass" --config "$work/config.yml" --data "$work/data" --listen 127.0.0.1:24300 --otlp-grpc 127.0.0.1:24317 --otlp-http 127.0.0.1:24318 2> "$work/log" &
    local server=$!
    until curl -sf "$base/api/v1/query?query=count(up)" > /dev/null; do kill -0 $server; sleep 0.05; done
    sleep "$2"
    ask
    kill -TERM $server
    wait $server || true
}

run "$work/first.nettrace" 60
run "$work/second.nettrace" 10
dotnet run --project "$here/Sightglass.Benchmarks" -c Release -- startup-profile "$work" "$folder" "$out"
