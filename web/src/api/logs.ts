/** What the server says about log lines beside the lines: fields, patterns, what stands around one. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { Range } from '../time/range';
import { fetchForm, fetchJson } from './client';
import { millisOf, nanosRange, type LogLine } from './loki';
import type { Labels } from './prometheus';

const BASE = '/sightglass/v1/logs';

interface Envelope<T> {
  data: T;
}

export interface Facet {
  name: string;
  source: 'stream' | 'metadata' | 'parsed';
  /** Lines that have the field. */
  lines: number;
  /** Different values; at least so many when not exact. */
  distinct: number;
  exact: boolean;
  /** The most frequent ones first. */
  values: { value: string; lines: number }[];
}

export interface Facets {
  /** Lines that were looked at: all of them when exact, else the newest. */
  lines: number;
  exact: boolean;
  fields: Facet[];
}

/** Fields of the lines of a query with their most frequent values, counted by the server. */
export function useFacets(query: string, range: Range, values: number, lines: number) {
  return useQuery<Facets>({
    queryKey: ['loki', 'facets', query, range.from, range.to, values, lines],
    queryFn: ({ signal }) =>
      fetchJson<Envelope<Facets>>(`${BASE}/facets`, { query, ...nanosRange(range), limit: values, lines }, signal).then(
        (answer) => answer.data,
      ),
    placeholderData: keepPreviousData,
    enabled: query.trim() !== '',
  });
}

interface DetectedField {
  label: string;
  parsers: string[] | null;
}

/** Lines that are looked at to see how they are written. */
const DETECTED_LINES = 200;

/** The parser that finds fields in the lines of a query, and how many fields it finds; null when none does. */
export function useParser(query: string, range: Range, isWanted: boolean) {
  return useQuery<{ parser: string; fields: number } | null>({
    queryKey: ['loki', 'parser', query, range.from, range.to],
    queryFn: async ({ signal }) => {
      const params = { query, ...nanosRange(range), line_limit: DETECTED_LINES };
      const { fields } = await fetchJson<{ fields: DetectedField[] | null }>(
        '/loki/api/v1/detected_fields',
        params,
        signal,
      );
      const found = (parser: string) => (fields ?? []).filter((field) => field.parsers?.includes(parser)).length;
      const best = ['json', 'logfmt'].map((parser) => ({ parser, fields: found(parser) }));
      return best.filter((item) => item.fields > 0).sort((a, b) => b.fields - a.fields)[0] ?? null;
    },
    placeholderData: keepPreviousData,
    enabled: isWanted && query.trim() !== '',
  });
}

export interface Pattern {
  /** As the line filter `|>` takes it. */
  pattern: string;
  level: string;
  lines: number;
  earlierLines: number;
  new: boolean;
  /** The newest line that follows it. */
  example: string;
  /** Lines by cell of time; cells without any are left out. */
  samples: [number, number][];
}

export interface Patterns {
  lines: number;
  earlierLines: number;
  exact: boolean;
  /** Seconds of a cell. */
  step: number;
  patterns: Pattern[];
}

/** Patterns of the lines of a query, compared with an earlier time. */
export function usePatterns(query: string, range: Range, earlier: Range, step: number) {
  return useQuery<Patterns>({
    queryKey: ['loki', 'patterns', query, range.from, range.to, earlier.from, earlier.to, step],
    queryFn: ({ signal }) => {
      const before = nanosRange(earlier);
      const compared = { earlier_start: before.start, earlier_end: before.end };
      return fetchJson<Envelope<Patterns>>(
        `${BASE}/patterns`,
        { query, ...nanosRange(range), ...compared, step },
        signal,
      ).then((answer) => answer.data);
    },
    placeholderData: keepPreviousData,
  });
}

interface ContextLine {
  time: string;
  hash: string;
  line: string;
  labels: Labels;
}

export interface LogContext {
  before: LogLine[];
  /** The line itself; undefined when only a moment was asked for. */
  line: LogLine | undefined;
  after: LogLine[];
}

/** What a stream says around a line, or around a moment when there is no text; the oldest first. */
export async function logContext(
  stream: string,
  nanos: string,
  text: string | undefined,
  counts: { before: number; after: number; window: string },
  signal?: AbortSignal,
): Promise<LogContext> {
  const answer = await fetchForm<Envelope<{ before: ContextLine[]; line?: ContextLine; after: ContextLine[] }>>(
    `${BASE}/context`,
    { stream, time: nanos, line: text, ...counts },
    signal,
  );
  const { before, line, after } = answer.data;
  return { before: before.map(lineOf), line: line && lineOf(line), after: after.map(lineOf) };
}

function lineOf({ time, hash, line, labels }: ContextLine): LogLine {
  return { id: `${time}-${hash}`, nanos: time, time: millisOf(time), text: line, labels };
}

/** Counts of every cell of a range, those without lines as zero. */
export function cellsOf(samples: Pattern['samples'], range: Range, step: number): number[] {
  const first = Math.floor(range.from / step) * step;
  const cells = new Array<number>(Math.max(1, Math.ceil((range.to - first) / step))).fill(0);
  for (const [time, count] of samples) {
    const at = Math.round((time - first) / step);
    if (at >= 0 && at < cells.length) cells[at] = count;
  }
  return cells;
}
