import type uPlot from 'uplot';
import { formatTimeShort } from '../lib/format';
import type { Mark } from './Chart';

const RADIUS = 4;
const REACH = 9;

/** Place of a mark in the picture; what is beyond the scale stands at its edge. */
function placeOf(plot: uPlot, mark: Mark, onCanvas: boolean): { x: number; y: number } {
  const { min = 0, max = 1 } = plot.scales['y'] ?? {};
  const value = Math.min(max ?? 1, Math.max(min ?? 0, mark.y));
  return { x: plot.valToPos(mark.x, 'x', onCanvas), y: plot.valToPos(value, 'y', onCanvas) };
}

/** Diamonds: they are told from the dots of the lines by their form too. */
export function drawMarks(plot: uPlot, marks: readonly Mark[]) {
  const { ctx } = plot;
  const size = RADIUS * devicePixelRatio;
  ctx.save();
  for (const mark of marks) {
    const { x, y } = placeOf(plot, mark, true);
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.closePath();
    ctx.fillStyle = mark.color;
    ctx.fill();
  }
  ctx.restore();
}

export function nearestMark(plot: uPlot, marks: readonly Mark[]): Mark | undefined {
  const { left = -1, top = -1 } = plot.cursor;
  let best: Mark | undefined;
  let distance = REACH;
  if (left < 0) return undefined;
  for (const mark of marks) {
    const { x, y } = placeOf(plot, mark, false);
    const away = Math.hypot(x - left, y - top);
    if (away < distance) {
      distance = away;
      best = mark;
    }
  }
  return best;
}

export function showMark(plot: uPlot, tip: HTMLDivElement | null, mark: Mark) {
  if (tip === null) return;
  tip.textContent = `${mark.label} · ${formatTimeShort(mark.x * 1000)}`;
  tip.hidden = false;
  const left = plot.cursor.left ?? 0;
  const onLeft = left > plot.over.clientWidth / 2;
  const offset = plot.over.offsetLeft + left;
  tip.style.left = onLeft ? 'auto' : `${String(offset + 14)}px`;
  tip.style.right = onLeft ? `${String(plot.root.clientWidth - offset + 14)}px` : 'auto';
}
