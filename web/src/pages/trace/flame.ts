import type { TraceSpan } from './tree';

/** Spans of one service and name below the same path, as one box. */
export interface FlameBox {
  service: string;
  name: string;
  /** Sum of the durations, and of what no child of them covers, in nanoseconds. */
  total: number;
  self: number;
  count: number;
  errors: number;
  depth: number;
  /** Place and size as shares of the whole width. */
  left: number;
  width: number;
  first: TraceSpan;
}

/** Narrower boxes cannot be seen. */
const LEAST_WIDTH = 0.0008;

interface Open {
  spans: readonly TraceSpan[];
  depth: number;
  left: number;
  width: number;
  /** The time that the width stands for; 0 for the roots, which fill it. */
  time: number;
}

/** Rows of boxes, the roots first. Without recursion: a trace may be ten thousand spans deep. */
export function flameRows(roots: readonly TraceSpan[]): FlameBox[][] {
  const rows: FlameBox[][] = [];
  const open: Open[] = [{ spans: roots, depth: 0, left: 0, width: 1, time: 0 }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const groups = new Map<string, TraceSpan[]>();
    for (const span of item.spans) {
      const key = `${span.service}\n${span.name}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [span]);
      else group.push(span);
    }
    const sized = [...groups.values()].map((group) => ({ group, total: sum(group, (span) => span.duration) }));
    const all = sum(sized, (entry) => entry.total);
    // Children that ran at one time are together longer than their parent: they share its width.
    const within = Math.max(all, item.time);
    let left = item.left;
    for (const { group, total } of sized.sort((a, b) => b.total - a.total)) {
      const width = within === 0 ? item.width / sized.length : (total / within) * item.width;
      const first = group[0];
      if (first === undefined || width < LEAST_WIDTH) continue;
      const children = group.flatMap((span) => span.children);
      (rows[item.depth] ??= []).push({
        service: first.service,
        name: first.name,
        total,
        self: sum(group, selfTime),
        count: group.length,
        errors: group.filter((span) => span.error).length,
        depth: item.depth,
        left,
        width,
        first,
      });
      if (children.length > 0) open.push({ spans: children, depth: item.depth + 1, left, width, time: total });
      left += width;
    }
  }
  return rows;
}

const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);

/** The part of a span in which none of its children ran. */
export function selfTime(span: TraceSpan): number {
  const end = span.start + span.duration;
  let covered = 0;
  let until = span.start;
  for (const child of span.children) {
    const from = Math.max(child.start, until);
    const to = Math.min(child.start + child.duration, end);
    if (to > from) {
      covered += to - from;
      until = to;
    }
  }
  return Math.max(0, span.duration - covered);
}
