import { groupBy } from '../../lib/group';
import type { RuleGroup, Target } from '../../api/prometheus';
import type { Notification } from '../../api/sightglass';
import type { ActiveAlert, RulePlace } from '../alerts/active';

/** One line of what is wrong now. */
export interface FiringRule {
  rule: string;
  place: RulePlace | null;
  alerts: ActiveAlert[];
}

/** Firing alerts by rule, in the order given: the worst first. */
export function firingRules(alerts: readonly ActiveAlert[]): FiringRule[] {
  const groups = groupBy(alerts, (alert) => JSON.stringify(alert.place ?? alert.rule));
  return [...groups.values()].map((list) => ({
    rule: list[0]?.rule ?? '',
    place: list[0]?.place ?? null,
    alerts: list,
  }));
}

export interface BrokenRule {
  place: RulePlace;
  error: string;
}

export function brokenRules(groups: readonly RuleGroup[]): BrokenRule[] {
  return groups.flatMap((group) =>
    group.rules.flatMap((rule, index) =>
      rule.health === 'err'
        ? [{ place: { file: group.file, group: group.name, index, name: rule.name }, error: rule.lastError ?? '' }]
        : [],
    ),
  );
}

/** The server makes an alert of each: here the rule itself says it better. */
export function isOfBroken(alert: ActiveAlert, broken: readonly BrokenRule[]): boolean {
  const { alertname, rule, rule_group: group } = alert.labels;
  return (
    alertname === 'RuleEvaluationFailed' && broken.some(({ place }) => place.name === rule && place.group === group)
  );
}

export interface FailingReceiver {
  receiver: string;
  error: string;
  since: string;
}

/** Receivers whose newest notification did not arrive: whoever should be told is not. */
export function failingReceivers(notifications: readonly Notification[]): FailingReceiver[] {
  const failing: FailingReceiver[] = [];
  for (const [receiver, list] of groupBy(notifications, (item) => item.receiver)) {
    const last = list[0];
    if (last === undefined || last.status === 'sent' || !last.error) continue;
    const ended = list.findIndex((item) => item.status === 'sent');
    const first = list[(ended < 0 ? list.length : ended) - 1] ?? last;
    failing.push({ receiver, error: last.error, since: first.createdAt });
  }
  return failing;
}

export function downTargets(targets: readonly Target[]): Target[] {
  return targets.filter((target) => target.health === 'down');
}
