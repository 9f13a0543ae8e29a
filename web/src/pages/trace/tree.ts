import type { AnyValue, KeyValue, OtlpEvent, OtlpLink, OtlpSpan, ResourceSpans } from '../../api/tempo';

export interface TraceSpan {
  id: string;
  parentId: string;
  name: string;
  service: string;
  kind: string;
  /** Nanoseconds since the start of the trace. */
  start: number;
  duration: number;
  error: boolean;
  statusMessage: string;
  scope: string;
  attributes: [string, string][];
  resource: [string, string][];
  events: { name: string; at: number; attributes: [string, string][] }[];
  links: OtlpLink[];
  depth: number;
  children: TraceSpan[];
  /** Spans below this one. */
  below: number;
  critical: boolean;
}

export interface Trace {
  roots: TraceSpan[];
  /** Every span, parents before their children, brothers by start. */
  spans: TraceSpan[];
  services: Map<string, number>;
  errors: number;
  /** Milliseconds since the epoch. */
  startMillis: number;
  /** Nanoseconds. */
  duration: number;
}

/** IDs come as hex or, from JSON made of protobuf, as base64. */
export function hexId(id: string | undefined): string {
  if (id === undefined || id === '' || /^0+$/.test(id)) return '';
  if (/^([0-9a-f]{16}|[0-9a-f]{32})$/i.test(id)) return id.toLowerCase();
  try {
    return [...atob(id)].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  } catch {
    return id;
  }
}

export function valueText(value: AnyValue | undefined): string {
  if (value === undefined) return '';
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.arrayValue) return `[${(value.arrayValue.values ?? []).map(valueText).join(', ')}]`;
  if (value.kvlistValue) {
    return `{${(value.kvlistValue.values ?? []).map((item) => `${item.key}: ${valueText(item.value)}`).join(', ')}}`;
  }
  const plain = value.intValue ?? value.doubleValue ?? value.boolValue ?? value.bytesValue;
  return plain === undefined ? '' : String(plain);
}

function pairs(attributes: readonly KeyValue[] | undefined): [string, string][] {
  return (attributes ?? [])
    .map((item): [string, string] => [item.key, valueText(item.value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

function kindText(kind: string | number | undefined): string {
  if (typeof kind === 'number') return KINDS[kind] ?? '';
  return (kind ?? '').replace('SPAN_KIND_', '').toLowerCase().replace('unspecified', '');
}

const nanos = (value: string | number | undefined) => BigInt(value ?? 0);

export function buildTrace(batches: readonly ResourceSpans[]): Trace {
  const found: { span: OtlpSpan; resource: [string, string][]; scope: string }[] = [];
  for (const batch of batches) {
    const resource = pairs(batch.resource?.attributes);
    for (const group of batch.scopeSpans ?? []) {
      const scope = [group.scope?.name, group.scope?.version].filter(Boolean).join(' ');
      for (const span of group.spans ?? []) found.push({ span, resource, scope });
    }
  }
  let begin: bigint | undefined;
  for (const { span } of found) {
    const start = nanos(span.startTimeUnixNano);
    if (begin === undefined || start < begin) begin = start;
  }
  const zero = begin ?? 0n;
  const byId = new Map<string, TraceSpan>();
  for (const item of found) {
    const span = toSpan(item.span, item.resource, item.scope, zero);
    if (!byId.has(span.id)) byId.set(span.id, span);
  }
  const roots: TraceSpan[] = [];
  for (const span of byId.values()) {
    const parent = byId.get(span.parentId);
    // A span whose parent did not arrive stands at the top, where it is seen.
    if (parent === undefined || parent === span) roots.push(span);
    else parent.children.push(span);
  }
  const spans = order(roots);
  // Spans in a ring of parents are reached from no root: they are shown nevertheless.
  if (spans.length < byId.size) {
    const seen = new Set(spans);
    for (const span of byId.values()) {
      if (seen.has(span)) continue;
      span.children = [];
      roots.push(span);
      spans.push(span);
    }
  }
  const services = new Map<string, number>();
  for (const span of spans) services.set(span.service, (services.get(span.service) ?? 0) + 1);
  for (const root of roots) markCritical(root);
  return {
    roots,
    spans,
    services,
    errors: spans.filter((span) => span.error).length,
    startMillis: Number(zero / 1_000_000n),
    duration: spans.reduce((end, span) => Math.max(end, span.start + span.duration), 0),
  };
}

function toSpan(span: OtlpSpan, resource: [string, string][], scope: string, zero: bigint): TraceSpan {
  const start = nanos(span.startTimeUnixNano);
  const code = span.status?.code;
  return {
    id: hexId(span.spanId),
    parentId: hexId(span.parentSpanId),
    name: span.name ?? '',
    service: resource.find(([key]) => key === 'service.name')?.[1] ?? 'unknown',
    kind: kindText(span.kind),
    start: Number(start - zero),
    duration: Math.max(0, Number(nanos(span.endTimeUnixNano) - start)),
    error: code === 2 || code === 'STATUS_CODE_ERROR',
    statusMessage: span.status?.message ?? '',
    scope,
    attributes: pairs(span.attributes),
    resource,
    events: (span.events ?? []).map((event: OtlpEvent) => ({
      name: event.name ?? '',
      at: Number(nanos(event.timeUnixNano) - zero),
      attributes: pairs(event.attributes),
    })),
    links: (span.links ?? []).map((link) => ({ ...link, traceId: hexId(link.traceId), spanId: hexId(link.spanId) })),
    depth: 0,
    children: [],
    below: 0,
    critical: false,
  };
}

/** Without recursion: a trace may be ten thousand spans deep. */
function order(roots: TraceSpan[]): TraceSpan[] {
  const byStart = (a: TraceSpan, b: TraceSpan) => a.start - b.start || b.duration - a.duration;
  const spans: TraceSpan[] = [];
  const open = [...roots.sort(byStart)].reverse();
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    spans.push(span);
    span.children.sort(byStart);
    for (let at = span.children.length - 1; at >= 0; at--) {
      const child = span.children[at];
      if (child === undefined) continue;
      child.depth = span.depth + 1;
      open.push(child);
    }
  }
  for (let at = spans.length - 1; at >= 0; at--) {
    const span = spans[at];
    if (span) span.below = span.children.reduce((sum, child) => sum + child.below + 1, 0);
  }
  return spans;
}

/**
 * Marks what the end of the root waited for: from the end backwards, the child that ended last,
 * then what ended last before that child began, and the same inside each of them.
 */
export function markCritical(root: TraceSpan): void {
  const open: { span: TraceSpan; until: number }[] = [{ span: root, until: root.start + root.duration }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { span } = item;
    span.critical = true;
    let until = item.until;
    const byEnd = [...span.children].sort((a, b) => b.start + b.duration - (a.start + a.duration));
    for (const child of byEnd) {
      const end = child.start + child.duration;
      // What still ran after its parent's part of the path was not waited for.
      if (end > until || child.start >= until) continue;
      open.push({ span: child, until: end });
      until = child.start;
    }
  }
}
