import type { Range } from '../../time/range';

interface Comparison {
  /** In the address. */
  value: string;
  label: string;
  /** Seconds back; zero is right before the range. */
  back: number;
}

/** The earlier times that patterns are compared with; the first is the usual one. */
export const COMPARISONS: readonly Comparison[] = [
  { value: '', label: 'against the time before', back: 0 },
  { value: '1h', label: 'against an hour before', back: 3600 },
  { value: '1d', label: 'against a day before', back: 86_400 },
  { value: '1w', label: 'against a week before', back: 604_800 },
];

/** The earlier time of the same length; one that would reach into the range is right before it. */
export function earlierRange(range: Range, compared: string): Range {
  const length = range.to - range.from;
  const back = COMPARISONS.find(({ value }) => value === compared)?.back ?? 0;
  if (back < length) return { from: range.from - length, to: range.from };
  return { from: range.from - back, to: range.to - back };
}
