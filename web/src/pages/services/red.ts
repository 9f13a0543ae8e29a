import { formatNanos, formatNumber } from '../../lib/format';

/** Rate, errors and duration of services, from the metrics that instrumentations are known to write. */

export interface RedSource {
  /** The histogram, without `_bucket` and `_count`. */
  metric: string;
  /** What makes seconds of its values. */
  scale: number;
  /** Matcher of the requests that failed on the server. */
  failed: string;
  /** Label of the endpoint. */
  route: string;
}

/** The first that a service has is used. */
export const RED_SOURCES: readonly RedSource[] = [
  {
    metric: 'http_server_request_duration_seconds',
    scale: 1,
    failed: 'http_response_status_code=~"5.."',
    route: 'http_route',
  },
  { metric: 'http_server_duration_milliseconds', scale: 0.001, failed: 'http_status_code=~"5.."', route: 'http_route' },
  { metric: 'http_request_duration_seconds', scale: 1, failed: 'status_code=~"5.."', route: 'endpoint' },
  {
    metric: 'rpc_server_duration_milliseconds',
    scale: 0.001,
    failed: 'rpc_grpc_status_code=~"2|4|12|13|14|15"',
    route: 'rpc_method',
  },
];

export function sourcesIn(names: readonly string[]): RedSource[] {
  const known = new Set(names);
  return RED_SOURCES.filter((source) => known.has(`${source.metric}_count`));
}

export interface RedQueries {
  rate: string;
  errors: string;
  p95: string;
}

/** By service, or by endpoint of one service; empty when nothing is known. */
export function redQueries(sources: readonly RedSource[], window: number, service?: string): RedQueries {
  // Of one service the endpoints of the first source only: another names them differently.
  const join = (part: (source: RedSource) => string) =>
    sources.reduce((all, source) => {
      if (all === '') return part(source);
      return service === undefined ? `${all} or ${part(source)}` : `${all} or (${part(source)} unless on () (${all}))`;
    }, '');
  const own = service === undefined ? '' : `job=~${JSON.stringify(`(.*/)?${escapeRegex(service)}`)}`;
  const braces = (...matchers: string[]) => `{${matchers.filter((item) => item !== '').join(', ')}}`;
  const over = `[${String(window)}s]`;
  // Endpoints of all sources have one label, so that they stand in one table.
  const named = (source: RedSource, expression: string) =>
    service === undefined ? expression : `label_replace(${expression}, "endpoint", "$1", "${source.route}", "(.*)")`;
  const by = (source: RedSource) => (service === undefined ? 'job' : source.route);
  return {
    rate: join((source) => named(source, `sum by (${by(source)}) (rate(${source.metric}_count${braces(own)}${over}))`)),
    errors: join((source) =>
      named(
        source,
        `sum by (${by(source)}) (rate(${source.metric}_count${braces(own, source.failed)}${over}))` +
          ` / sum by (${by(source)}) (rate(${source.metric}_count${braces(own)}${over}))`,
      ),
    ),
    p95: join((source) =>
      named(
        source,
        `histogram_quantile(0.95, sum by (${by(source)}, le) (rate(${source.metric}_bucket${braces(own)}${over})))` +
          (source.scale === 1 ? '' : ` * ${String(source.scale)}`),
      ),
    ),
  };
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The service in the job that OTLP gives: `namespace/name`. */
export function serviceOfJob(job: string): string {
  return job.slice(job.lastIndexOf('/') + 1);
}

/** "+25 %" of what it was; nothing where there was nothing or little changed. */
export function changeText(now: number | null, before: number | null): string | undefined {
  if (now === null || before === null || before === 0 || !Number.isFinite(before)) return undefined;
  const change = now / before - 1;
  if (Math.abs(change) < 0.05) return undefined;
  if (change >= 9) return `×${String(Math.round(change + 1))}`;
  return `${change > 0 ? '+' : '−'}${String(Math.round(Math.abs(change) * 100))} %`;
}

export const rateText = (value: number) => `${formatNumber(value)}/s`;

/** Three digits say enough of a share. */
export const percentText = (value: number) => `${String(Number((value * 100).toPrecision(3)))} %`;

export const secondsText = (value: number) => (value === 0 ? '0' : formatNanos(value * 1e9));
