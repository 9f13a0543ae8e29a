import type uPlot from 'uplot';
import type { Range } from '../time/range';

/** Half of a time of the axis: the last one is not cut off at the edge. */
export const TIME_HALF = 18;
/** Times with seconds need more room than uPlot gives; on a phone few of them are better than none. */
const timeSpace: uPlot.Axis.Space = (_plot, _axis, _min, _max, width) => (width > 500 ? 66 : 46);

/** The day stands on a line of its own. */
const timeSize: uPlot.Axis.Size = (_plot, values) =>
  (values as string[] | null)?.some((text) => text.includes('\n')) ? 40 : 26;

export function axes(dark: boolean, format: (value: number) => string): uPlot.Axis[] {
  const text = dark ? '#98a0ad' : '#5c6370';
  const line = dark ? '#2c3038' : '#e9ecef';
  const font = '11px system-ui, sans-serif';
  const shared = { stroke: text, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return [
    // 24-hour clock, the day where it changes.
    {
      ...shared,
      size: timeSize,
      space: timeSpace,
      values: [
        [86_400, '{MM}-{DD}', null, null, null, null, null, null, 0],
        [3600, '{HH}:{mm}', '\n{MM}-{DD}', null, null, null, null, null, 1],
        [60, '{HH}:{mm}', null, null, null, null, null, null, 0],
        [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 0],
        [0.001, '{HH}:{mm}:{ss}.{fff}', null, null, null, null, null, null, 0],
      ],
    },
    { ...shared, size: 58, values: (_plot, splits) => splits.map((value) => format(value)) },
  ];
}

/** Drag selects a time range; double click shows twice as much. */
export function zoomHooks(onZoom: ((range: Range) => void) | undefined, shown: () => Range): uPlot.Hooks.Arrays {
  if (onZoom === undefined) return {};
  return {
    setSelect: [
      (plot) => {
        const { left, width } = plot.select;
        if (width < 4) return;
        const range = { from: plot.posToVal(left, 'x'), to: plot.posToVal(left + width, 'x') };
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        onZoom(range);
      },
    ],
    ready: [
      (plot) => {
        // Before uPlot's own listener, which would only reset the scale.
        plot.over.addEventListener(
          'dblclick',
          (event) => {
            event.stopImmediatePropagation();
            const { from, to } = shown();
            const half = (to - from) / 2;
            onZoom({ from: from - half, to: to + half });
          },
          { capture: true },
        );
      },
    ],
  };
}

export function watchSize(element: HTMLElement, plot: uPlot, height: number): () => void {
  const observer = new ResizeObserver(() => {
    const width = element.clientWidth;
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  });
  observer.observe(element);
  return () => {
    observer.disconnect();
  };
}
