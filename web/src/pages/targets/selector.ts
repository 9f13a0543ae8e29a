import { addMatchers } from '../metrics/builder';

/** A name as a matcher writes it: one beyond letters, digits and `_` stands in quotes. */
function matcherName(name: string): string {
  return /^[a-zA-Z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

/** The selector of fewer series: those of a metric, or with a value of a label. */
export function narrowed(selector: string, name: string, value: string): string {
  const own = selector.trim();
  if (own === '' && name === '__name__' && /^[a-zA-Z_:][\w:]*$/.test(value)) return value;
  return addMatchers(own === '' ? '{}' : own, [{ name: matcherName(name), op: '=', value }]);
}

/** The query that counts the series of a selector, by a label where one is chosen. */
export function countQuery(selector: string, label: string): string {
  const of = selector.trim() === '' ? '{__name__!=""}' : selector.trim();
  return label === '' ? `count(${of})` : `count by (${matcherName(label)}) (${of})`;
}
