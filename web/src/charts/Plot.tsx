import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { formatNumber, formatTimeShort } from '../lib/format';
import type { ChartProps, Mark } from './Chart';
import { stack } from './columns';
import { drawMarks, nearestMark, showMark } from './marks';
import { axes, TIME_HALF, watchSize, zoomHooks } from './plotting';

export function Plot({
  times,
  series,
  range,
  height,
  kind,
  onZoom,
  format = formatNumber,
  label,
  marks,
  onMark,
}: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const bars = kind === 'bars';
    const columns = series.map((item) => item.values);
    const stacked = bars ? stack(columns) : columns;
    // The tallest stack is drawn first, so that the lower ones stay in front of it.
    const order = series.map((_, index) => (bars ? series.length - 1 - index : index));
    const paths = bars ? uPlot.paths.bars?.({ size: [0.86, 40], align: 1 }) : undefined;
    let near: Mark | undefined;
    const plot = new uPlot(
      {
        width: element.clientWidth || 600,
        height,
        legend: { show: false },
        padding: [6, TIME_HALF, 0, 0],
        cursor: { drag: { x: true, y: false }, points: { size: 6 }, y: false },
        scales: { x: { time: true, min: range.from, max: range.to }, y: { range: valueRange(bars) } },
        axes: axes(scheme === 'dark', format),
        series: [
          {},
          ...order.map((index): uPlot.Series => {
            const color = series[index]?.color ?? '#888';
            return {
              stroke: color,
              width: bars ? 0 : 1.5,
              ...(bars ? { fill: color } : {}),
              points: { show: bars || series[index]?.dashed ? false : undefined, size: 4 },
              ...(paths ? { paths } : {}),
              ...(series[index]?.dashed ? { dash: [6, 4] } : {}),
              spanGaps: false,
            };
          }),
        ],
        hooks: {
          ...zoomHooks(onZoom, () => range),
          ...(marks
            ? {
                draw: [
                  (u: uPlot) => {
                    drawMarks(u, marks);
                  },
                ],
              }
            : {}),
          setCursor: [
            (u) => {
              near = marks && nearestMark(u, marks);
              u.over.style.cursor = near === undefined ? '' : 'pointer';
              if (near !== undefined) {
                showMark(u, tip.current, near);
                return;
              }
              showTip(u, tip.current, times, series, format);
            },
          ],
        },
      },
      [times, ...order.map((index) => stacked[index] ?? [])],
      element,
    );
    plot.setScale('x', { min: range.from, max: range.to });
    plot.over.addEventListener('click', () => {
      if (near !== undefined) onMark?.(near);
    });
    const stop = watchSize(element, plot, height);
    return () => {
      stop();
      plot.destroy();
    };
  }, [times, series, range, height, kind, onZoom, format, scheme, marks, onMark]);

  return (
    <>
      <div ref={host} title={series.length === 0 ? `${label}: no data` : undefined} />
      <div ref={tip} className="sg-tip" hidden />
    </>
  );
}

/** From zero when all values are positive; a flat line gets room. */
function valueRange(fromZero: boolean): uPlot.Range.Function {
  return (_plot, min, max) => {
    if (!Number.isFinite(min) || !Number.isFinite(max) || (min as number | null) === null) return [0, 1];
    const low = fromZero || min >= 0 ? 0 : min * 1.1;
    const high = max <= low ? low + 1 : max > 0 ? max * 1.08 : 0;
    return [low, high];
  };
}

const TIP_ROWS = 12;

function showTip(
  plot: uPlot,
  tip: HTMLDivElement | null,
  times: number[],
  series: ChartProps['series'],
  format: (value: number) => string,
) {
  const index = plot.cursor.idx;
  const left = plot.cursor.left ?? -1;
  if (tip === null) return;
  const rows = series
    .map((item) => ({ item, value: index == null ? null : (item.values[index] ?? null) }))
    .filter((row): row is { item: (typeof series)[number]; value: number } => row.value !== null)
    .sort((a, b) => b.value - a.value);
  if (index == null || left < 0 || rows.length === 0) {
    tip.hidden = true;
    return;
  }
  const head = document.createElement('div');
  head.className = 'sg-tip-head';
  head.textContent = formatTimeShort((times[index] ?? 0) * 1000);
  const lines = rows.slice(0, TIP_ROWS).map(({ item, value }) => {
    const line = document.createElement('div');
    line.className = 'sg-tip-row';
    const dot = document.createElement('i');
    dot.style.background = item.color;
    const name = document.createElement('span');
    name.textContent = item.label;
    const number = document.createElement('b');
    number.textContent = format(value);
    line.append(dot, name, number);
    return line;
  });
  tip.replaceChildren(head, ...lines);
  if (rows.length > TIP_ROWS) {
    const more = document.createElement('div');
    more.textContent = `and ${String(rows.length - TIP_ROWS)} more`;
    tip.append(more);
  }
  tip.hidden = false;
  const offset = plot.over.offsetLeft + left;
  const onLeft = left > plot.over.clientWidth / 2;
  tip.style.left = onLeft ? 'auto' : `${String(offset + 14)}px`;
  tip.style.right = onLeft ? `${String(plot.root.clientWidth - offset + 14)}px` : 'auto';
}
