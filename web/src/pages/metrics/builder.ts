/** A PromQL query that can be put together by choosing: one metric, one function, one aggregation. */

export interface Matcher {
  name: string;
  op: string;
  value: string;
}

export interface Built {
  metric: string;
  matchers: Matcher[];
  /** '' for the value itself, a function over time, or 'p95' for a quantile of a histogram. */
  fn: string;
  over: string;
  aggregation: string;
  by: string[];
}

export const EMPTY_BUILT: Built = { metric: '', matchers: [], fn: '', over: '5m', aggregation: '', by: [] };

export const FUNCTIONS = ['', 'rate', 'increase', 'irate', 'delta', 'avg_over_time', 'max_over_time', 'min_over_time'];
export const QUANTILES = ['p50', 'p90', 'p95', 'p99'];
export const AGGREGATIONS = ['', 'sum', 'avg', 'min', 'max', 'count'];
export const OPERATORS = ['=', '!=', '=~', '!~'];

const NAME = /^[a-zA-Z_:][\w:]*$/;
const DURATION = /^(\d+(ms|[smhdwy]))+$/;

export const isDuration = (text: string) => DURATION.test(text);

export function toPromql(built: Built): string {
  if (built.metric === '') return '';
  const matchers = built.matchers.filter((matcher) => matcher.name !== '');
  const braces = matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(', ');
  const selector = `${built.metric}${braces === '' ? '' : `{${braces}}`}`;
  if (QUANTILES.includes(built.fn)) {
    const labels = ['le', ...built.by.filter((name) => name !== 'le')].join(', ');
    return `histogram_quantile(0.${built.fn.slice(1)}, sum by (${labels}) (rate(${selector}[${built.over}])))`;
  }
  const inner = built.fn === '' ? selector : `${built.fn}(${selector}[${built.over}])`;
  if (built.aggregation === '') return inner;
  return `${built.aggregation}${built.by.length === 0 ? '' : ` by (${built.by.join(', ')})`} (${inner})`;
}

const SELECTOR = String.raw`([a-zA-Z_:][\w:]*)\s*(?:\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\})?`;
const QUANTILE = new RegExp(
  String.raw`^histogram_quantile\(\s*0\.(50|5|90|9|95|99)\s*,\s*sum\s+by\s*\(([^()]*)\)\s*\(\s*rate\(\s*${SELECTOR}\s*\[(\w+)\]\s*\)\s*\)\s*\)$`,
);
const AGGREGATE = /^(sum|avg|min|max|count)\s*(?:by\s*\(([^()]*)\)\s*)?\((.*)\)$/s;
const CALL = new RegExp(String.raw`^(\w+)\(\s*${SELECTOR}\s*\[(\w+)\]\s*\)$`);
const PLAIN = new RegExp(`^${SELECTOR}$`);

/** The choices of a query; undefined when it says more than they can. */
export function fromPromql(query: string): Built | undefined {
  const text = query.trim();
  if (text === '') return { ...EMPTY_BUILT };
  const quantile = QUANTILE.exec(text);
  if (quantile) {
    const matchers = matchersOf(quantile[4] ?? '');
    const by = namesOf(quantile[2] ?? '');
    if (matchers === undefined || !by.includes('le')) return undefined;
    const fn = `p${(quantile[1] ?? '').padEnd(2, '0')}`;
    const rest = by.filter((name) => name !== 'le');
    return { metric: quantile[3] ?? '', matchers, fn, over: quantile[5] ?? '', aggregation: '', by: rest };
  }
  const aggregate = AGGREGATE.exec(text);
  const inner = plainOf((aggregate?.[3] ?? text).trim());
  if (inner === undefined) return undefined;
  return aggregate ? { ...inner, aggregation: aggregate[1] ?? '', by: namesOf(aggregate[2] ?? '') } : inner;
}

function plainOf(text: string): Built | undefined {
  const call = CALL.exec(text);
  if (call) {
    const matchers = matchersOf(call[3] ?? '');
    if (matchers === undefined || call[1] === undefined || !FUNCTIONS.includes(call[1])) return undefined;
    return { ...EMPTY_BUILT, fn: call[1], metric: call[2] ?? '', matchers, over: call[4] ?? '' };
  }
  const plain = PLAIN.exec(text);
  const matchers = plain ? matchersOf(plain[2] ?? '') : undefined;
  return plain && matchers ? { ...EMPTY_BUILT, metric: plain[1] ?? '', matchers } : undefined;
}

const namesOf = (text: string) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

function matchersOf(text: string): Matcher[] | undefined {
  const matchers: Matcher[] = [];
  const pattern = /\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*(?:,|$)/y;
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const found = pattern.exec(text);
    if (found === null) return undefined;
    try {
      matchers.push({ name: found[1] ?? '', op: found[2] ?? '=', value: String(JSON.parse(found[3] ?? '""')) });
    } catch {
      return undefined;
    }
  }
  return matchers;
}

const GROUPING = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const WORDS = new Set([
  ...GROUPING,
  'and',
  'or',
  'unless',
  'offset',
  'bool',
  'atan2',
  'inf',
  'nan',
  'start',
  'end',
  'fill',
]);

/** Adds matchers to every selector of a query, those of hand-written ones too. */
export function addMatchers(query: string, matchers: readonly Matcher[]): string {
  const added = matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(', ');
  if (added === '') return query;
  const token = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\[[^\]]*\]|\d[\w.]*|[a-zA-Z_:][\w:]*|\{|\}|\(|\)/g;
  let text = '';
  let copied = 0;
  let grouping = false;
  for (let found = token.exec(query); found !== null; found = token.exec(query)) {
    const word = found[0];
    const end = token.lastIndex;
    if (word === ')') grouping = false;
    else if (GROUPING.has(word.toLowerCase()) && /^\s*\(/.test(query.slice(end))) grouping = true;
    else if (word === '{') {
      const close = closingBrace(query, end);
      const own = query.slice(end, close).trim().replace(/,$/, '');
      // Names between the braces are labels.
      text += `${query.slice(copied, end)}${[own, added].filter((part) => part !== '').join(', ')}}`;
      copied = Math.min(query.length, close + 1);
      token.lastIndex = copied;
    } else if (!grouping && isMetric(word, query.slice(end))) {
      text += `${query.slice(copied, end)}{${added}}`;
      copied = end;
    }
  }
  return text + query.slice(copied);
}

function isMetric(word: string, rest: string): boolean {
  return NAME.test(word) && !WORDS.has(word.toLowerCase()) && !/^\s*(?:\(|\{|(?:by|without)\b)/.test(rest);
}

function closingBrace(query: string, from: number): number {
  for (let at = from; at < query.length; at++) {
    const char = query[at];
    if (char === '}') return at;
    if (char !== '"' && char !== "'" && char !== '`') continue;
    for (at++; at < query.length && query[at] !== char; at++) if (query[at] === '\\' && char !== '`') at++;
  }
  return query.length;
}

/** True when every matcher already stands in the query as it would be written. */
export function hasMatchers(query: string, matchers: readonly Matcher[]): boolean {
  return matchers.every(({ name, op, value }) => query.includes(`${name}${op}${JSON.stringify(value)}`));
}
