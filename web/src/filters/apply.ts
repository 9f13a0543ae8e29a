/** The filters of the header, written into the query of each page. */

export interface Filters {
  service: string;
  env: string;
}

/** What OpenTelemetry calls the environment, the older name and the newer one. */
const LOKI_ENVS = ['deployment_environment', 'deployment_environment_name'];
const TRACE_ENVS = ['resource.deployment.environment', 'resource.deployment.environment.name'];

/** Labels of alerts that name a service or an environment. */
const SERVICE_LABELS = ['service_name', 'service', 'job'];
const ENV_LABELS = [...LOKI_ENVS, 'environment', 'env'];

export function isFiltered(filters: Filters): boolean {
  return filters.service !== '' || filters.env !== '';
}

/** Every selector of a LogQL query gets the service, every chain of stages the environment. */
export function filterLogql(query: string, { service, env }: Filters): string {
  const matcher = service === '' ? '' : `service_name=${JSON.stringify(service)}`;
  const value = JSON.stringify(env);
  // The environment may be a label of the stream or metadata of the line: a stage sees both.
  const stage = env === '' ? '' : ` | ${LOKI_ENVS.map((name) => `${name}=${value}`).join(' or ')}`;
  return mapBraces(query, (inner) => {
    const parts = [matcher, inner.trim()].filter((part) => part !== '');
    return `{${parts.join(', ')}}${stage}`;
  });
}

/** Every span set of a TraceQL query holds spans of the service and the environment only. */
export function filterTraceql(query: string, { service, env }: Filters): string {
  const value = JSON.stringify(env);
  const parts = [
    ...(service === '' ? [] : [`resource.service.name = ${JSON.stringify(service)}`]),
    ...(env === '' ? [] : [`(${TRACE_ENVS.map((name) => `${name} = ${value}`).join(' || ')})`]),
  ];
  if (parts.length === 0) return query;
  return mapBraces(query, (inner) => {
    const own = inner.trim();
    return `{ ${[...parts, ...(own === '' ? [] : [`(${own})`])].join(' && ')} }`;
  });
}

/** False when a label says another service or environment, or none says any. */
export function matchesLabels(labels: Partial<Record<string, string>>, { service, env }: Filters): boolean {
  const has = (names: readonly string[], value: string) => value === '' || names.some((name) => labels[name] === value);
  return has(SERVICE_LABELS, service) && has(ENV_LABELS, env);
}

/** Rewrites what stands between braces; braces inside of strings and comments stay. */
function mapBraces(query: string, rewrite: (inner: string) => string): string {
  let text = '';
  let start = -1;
  let copied = 0;
  for (let at = 0; at < query.length; at++) {
    const char = query[at];
    if (char === '"' || char === '`') at = endOfString(query, at);
    else if (char === '#') at = endOfLine(query, at);
    else if (char === '{') start = at;
    else if (char === '}' && start >= 0) {
      text += query.slice(copied, start) + rewrite(query.slice(start + 1, at));
      copied = at + 1;
      start = -1;
    }
  }
  return text + query.slice(copied);
}

function endOfString(query: string, from: number): number {
  const quote = query[from];
  for (let at = from + 1; at < query.length; at++) {
    if (quote === '"' && query[at] === '\\') at++;
    else if (query[at] === quote) return at;
  }
  return query.length;
}

function endOfLine(query: string, from: number): number {
  const end = query.indexOf('\n', from);
  return end < 0 ? query.length : end;
}
