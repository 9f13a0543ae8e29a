import type { Cardinality } from '../../api/cardinality';

/** What the names of limits mean. */
export const REASONS: Record<string, string> = {
  max_active_series: 'too many series in memory',
  max_active_series_per_sender: 'too many series in memory of one sender',
  max_active_series_per_metric: 'too many series in memory of one metric',
  max_values_per_label: 'too many values of one label',
  max_new_series_per_minute: 'too many new series a minute',
};

export interface LimitUse {
  name: string;
  /** Of whom, where it is a limit of each. */
  of: string;
  used: number | undefined;
  /** Zero is no limit. */
  limit: number;
}

/** How near each limit is: of a limit of each sender, the one that is nearest to it. Those that are only there when they are set are left out until then. */
export function limitUse({ limits, senders }: Cardinality, activeSeries: number): LimitUse[] {
  const first = [...senders].sort((a, b) => b.activeSeries - a.activeSeries)[0];
  return [
    { name: 'max_active_series', of: 'all', used: activeSeries, limit: limits.max_active_series },
    {
      name: 'max_active_series_per_sender',
      of: first?.sender ?? 'nobody yet',
      used: first?.activeSeries ?? 0,
      limit: limits.max_active_series_per_sender,
    },
    ...(limits.max_active_series_per_metric > 0
      ? [
          {
            name: 'max_active_series_per_metric',
            of: 'each metric',
            used: undefined,
            limit: limits.max_active_series_per_metric,
          },
        ]
      : []),
    ...(limits.max_values_per_label > 0
      ? [{ name: 'max_values_per_label', of: 'each label', used: undefined, limit: limits.max_values_per_label }]
      : []),
    { name: 'max_new_series_per_minute', of: 'each job', used: undefined, limit: limits.max_new_series_per_minute },
  ];
}

/** Blocks of the configuration as they stand there, of these names. */
export function configured(yaml: string, names: readonly string[]): string {
  const blocks: string[] = [];
  let isWanted = false;
  for (const line of yaml.split('\n')) {
    if (/^[^\s#-]/.test(line)) isWanted = names.some((name) => line.startsWith(`${name}:`));
    if (isWanted && line.trim() !== '') blocks.push(line);
  }
  return blocks.join('\n');
}
