import type { Alert, RuleGroup } from '../../api/prometheus';

export const ALERTS_INTERVAL = 10_000;

export interface ActiveAlert extends Alert {
  rule: string;
  query: string;
  group: string;
}

/** Firing before pending, then by name. */
export function activeAlerts(groups: readonly RuleGroup[]): ActiveAlert[] {
  return groups
    .flatMap((group) =>
      group.rules.flatMap((rule) =>
        (rule.alerts ?? []).map((alert) => ({ ...alert, rule: rule.name, query: rule.query, group: group.name })),
      ),
    )
    .filter((alert) => alert.state !== 'inactive')
    .sort((a, b) => a.state.localeCompare(b.state) || a.rule.localeCompare(b.rule));
}
