import type { LogLine } from '../../api/loki';

export interface Facet {
  name: string;
  /** Lines that have the field. */
  lines: number;
  /** Different values. */
  distinct: number;
  /** The most frequent ones first. */
  top: { value: string; count: number }[];
}

const FIRST = ['detected_level', 'service_name', 'severity_text', 'level'];
const TOP = 8;

/** Names with a different value for nearly every line say nothing as a list: they come last. */
function rank(facet: Facet): number {
  const at = FIRST.indexOf(facet.name);
  if (at >= 0) return at;
  return facet.distinct > 20 && facet.distinct > facet.lines * 0.5 ? 200 : 100;
}

/** How often each value of each field occurs in these lines. */
export function facetsOf(lines: readonly LogLine[]): Facet[] {
  const counts = new Map<string, Map<string, number>>();
  for (const line of lines) {
    for (const [name, value] of Object.entries(line.labels)) {
      let values = counts.get(name);
      if (values === undefined) counts.set(name, (values = new Map()));
      values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([name, values]): Facet => {
      const sorted = [...values].sort(([a, first], [b, second]) => second - first || (a < b ? -1 : 1));
      return {
        name,
        lines: sorted.reduce((sum, [, count]) => sum + count, 0),
        distinct: values.size,
        top: sorted.slice(0, TOP).map(([value, count]) => ({ value, count })),
      };
    })
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}
