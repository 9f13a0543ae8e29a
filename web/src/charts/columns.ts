import type { MatrixItem } from '../api/prometheus';
import type { Range } from '../time/range';

export interface Series {
  label: string;
  color: string;
  values: (number | null)[];
  /** A limit, not a measurement. */
  dashed?: boolean;
}

export interface Columns {
  times: number[];
  values: (number | null)[][];
}

/** All series on one time axis with the step of the question; a missing point stays a gap. */
export function toColumns(items: readonly MatrixItem[], range: Range, step: number): Columns {
  const count = Math.max(1, Math.floor((range.to - range.from) / step + 1e-9) + 1);
  const times = Array.from({ length: count }, (_, index) => range.from + index * step);
  const values = items.map((item) => {
    const column = new Array<number | null>(count).fill(null);
    for (const [time, text] of item.values) {
      const index = Math.round((time - range.from) / step);
      const value = Number(text);
      if (index >= 0 && index < count && Number.isFinite(value)) column[index] = value;
    }
    return column;
  });
  return { times, values };
}

/** Running sums, first series at the bottom. */
export function stack(columns: readonly (number | null)[][]): (number | null)[][] {
  const sums: number[] = [];
  return columns.map((column) =>
    column.map((value, index) => {
      const sum = (sums[index] ?? 0) + (value ?? 0);
      sums[index] = sum;
      return sum;
    }),
  );
}

export interface Summary {
  min: number | null;
  mean: number | null;
  max: number | null;
  last: number | null;
}

export function summarize(column: readonly (number | null)[]): Summary {
  let min: number | null = null;
  let max: number | null = null;
  let last: number | null = null;
  let sum = 0;
  let count = 0;
  for (const value of column) {
    if (value === null) continue;
    if (min === null || value < min) min = value;
    if (max === null || value > max) max = value;
    last = value;
    sum += value;
    count++;
  }
  return { min, mean: count === 0 ? null : sum / count, max, last };
}
