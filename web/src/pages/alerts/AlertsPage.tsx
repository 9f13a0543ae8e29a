import { Tabs } from '@mantine/core';
import { useRoutedAlerts } from '../../api/alertmanager';
import { useRules, type RuleGroup } from '../../api/prometheus';
import { matchesLabels, matchesRule } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { useUrl } from '../../shell/search';
import { ErrorNote, Loading } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { OnCall } from '../oncall/OnCall';
import { Silences } from '../silences/Silences';
import { activeAlerts, ALERTS_INTERVAL, isBackground, isQuiet } from './active';
import { FiringAlerts } from './FiringAlerts';
import { History } from './History';
import { Noise } from './Noise';
import { Notifications } from './Notifications';
import { Rules } from './Rules';

function rulesIn(groups: readonly RuleGroup[]): number {
  return groups.reduce((sum, group) => sum + group.rules.length, 0);
}

export function AlertsPage() {
  const { search, set } = useUrl();
  const { interval } = useTime();
  const refresh = interval || ALERTS_INTERVAL;
  const rules = useRules(refresh);
  const routed = useRoutedAlerts(refresh);
  const groups = rules.data ?? [];
  const filters = useFilters();
  const all = activeAlerts(groups, routed.data);
  const alerts = all.filter((alert) => matchesLabels(alert.labels, filters));
  const kept = groups.flatMap((group) => group.rules.filter((rule) => matchesRule(rule, filters))).length;
  const loud = alerts.filter((alert) => alert.state === 'firing' && !isQuiet(alert) && !isBackground(alert)).length;
  return (
    <div className="sg-page">
      {rules.error !== null && <ErrorNote error={rules.error} />}
      {routed.error !== null && <ErrorNote error={routed.error} />}
      <Tabs
        value={search.tab ?? 'firing'}
        onChange={(tab) => {
          set({
            tab: tab === 'firing' ? undefined : (tab ?? undefined),
            find: undefined,
            status: undefined,
          });
        }}
        keepMounted={false}
      >
        <Tabs.List mb="md" className="sg-tablist">
          <Tabs.Tab value="firing">Firing {loud}</Tabs.Tab>
          <Tabs.Tab value="oncall">On call</Tabs.Tab>
          <Tabs.Tab value="silences">Silences</Tabs.Tab>
          <Tabs.Tab value="rules">Rules {kept}</Tabs.Tab>
          <Tabs.Tab value="notifications">Notifications</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
          <Tabs.Tab value="noise">Noise</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="firing">
          <Hidden count={all.length - alerts.length} what="alert" />
          {rules.isPending ? <Loading what="alerts" /> : <FiringAlerts alerts={alerts} rules={rulesIn(groups)} />}
        </Tabs.Panel>
        <Tabs.Panel value="silences">
          <Silences />
        </Tabs.Panel>
        <Tabs.Panel value="rules">{rules.isPending ? <Loading what="rules" /> : <Rules groups={groups} />}</Tabs.Panel>
        <Tabs.Panel value="notifications">
          <Notifications />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <History />
        </Tabs.Panel>
        <Tabs.Panel value="oncall">
          <OnCall />
        </Tabs.Panel>
        <Tabs.Panel value="noise">
          <Noise />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
