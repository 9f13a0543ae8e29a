import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { formatNumber, formatTimeShort } from '../lib/format';
import type { Point, ScatterProps } from './Chart';
import { axes, TIME_HALF, watchSize, zoomHooks } from './plotting';

const RADIUS = 4;

export function ScatterPlot({
  points,
  range,
  height,
  onZoom,
  onPick,
  onSelect,
  box,
  format = formatNumber,
}: ScatterProps) {
  const host = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    // uPlot wants the x axis in order; what is picked is the place in the list given.
    const order = points.map((_, index) => index).sort((a, b) => (points[a]?.x ?? 0) - (points[b]?.x ?? 0));
    const sorted = order.map((index) => points[index]).filter((point): point is Point => point !== undefined);
    let near = -1;
    const plot = new uPlot(
      {
        width: element.clientWidth || 600,
        height,
        legend: { show: false },
        padding: [6, TIME_HALF, 0, 0],
        cursor: { drag: { x: true, y: onSelect !== undefined, uni: 0 }, points: { show: false } },
        scales: {
          x: { time: true, min: range.from, max: range.to },
          y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
        },
        axes: axes(scheme === 'dark', format),
        series: [{}, { paths: () => null, points: { show: false } }],
        hooks: {
          ...(onSelect ? selectHooks(onSelect) : zoomHooks(onZoom, () => range)),
          draw: [
            (u) => {
              if (box) drawBox(u, box);
              drawPoints(u, sorted);
            },
          ],
          setCursor: [
            (u) => {
              near = nearest(u, sorted);
              u.over.style.cursor = near < 0 ? 'crosshair' : 'pointer';
              showTip(u, tip.current, sorted[near], format);
            },
          ],
        },
      },
      [sorted.map((point) => point.x), sorted.map((point) => point.y)],
      element,
    );
    plot.setScale('x', { min: range.from, max: range.to });
    plot.over.addEventListener('click', () => {
      const picked = order[near];
      if (picked !== undefined) onPick(picked);
    });
    const stop = watchSize(element, plot, height);
    return () => {
      stop();
      plot.destroy();
    };
  }, [points, range, height, onZoom, onPick, onSelect, box, format, scheme]);

  return (
    <>
      <div ref={host} />
      <div ref={tip} className="sg-tip" hidden />
    </>
  );
}

type Box = NonNullable<ScatterProps['box']>;

/** Drag selects times and values. */
function selectHooks(onSelect: (box: Box) => void): uPlot.Hooks.Arrays {
  return {
    setSelect: [
      (plot) => {
        const { left, top, width, height } = plot.select;
        if (width < 4 || height < 4) return;
        const box = {
          from: plot.posToVal(left, 'x'),
          to: plot.posToVal(left + width, 'x'),
          min: Math.max(0, plot.posToVal(top + height, 'y')),
          max: plot.posToVal(top, 'y'),
        };
        plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        onSelect(box);
      },
    ],
  };
}

function drawBox(plot: uPlot, box: Box) {
  const { ctx } = plot;
  const left = plot.valToPos(box.from, 'x', true);
  const top = plot.valToPos(box.max, 'y', true);
  const width = plot.valToPos(box.to, 'x', true) - left;
  const height = plot.valToPos(box.min, 'y', true) - top;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  ctx.fillStyle = 'rgba(59, 143, 212, 0.14)';
  ctx.strokeStyle = '#3b8fd4';
  ctx.lineWidth = devicePixelRatio;
  ctx.fillRect(left, top, width, height);
  ctx.strokeRect(left, top, width, height);
  ctx.restore();
}

function drawPoints(plot: uPlot, points: readonly Point[]) {
  const { ctx } = plot;
  ctx.save();
  ctx.globalAlpha = 0.75;
  for (const point of points) {
    ctx.fillStyle = point.color;
    ctx.beginPath();
    const x = plot.valToPos(point.x, 'x', true);
    const y = plot.valToPos(point.y, 'y', true);
    ctx.arc(x, y, RADIUS * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

function nearest(plot: uPlot, points: readonly Point[]): number {
  const { left = -1, top = -1 } = plot.cursor;
  let best = -1;
  let distance = 12;
  if (left < 0) return best;
  points.forEach((point, index) => {
    const away = Math.hypot(plot.valToPos(point.x, 'x') - left, plot.valToPos(point.y, 'y') - top);
    if (away < distance) {
      distance = away;
      best = index;
    }
  });
  return best;
}

function showTip(plot: uPlot, tip: HTMLDivElement | null, point: Point | undefined, format: (value: number) => string) {
  if (tip === null) return;
  tip.hidden = point === undefined;
  if (point === undefined) return;
  tip.textContent = `${point.label} · ${format(point.y)} · ${formatTimeShort(point.x * 1000)}`;
  const left = plot.cursor.left ?? 0;
  const onLeft = left > plot.over.clientWidth / 2;
  const offset = plot.over.offsetLeft + left;
  tip.style.left = onLeft ? 'auto' : `${String(offset + 14)}px`;
  tip.style.right = onLeft ? `${String(plot.root.clientWidth - offset + 14)}px` : 'auto';
}
