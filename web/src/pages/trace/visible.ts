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
