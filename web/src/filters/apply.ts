/** The filters of the header, written into the query of each page. */

export interface Filters {
  service: string;
  env: string;
}

/** What OpenTelemetry calls the environment, the older name and the newer one, and what people call it. */
export const ENV_LABELS = ['deployment_environment', 'deployment_environment_name', 'environment', 'env'] as const;
export const TRACE_ENVS = [
  'resource.deployment.environment',
  'resource.deployment.environment.name',
  'resource.environment',
  'resource.env',
] as const;

/** Labels of metrics and alerts that name a service. */
export const SERVICE_LABELS = ['service_name', 'service', 'job'] as const;

export function isFiltered(filters: Filters): boolean {
  return filters.service !== '' || filters.env !== '';
}

/** Every selector of a LogQL query gets the service, every chain of stages the environment. */
export function filterLogql(query: string, { service, env }: Filters): string {
  const matcher = service === '' ? '' : `service_name=${JSON.stringify(service)}`;
  const value = JSON.stringify(env);
  // The environment may be a label of the stream or metadata of the line: a stage sees both.
  const stage = env === '' ? '' : ` | ${ENV_LABELS.map((name) => `${name}=${value}`).join(' or ')}`;
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
  return (
    (service === '' || SERVICE_LABELS.some((name) => isService(labels[name], service))) &&
    (env === '' || ENV_LABELS.some((name) => labels[name] === env))
  );
}

/** OTLP's job is the namespace and the name of a service. */
function isService(value: string | undefined, service: string): boolean {
  return value !== undefined && (value === service || value.endsWith(`/${service}`));
}

interface NamedMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

/** False only when matchers ask for another service or environment: without any they cover all. */
export function matchesMatchers(matchers: readonly NamedMatcher[], { service, env }: Filters): boolean {
  const allows = (names: readonly string[], wanted: string) => {
    const asked = matchers.filter((matcher) => names.includes(matcher.name));
    return wanted === '' || asked.length === 0 || asked.some((matcher) => allowsValue(matcher, wanted));
  };
  return allows(SERVICE_LABELS, service) && allows(ENV_LABELS, env);
}

function allowsValue({ value, isRegex, isEqual }: NamedMatcher, wanted: string): boolean {
  if (!isRegex) return isService(value, wanted) === isEqual;
  try {
    return new RegExp(`^(?:.*/)?(?:${value})$`, 's').test(wanted) === isEqual;
  } catch {
    return true;
  }
}

const LABEL_MATCHER = /\b([a-z_]+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g;

/** A rule covers what its labels and expression do not rule out, and what one of its alerts is about. */
export function matchesRule(
  rule: { query: string; labels?: Record<string, string>; alerts?: readonly { labels: Record<string, string> }[] },
  filters: Filters,
): boolean {
  if (!isFiltered(filters)) return true;
  if (rule.alerts?.some((alert) => matchesLabels(alert.labels, filters))) return true;
  const matchers = [...rule.query.matchAll(LABEL_MATCHER)].map(([, name = '', operator = '=', value = '']) => ({
    name,
    value: value.replaceAll('\\\\', '\\'),
    isRegex: operator.endsWith('~'),
    isEqual: operator.startsWith('='),
  }));
  const labels = Object.entries(rule.labels ?? {})
    .filter(([, value]) => !value.includes('{{'))
    .map(([name, value]) => ({ name, value, isRegex: false, isEqual: true }));
  return matchesMatchers([...matchers, ...labels], filters);
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
