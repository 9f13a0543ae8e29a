import { compareNanos, type LogLine } from '../../api/loki';
import type { Labels } from '../../api/prometheus';

/** A short name of a line that stays the same from one question to the next: its time and a hash of the rest. */
export function lineKey(line: LogLine): string {
  let hash = 0x811c9dc5;
  for (const part of [line.text, ...Object.entries(line.labels).sort().flat()]) {
    for (let at = 0; at < part.length; at++) hash = Math.imul(hash ^ part.charCodeAt(at), 0x01000193) >>> 0;
    hash = Math.imul(hash ^ 0xff, 0x01000193) >>> 0;
  }
  return `${line.nanos}-${hash.toString(36)}`;
}

/** The time in a key; undefined when it is none. */
export function nanosOfKey(key: string): string | undefined {
  return /^(\d{10,20})-[0-9a-z]+$/.exec(key)?.[1];
}

/** True when a list that goes from new to old has come past the time of a line. */
export function isPast(lines: readonly LogLine[], nanos: string): boolean {
  const oldest = lines.at(-1)?.nanos;
  return oldest !== undefined && compareNanos(oldest, nanos) < 0;
}

/** The selector that names one stream: all its labels. */
export function streamSelector(stream: Labels): string {
  const matchers = Object.entries(stream).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${matchers.join(', ')}}`;
}

/** JSON with one key a line, for reading; undefined when the text is no object or list. */
export function prettyJson(text: string): string | undefined {
  const start = text.trimStart();
  if (!start.startsWith('{') && !start.startsWith('[')) return undefined;
  try {
    return JSON.stringify(JSON.parse(start), null, 2);
  } catch {
    return undefined;
  }
}
