import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { Range } from '../time/range';
import { fetchJson } from './client';
import type { Labels, MatrixItem } from './prometheus';

/** What a line has beside the labels of its stream, where an answer tells them apart. */
interface OwnLabels {
  structuredMetadata?: Labels;
  parsed?: Labels;
}

/** [time in nanoseconds, line, labels of the line where they are told apart] */
export type LokiValue = [string, string] | [string, string, OwnLabels];

export interface LokiStream {
  stream: Labels;
  values: LokiValue[];
}

export interface LogLine {
  /** Unique in one answer: time, stream and place. */
  id: string;
  /** Nanoseconds as text: they do not fit a number. */
  nanos: string;
  /** Milliseconds. */
  time: number;
  text: string;
  labels: Labels;
}

export type LokiData =
  | { resultType: 'streams'; result: LokiStream[] }
  | { resultType: 'matrix'; result: MatrixItem[] }
  | { resultType: 'vector'; result: unknown[] };

interface Envelope<T> {
  data: T;
}

/** All streams as one list, newest first. */
export function flatten(streams: readonly LokiStream[]): LogLine[] {
  const lines: LogLine[] = [];
  streams.forEach((stream, streamIndex) => {
    stream.values.forEach(([nanos, text, own], index) => {
      lines.push({
        id: `${nanos}-${String(streamIndex)}-${String(index)}`,
        nanos,
        time: millisOf(nanos),
        text,
        labels: own === undefined ? stream.stream : { ...stream.stream, ...own.structuredMetadata, ...own.parsed },
      });
    });
  });
  return lines.sort((a, b) => compareNanos(b.nanos, a.nanos));
}

export const millisOf = (nanos: string) => Number(nanos.slice(0, -6));

export function compareNanos(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

export function lokiRange(
  query: string,
  range: Range,
  limit: number,
  step?: number,
  signal?: AbortSignal,
  end?: string,
) {
  const params = {
    query,
    start: `${String(Math.floor(range.from))}000000000`,
    end: end ?? `${String(Math.ceil(range.to))}000000000`,
    limit,
    direction: 'backward',
    ...(step === undefined ? {} : { step }),
  };
  return fetchJson<Envelope<LokiData>>('/loki/api/v1/query_range', params, signal).then((answer) => answer.data);
}

/** The lines of one nanosecond with the labels of their streams. */
export async function linesAt(query: string, nanos: string, signal?: AbortSignal) {
  const params = { query, start: nanos, end: String(BigInt(nanos) + 1n), limit: 1000 };
  const headers = { 'x-loki-response-encoding-flags': 'categorize-labels' };
  const { data } = await fetchJson<Envelope<LokiData>>('/loki/api/v1/query_range', params, signal, headers);
  if (data.resultType !== 'streams') return [];
  return data.result.flatMap((stream) => flatten([stream]).map((line) => ({ line, stream: stream.stream })));
}

/** Lines of one answer; more are asked for while scrolling. */
const PAGE_LINES = 1000;

/** What one list holds at most: it stays in the memory of the browser. */
export const MAX_LINES = 50_000;

/** Lines up to a time, newest first; the next page starts in the nanosecond where this one ended. */
export function useLogs(query: string, range: Range) {
  return useInfiniteQuery({
    queryKey: ['loki', 'lines', query, range.from, range.to],
    queryFn: ({ signal, pageParam }) =>
      lokiRange(query, range, PAGE_LINES, undefined, signal, pageParam).then((data) =>
        data.resultType === 'streams' ? flatten(data.result) : [],
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: LogLine[], all: LogLine[][]) => {
      const oldest = last.at(-1)?.nanos;
      if (last.length < PAGE_LINES || oldest === undefined || all.length * PAGE_LINES >= MAX_LINES) return undefined;
      // One nanosecond full of lines: nothing older can be reached by time.
      return last[0]?.nanos === oldest ? oldest : String(BigInt(oldest) + 1n);
    },
    placeholderData: keepPreviousData,
    enabled: query.trim() !== '',
  });
}

/** Pages as one list; the lines of the nanosecond shared by two pages come once. */
export function mergePages(pages: readonly (readonly LogLine[])[]): LogLine[] {
  const lines: LogLine[] = [];
  for (const page of pages) {
    const edge = lines.at(-1)?.nanos;
    const seen = new Map<string, number>();
    for (let at = lines.length - 1; at >= 0 && lines[at]?.nanos === edge; at--) {
      const line = lines[at];
      if (line !== undefined) count(seen, line, 1);
    }
    for (const line of page) {
      if (line.nanos === edge && count(seen, line, -1) >= 0) continue;
      lines.push({ ...line, id: `${line.id}-${String(lines.length)}` });
    }
  }
  return lines;
}

function count(seen: Map<string, number>, line: LogLine, by: number): number {
  const key = JSON.stringify([line.text, line.labels]);
  const next = (seen.get(key) ?? 0) + by;
  seen.set(key, next);
  return next;
}

export function useLogMetric(query: string, range: Range, step: number) {
  return useQuery<MatrixItem[]>({
    queryKey: ['loki', 'metric', query, range.from, range.to, step],
    queryFn: ({ signal }) =>
      lokiRange(query, range, 1000, step, signal).then((data) => (data.resultType === 'matrix' ? data.result : [])),
    placeholderData: keepPreviousData,
    enabled: query.trim() !== '',
  });
}

export function labelNames(range: Range, signal?: AbortSignal): Promise<string[]> {
  return fetchJson<Envelope<string[] | null>>('/loki/api/v1/labels', nanosRange(range), signal).then(
    (answer) => answer.data ?? [],
  );
}

export function labelValues(name: string, range: Range, signal?: AbortSignal): Promise<string[]> {
  const path = `/loki/api/v1/label/${encodeURIComponent(name)}/values`;
  return fetchJson<Envelope<string[] | null>>(path, nanosRange(range), signal).then((answer) => answer.data ?? []);
}

export function useLabelValues(name: string, range: Range) {
  return useQuery({
    queryKey: ['loki', 'values', name, Math.floor(range.from / 60), Math.floor(range.to / 60)],
    queryFn: ({ signal }) => labelValues(name, range, signal),
    placeholderData: keepPreviousData,
  });
}

export function nanosRange(range: Range) {
  return { start: `${String(Math.floor(range.from))}000000000`, end: `${String(Math.ceil(range.to))}000000000` };
}

/** Bytes of log text by service over a range, the most first. */
export function useLogVolume(selector: string, range: Range) {
  const seconds = Math.max(1, Math.round(range.to - range.from));
  const query = `topk(10, sum by (service_name) (bytes_over_time(${selector} [${String(seconds)}s])))`;
  return useQuery({
    queryKey: ['loki', 'volume', query, Math.floor(range.to / 10)],
    queryFn: async ({ signal }) => {
      const params = { query, time: `${String(Math.ceil(range.to))}000000000` };
      const answer = await fetchJson<Envelope<{ result: { metric: Labels; value: [number, string] }[] }>>(
        '/loki/api/v1/query',
        params,
        signal,
      );
      return answer.data.result
        .map((item) => ({ name: item.metric.service_name ?? 'unknown', value: Number(item.value[1]) }))
        .sort((a, b) => b.value - a.value);
    },
    placeholderData: keepPreviousData,
  });
}
