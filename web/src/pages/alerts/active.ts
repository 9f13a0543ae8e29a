import type { Alert, RuleGroup } from '../../api/prometheus';

export const ALERTS_INTERVAL = 10_000;

export interface ActiveAlert extends Alert {
  rule: string;
  query: string;
  group: string;
}

const SEVERITIES = ['critical', 'warning', 'info'];

function severityRank(alert: Alert): number {
  const rank = SEVERITIES.indexOf(alert.labels.severity ?? '');
  return rank < 0 ? SEVERITIES.length : rank;
}

/** Firing before pending, the worst first, then by name. */
export function activeAlerts(groups: readonly RuleGroup[]): ActiveAlert[] {
  return groups
    .flatMap((group) =>
      group.rules.flatMap((rule) =>
        (rule.alerts ?? []).map((alert) => ({ ...alert, rule: rule.name, query: rule.query, group: group.name })),
      ),
    )
    .filter((alert) => alert.state !== 'inactive')
    .sort(
      (a, b) => a.state.localeCompare(b.state) || severityRank(a) - severityRank(b) || a.rule.localeCompare(b.rule),
    );
}
