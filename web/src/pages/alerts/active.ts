import { groupBy } from '../../lib/group';
import type { RoutedAlert } from '../../api/alertmanager';
import type { Alert, Labels, Rule, RuleGroup } from '../../api/prometheus';

export const ALERTS_INTERVAL = 10_000;

/** Where a rule stands: names of groups and rules may come twice. */
export interface RulePlace {
  file: string;
  group: string;
  index: number;
  name: string;
}

export interface ActiveAlert extends Alert {
  rule: string;
  query: string;
  /** Null when somebody else posted the alert. */
  place: RulePlace | null;
  /** Names the alert in its history; null before it has fired. */
  fingerprint: string | null;
  receivers: string[];
  silencedBy: string[];
  inhibitedBy: string[];
  mutedBy: string[];
}

const SEVERITIES = ['critical', 'error', 'warning', 'info', 'none'];

function severityRank(alert: Alert): number {
  const rank = SEVERITIES.indexOf(alert.labels.severity ?? '');
  return rank < 0 ? SEVERITIES.length : rank;
}

/** Nobody is told of it now. */
export function isQuiet(alert: ActiveAlert): boolean {
  return alert.silencedBy.length + alert.inhibitedBy.length + alert.mutedBy.length > 0;
}

/** One that fires to show that alerting works, or to inhibit others: nothing is wrong because of it. */
export function isBackground(alert: ActiveAlert): boolean {
  return alert.labels.severity === 'none';
}

/** Every label of one is in the other: routed alerts have external labels besides. */
export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Alerts of the rules with what the router says of them, and those that others posted. Firing before pending, the worst first. */
export function activeAlerts(groups: readonly RuleGroup[], routed: readonly RoutedAlert[] = []): ActiveAlert[] {
  const byName = groupBy(routed, (alert) => alert.labels.alertname ?? '');
  const own = new Set<string>();
  const alerts: ActiveAlert[] = [];
  for (const group of groups) {
    group.rules.forEach((rule, index) => {
      if (rule.type === 'alerting') own.add(rule.name);
      for (const alert of rule.alerts ?? []) {
        if (alert.state === 'inactive') continue;
        const told =
          alert.state === 'firing'
            ? byName
                .get(alert.labels.alertname ?? '')
                ?.filter((item) => hasLabels(item.labels, alert.labels))
                .sort((a, b) => Object.keys(a.labels).length - Object.keys(b.labels).length)[0]
            : undefined;
        alerts.push({ ...alert, ...ruleOf(group, rule, index), ...routingOf(told) });
      }
    });
  }
  for (const item of routed) {
    const name = item.labels.alertname ?? '';
    if (own.has(name)) continue;
    const { labels, annotations, startsAt } = item;
    const base = { labels, annotations, state: 'firing', activeAt: startsAt, value: '' };
    alerts.push({ ...base, rule: name || 'without a name', query: '', place: null, ...routingOf(item) });
  }
  return alerts.sort(
    (a, b) => a.state.localeCompare(b.state) || severityRank(a) - severityRank(b) || a.rule.localeCompare(b.rule),
  );
}

function ruleOf(group: RuleGroup, rule: Rule, index: number) {
  return {
    rule: rule.name,
    query: rule.query,
    place: { file: group.file, group: group.name, index, name: rule.name },
  };
}

function routingOf(alert: RoutedAlert | undefined) {
  return {
    fingerprint: alert?.fingerprint ?? null,
    receivers: alert?.receivers.map((receiver) => receiver.name) ?? [],
    silencedBy: alert?.status.silencedBy ?? [],
    inhibitedBy: alert?.status.inhibitedBy ?? [],
    mutedBy: alert?.status.mutedBy ?? [],
  };
}
