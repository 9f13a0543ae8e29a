import { useMemo } from 'react';
import { useExpression, type ExpressionLanguage } from '../../api/expression';
import type { Labels, MatrixItem } from '../../api/prometheus';
import { useRuleDetails, type RuleDetails } from '../../api/sightglass';
import { align, stepFor, type Range } from '../../time/range';
import { hasLabels, type RulePlace } from './active';

/** What to draw of a rule: the side of its comparison that changes, and the side that does not. */
export interface Drawn {
  expression: string;
  language: ExpressionLanguage;
  thresholds: { operator: string; value: number }[];
}

/** A rule without a comparison is drawn as it is: it has a value where it holds. */
export function drawnOf(query: string, details: RuleDetails | undefined): Drawn {
  const first = details?.comparisons[0];
  const language = details?.language ?? 'promql';
  if (details === undefined || first === undefined) return { expression: query, language, thresholds: [] };
  const thresholds = details.comparisons
    .filter((item) => item.expression === first.expression)
    .map((item) => ({ operator: item.operator, value: Number(item.threshold) }))
    .filter((item) => Number.isFinite(item.value));
  return { expression: first.expression, language, thresholds };
}

export function detailsOf(all: readonly RuleDetails[] | undefined, place: RulePlace | null): RuleDetails | undefined {
  if (place === null) return undefined;
  return all?.find(
    (item) =>
      item.file === place.file && item.group === place.group && item.index === place.index && item.name === place.name,
  );
}

export interface RuleSeries {
  drawn: Drawn;
  items: MatrixItem[];
  range: Range;
  step: number;
  pending: boolean;
  error: Error | null;
}

/** The expression of a rule over the time range of the page. */
export function useRuleSeries(query: string, place: RulePlace | null, range: Range, points: number): RuleSeries {
  const answer = useRuleDetails();
  const details = detailsOf(answer.data?.rules, place);
  const drawn = useMemo(() => drawnOf(query, details), [query, details]);
  const step = stepFor(range, points);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  // Not before it is known which side of the comparison to ask for.
  const asked = answer.isPending || place === null ? '' : drawn.expression;
  const { items, pending, error } = useExpression(drawn.language, asked, aligned, step);
  return {
    drawn,
    items,
    range: aligned,
    step,
    pending: pending || (answer.isPending && place !== null),
    error,
  };
}

/** The series an alert came from: its labels are those of the series, with more from the rule. */
export function seriesOf(items: readonly MatrixItem[], labels: Labels): MatrixItem | undefined {
  return items.find((item) => {
    const { __name__: name, ...rest } = item.metric;
    return hasLabels(labels, rest) || (name !== undefined && hasLabels(labels, item.metric));
  });
}

export interface Band {
  state: 'pending' | 'firing';
  from: number;
  to: number;
}

export interface BandRow {
  labels: Labels;
  bands: Band[];
}

const ALERTS_LABELS = ['__name__', 'alertname', 'alertstate'];

/** `ALERTS` over a range as one row for each alert, with the times of its states. */
export function bandsOf(items: readonly MatrixItem[], step: number): BandRow[] {
  const rows = new Map<string, BandRow>();
  for (const item of items) {
    const state = item.metric.alertstate;
    if (state !== 'pending' && state !== 'firing') continue;
    const labels = Object.fromEntries(Object.entries(item.metric).filter(([name]) => !ALERTS_LABELS.includes(name)));
    const key = JSON.stringify(Object.entries(labels).sort());
    const row = rows.get(key) ?? { labels, bands: [] };
    rows.set(key, row);
    let last: Band | undefined;
    for (const [time] of item.values) {
      if (last !== undefined && time - last.to < step * 0.5) last.to = time + step;
      else row.bands.push((last = { state, from: time, to: time + step }));
    }
  }
  for (const row of rows.values()) row.bands.sort((a, b) => a.from - b.from);
  const end = (row: BandRow) => row.bands.at(-1)?.to ?? 0;
  return [...rows.values()].sort((a, b) => end(b) - end(a));
}
