import { lazy, Suspense } from 'react';
import type { Range } from '../time/range';
import type { Series } from './columns';

export interface Point {
  /** Seconds. */
  x: number;
  y: number;
  color: string;
  label: string;
}

interface Common {
  range: Range;
  height: number;
  onZoom?: (range: Range) => void;
  format?: (value: number) => string;
  /** What a screen reader says of the picture. */
  label: string;
}

export interface ChartProps extends Common {
  times: number[];
  series: Series[];
  kind: 'lines' | 'bars';
  /** Single measurements over the lines that can be opened. */
  marks?: readonly Mark[] | undefined;
  onMark?: ((mark: Mark) => void) | undefined;
}

export interface Mark {
  /** Seconds. */
  x: number;
  y: number;
  color: string;
  label: string;
  id: string;
}

export interface ScatterProps extends Common {
  points: Point[];
  onPick: (index: number) => void;
  /** Dragging selects a part of the picture instead of a time. */
  onSelect?: ((box: { from: number; to: number; min: number; max: number }) => void) | undefined;
  /** The part that is selected. */
  box?: { from: number; to: number; min: number; max: number } | undefined;
}

const Plot = lazy(() => import('./Plot').then((module) => ({ default: module.Plot })));
const ScatterPlot = lazy(() => import('./ScatterPlot').then((module) => ({ default: module.ScatterPlot })));

export function Chart(props: ChartProps) {
  return (
    <div data-testid="chart" role="img" aria-label={props.label} style={{ height: props.height }} className="sg-chart">
      <Suspense fallback={null}>
        <Plot {...props} />
      </Suspense>
    </div>
  );
}

export function Scatter(props: ScatterProps) {
  return (
    <div data-testid="chart" role="img" aria-label={props.label} style={{ height: props.height }} className="sg-chart">
      <Suspense fallback={null}>
        <ScatterPlot {...props} />
      </Suspense>
    </div>
  );
}
