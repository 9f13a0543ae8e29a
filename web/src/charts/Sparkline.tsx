import { formatNumber } from '../lib/format';

interface Props {
  values: readonly (number | null)[];
  threshold?: number | undefined;
  label: string;
  width?: number;
  height?: number;
}

/** A line as big as a word, without axes. */
export function Sparkline({ values, threshold, label, width = 132, height = 34 }: Props) {
  const known = values.filter((value): value is number => value !== null);
  if (known.length === 0) return null;
  const all = threshold === undefined ? known : [...known, threshold];
  const low = Math.min(...all, 0);
  const high = Math.max(...all);
  const size = high - low || 1;
  const y = (value: number) => 2 + (1 - (value - low) / size) * (height - 4);
  const x = (index: number) => (values.length < 2 ? 0 : (index / (values.length - 1)) * width);
  let path = '';
  let gap = true;
  values.forEach((value, index) => {
    if (value === null) {
      gap = true;
      return;
    }
    // A point between two gaps is seen as a dot.
    const alone = gap && (values[index + 1] ?? null) === null;
    path += `${gap ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}${alone ? 'h1' : ''}`;
    gap = false;
  });
  const last = known.at(-1) ?? 0;
  const spoken = `${label}: now ${formatNumber(last)}${threshold === undefined ? '' : `, threshold ${formatNumber(threshold)}`}`;
  return (
    <svg
      className="sg-spark"
      width={width}
      height={height}
      viewBox={`0 0 ${String(width)} ${String(height)}`}
      role="img"
      aria-label={spoken}
    >
      {threshold !== undefined && (
        <line x1={0} x2={width} y1={y(threshold)} y2={y(threshold)} className="sg-spark-limit" />
      )}
      <path d={path} />
    </svg>
  );
}
