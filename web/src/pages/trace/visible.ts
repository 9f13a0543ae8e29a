import type { TraceSpan } from './tree';

/** The spans that no collapsed one hides; `spans` has parents before their children. */
export function visibleSpans(spans: readonly TraceSpan[], collapsed: ReadonlySet<string>): TraceSpan[] {
  const visible: TraceSpan[] = [];
  let hiddenBelow = Infinity;
  for (const span of spans) {
    if (span.depth > hiddenBelow) continue;
    hiddenBelow = collapsed.has(span.id) ? span.depth : Infinity;
    visible.push(span);
  }
  return visible;
}

export function matchesSpan(span: TraceSpan, needle: string): boolean {
  const has = (text: string) => text.toLowerCase().includes(needle);
  return (
    has(span.name) ||
    has(span.service) ||
    has(span.id) ||
    has(span.statusMessage) ||
    span.attributes.some(([key, value]) => has(key) || has(value))
  );
}

/** What has to be open for these spans to be seen: everything above them. */
export function parentsOf(spans: readonly TraceSpan[], wanted: ReadonlySet<TraceSpan>): Set<string> {
  const above = new Set<string>();
  const path: TraceSpan[] = [];
  for (const span of spans) {
    path.length = Math.min(path.length, span.depth);
    if (wanted.has(span))
      for (let at = path.length - 1; at >= 0; at--) {
        const parent = path[at];
        // What stands above this one is known already.
        if (parent === undefined || above.has(parent.id)) break;
        above.add(parent.id);
      }
    path[span.depth] = span;
  }
  return above;
}
