import { selfTime } from './flame';
import type { Trace } from './tree';

export interface ComparedRow {
  service: string;
  name: string;
  /** Of each trace: spans, and the time in them that none of their children took, in nanoseconds. */
  spans: [number, number];
  self: [number, number];
  errors: [number, number];
}

/** Two traces by service and name of span, the greatest difference of time first. */
export function compareTraces(one: Trace, other: Trace): ComparedRow[] {
  const rows = new Map<string, ComparedRow>();
  [one, other].forEach((trace, at) => {
    for (const span of trace.spans) {
      const key = `${span.service}\n${span.name}`;
      let row = rows.get(key);
      if (row === undefined) {
        row = { service: span.service, name: span.name, spans: [0, 0], self: [0, 0], errors: [0, 0] };
        rows.set(key, row);
      }
      const side = at === 0 ? 0 : 1;
      row.spans[side]++;
      row.self[side] += selfTime(span);
      if (span.error) row.errors[side]++;
    }
  });
  const apart = (row: ComparedRow) => Math.abs(row.self[1] - row.self[0]);
  return [...rows.values()].sort((a, b) => apart(b) - apart(a) || (a.name < b.name ? -1 : 1));
}
