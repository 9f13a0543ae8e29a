import type { Matcher } from '../../api/alertmanager';
import type { Labels } from '../../api/prometheus';

export const OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof OPERATORS)[number];

export function operatorOf(matcher: Matcher): Operator {
  if (matcher.isRegex) return matcher.isEqual ? '=~' : '!~';
  return matcher.isEqual ? '=' : '!=';
}

export function withOperator(matcher: Matcher, operator: string): Matcher {
  return { ...matcher, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') };
}

export function equalTo(name: string, value: string): Matcher {
  return { name, value, isRegex: false, isEqual: true };
}

/** All labels of an alert, the name first. */
export function matchersOf(labels: Labels): Matcher[] {
  const names = Object.keys(labels).sort(
    (a, b) => Number(b === 'alertname') - Number(a === 'alertname') || a.localeCompare(b),
  );
  return names.map((name) => equalTo(name, labels[name] ?? ''));
}

/** `name="value"`, as Alertmanager reads it. */
export function matcherText(matcher: Matcher): string {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(matcher.name) ? matcher.name : JSON.stringify(matcher.name);
  return `${name}${operatorOf(matcher)}${JSON.stringify(matcher.value)}`;
}

export function matchersText(matchers: readonly Matcher[]): string {
  return matchers.map(matcherText).join(',');
}

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;
const ONE = new RegExp(String.raw`^\s*(${QUOTED}|[^\s"=!~,{}]+)\s*(=~|!~|!=|=)\s*(${QUOTED}|[^\s",{}]*)\s*`);

/** Matchers of `{a="b", c=~"d"}` with or without braces; undefined when it is none. */
export function parseMatchers(text: string): Matcher[] | undefined {
  let rest = text.trim();
  if (rest.startsWith('{') && rest.endsWith('}')) rest = rest.slice(1, -1);
  const matchers: Matcher[] = [];
  while (rest.trim() !== '') {
    const match = ONE.exec(rest);
    if (match === null) return undefined;
    const name = unquote(match[1] ?? '');
    const value = unquote(match[3] ?? '');
    if (name === undefined || value === undefined) return undefined;
    matchers.push(withOperator(equalTo(name, value), match[2] ?? '='));
    rest = rest.slice(match[0].length);
    if (rest.startsWith(',')) rest = rest.slice(1);
    else if (rest !== '') return undefined;
  }
  return matchers;
}

function unquote(text: string): string | undefined {
  if (!text.startsWith('"')) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/** A missing label is an empty one; an expression has to fit the whole value. */
export function matchesAll(labels: Labels, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => {
    const value = labels[matcher.name] ?? '';
    if (!matcher.isRegex) return (value === matcher.value) === matcher.isEqual;
    try {
      return new RegExp(`^(?:${matcher.value})$`, 's').test(value) === matcher.isEqual;
    } catch {
      // The server's regular expressions have forms that the browser's have not.
      return false;
    }
  });
}
