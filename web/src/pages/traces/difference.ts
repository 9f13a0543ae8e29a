import type { TraceSummary } from '../../api/tempo';

/** What a trace is known by: each name with the values that occur in it. */
export type Attributes = ReadonlyMap<string, ReadonlySet<string>>;

export interface ValueShare {
  value: string;
  /** Share of the traces inside and outside of the selection that have it, 0 to 1. */
  inside: number;
  outside: number;
}

export interface Difference {
  name: string;
  /** How far apart the two are, 0 to 1: the most of any value. */
  score: number;
  values: ValueShare[];
}

const MAX_VALUES = 5;
/** As many values as traces: an identifier says nothing about a group. */
const IDENTIFIER_SHARE = 0.7;

interface FoundSpan {
  name?: string;
  attributes?: {
    key: string;
    value?: { stringValue?: string; intValue?: string | number; boolValue?: boolean; doubleValue?: number };
  }[];
}

/** Everything a search tells of a trace; attributes of spans when the search selected them. */
export function attributesOf(trace: TraceSummary): Attributes {
  const found = new Map<string, Set<string>>();
  const add = (name: string, value: string | undefined) => {
    if (value === undefined || value === '') return;
    const values = found.get(name);
    if (values === undefined) found.set(name, new Set([value]));
    else values.add(value);
  };
  add('root service', trace.rootServiceName);
  add('root span', trace.rootTraceName);
  for (const [service, stats] of Object.entries(trace.serviceStats ?? {})) {
    add('service', service);
    if ((stats.errorCount ?? 0) > 0) add('service with errors', service);
  }
  const sets = (trace.spanSets ?? (trace.spanSet ? [trace.spanSet] : [])) as { spans?: FoundSpan[] }[];
  for (const span of sets.flatMap((set) => set.spans ?? [])) {
    add('span', span.name);
    for (const { key, value } of span.attributes ?? []) {
      const plain = value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue;
      // The service is told above, of all spans and not only of those found.
      if (key !== 'service.name' && plain !== undefined) add(key, String(plain));
    }
  }
  return found;
}

/** Compares what the traces of a selection have with what the others have, the greatest difference first. */
export function differencesOf(inside: readonly Attributes[], outside: readonly Attributes[]): Difference[] {
  const names = new Set([...inside, ...outside].flatMap((trace) => [...trace.keys()]));
  const total = inside.length + outside.length;
  return [...names]
    .flatMap((name): Difference[] => {
      const mine = countsOf(inside, name);
      const others = countsOf(outside, name);
      const distinct = new Set([...mine.keys(), ...others.keys()]).size;
      if (distinct > 20 && distinct > total * IDENTIFIER_SHARE) return [];
      const values = [...new Set([...mine.keys(), ...others.keys()])]
        .map((value) => ({
          value,
          inside: inside.length === 0 ? 0 : (mine.get(value) ?? 0) / inside.length,
          outside: outside.length === 0 ? 0 : (others.get(value) ?? 0) / outside.length,
        }))
        .sort((a, b) => apart(b) - apart(a) || b.inside - a.inside || (a.value < b.value ? -1 : 1))
        .slice(0, MAX_VALUES);
      const first = values[0];
      return first === undefined ? [] : [{ name, score: apart(first), values }];
    })
    .sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1));
}

const apart = (share: ValueShare) => Math.abs(share.inside - share.outside);

function countsOf(traces: readonly Attributes[], name: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const trace of traces)
    for (const value of trace.get(name) ?? []) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/** A part of the scatter: seconds and milliseconds. */
export interface Box {
  from: number;
  to: number;
  min: number;
  max: number;
}

export function encodeBox(box: Box): string {
  return [box.from * 1000, box.to * 1000, box.min * 1000, box.max * 1000]
    .map((value) => String(Math.round(value)))
    .join('_');
}

export function decodeBox(text: string | undefined): Box | undefined {
  const parts = (text ?? '').split('_').map((part) => Number(part) / 1000);
  const [from, to, min, max] = parts;
  if (parts.length !== 4 || from === undefined || to === undefined || min === undefined || max === undefined)
    return undefined;
  return from < to && min < max ? { from, to, min, max } : undefined;
}

export function isInside(trace: TraceSummary, box: Box): boolean {
  const start = Number(trace.startTimeUnixNano ?? 0) / 1e9;
  const duration = trace.durationMs ?? 0;
  return start >= box.from && start <= box.to && duration >= box.min && duration <= box.max;
}

/** The query with the attributes to compare; as it is when it has stages of its own. */
export function withSelect(query: string, names: readonly string[]): string {
  const wanted = names.filter((name) => /^(resource|span)\.[\w.-]+$/.test(name));
  return wanted.length === 0 || query.includes('|') ? query : `${query} | select(${wanted.join(', ')})`;
}
