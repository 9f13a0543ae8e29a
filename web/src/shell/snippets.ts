export interface Listen {
  http: string;
  otlpGrpc: string;
  otlpHttp: string;
  /** The host name in the address bar: where this server is reached from outside. */
  page: string;
}

/** An address to send to: a listener on every interface is reached by the name of the page. */
export function reachable(address: string, page: string): string {
  const match = /^(?:\w+:\/\/)?(.*):(\d+)\/?$/.exec(address);
  if (match === null) return address;
  const host = match[1] ?? '';
  const everywhere = ['', '*', '+', '0.0.0.0', '[::]', '::'].includes(host);
  return `${everywhere ? page : host}:${match[2] ?? ''}`;
}

export function otlpLines(listen: Listen): string {
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${reachable(listen.otlpGrpc, listen.page)}`,
    'export OTEL_EXPORTER_OTLP_PROTOCOL=grpc',
    'export OTEL_SERVICE_NAME=my-service',
    `# or over HTTP: OTEL_EXPORTER_OTLP_ENDPOINT=http://${reachable(listen.otlpHttp, listen.page)}`,
    '#               OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
  ].join('\n');
}

export function scrapeLines(): string {
  return [
    'scrape_configs:',
    '  - job_name: my-service',
    '    static_configs:',
    '      - targets: ["localhost:8080"]',
  ].join('\n');
}

export function ruleLines(): string {
  return [
    '# in the configuration: rule_files: [rules.yml]',
    'groups:',
    '  - name: basics',
    '    rules:',
    '      - alert: TargetDown',
    '        expr: up == 0',
    '        for: 1m',
    '        labels: { severity: critical }',
    '        annotations: { summary: "{{ $labels.instance }} of {{ $labels.job }} is down" }',
  ].join('\n');
}

export function pushLines(listen: Listen): string {
  const body = `{"streams":[{"stream":{"service_name":"my-service"},"values":[["'$(date +%s%N)'","hello from the shell"]]}]}`;
  return [
    `curl -H 'Content-Type: application/json' http://${reachable(listen.http, listen.page)}/loki/api/v1/push \\`,
    `  -d '${body}'`,
  ].join('\n');
}

export function sloLines(): string {
  return [
    'slos:',
    '  - name: checkout-availability',
    '    service: checkout',
    '    objective: 99.9',
    '    window: 30d',
    '    indicator:',
    '      ratio:',
    `        errors: 'http_requests_total{job="checkout",status_code=~"5.."}'`,
    `        total: 'http_requests_total{job="checkout"}'`,
  ].join('\n');
}

export function slaLines(): string {
  return [
    'slas:',
    '  - name: shop',
    '    service: checkout',
    '    customer: Example Ltd',
    '    period: month',
    '    targets:',
    '      uptime:',
    '        objective: 99.9',
    '        indicator:',
    '          ratio:',
    `            errors: 'http_requests_total{job="checkout",status_code=~"5.."}'`,
    `            total: 'http_requests_total{job="checkout"}'`,
  ].join('\n');
}

export function onCallLines(): string {
  return [
    'people:',
    '  - { name: ana, contacts: [ana-phone] }',
    '  - { name: ben, contacts: [ben-phone] }',
    'oncall:',
    '  - name: first',
    '    time_zone: Europe/Berlin',
    '    layers: [{ start: 2026-01-05, length: 7d, people: [ana, ben] }]',
    'escalation:',
    '  policies:',
    '    - name: page',
    '      steps: [{ notify: [first] }, { after: 10m, notify: [ben] }]',
    '  default: { critical: page }',
  ].join('\n');
}
