import { Tabs } from '@mantine/core';
import { useRules } from '../../api/prometheus';
import { matchesLabels } from '../../filters/apply';
import { HiddenAlerts } from '../../filters/HiddenAlerts';
import { useFilters } from '../../filters/useFilters';
import { useUrl } from '../../shell/search';
import { ErrorNote, Loading } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { activeAlerts, ALERTS_INTERVAL } from './active';
import { FiringAlerts } from './FiringAlerts';
import { History, Notifications } from './Notifications';
import { Rules } from './Rules';

export function AlertsPage() {
  const { search, set } = useUrl();
  const { interval } = useTime();
  const rules = useRules(interval || ALERTS_INTERVAL);
  const groups = rules.data ?? [];
  const filters = useFilters();
  const all = activeAlerts(groups);
  const alerts = all.filter((alert) => matchesLabels(alert.labels, filters));
  const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
  const firing = alerts.filter((alert) => alert.state === 'firing').length;
  return (
    <div className="sg-page">
      {rules.error !== null && <ErrorNote error={rules.error} />}
      <Tabs
        value={search.tab ?? 'firing'}
        onChange={(tab) => {
          set({ tab: tab === 'firing' ? undefined : (tab ?? undefined) });
        }}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="firing">Firing {firing}</Tabs.Tab>
          <Tabs.Tab value="rules">Rules {count}</Tabs.Tab>
          <Tabs.Tab value="notifications">Notifications</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="firing">
          <HiddenAlerts count={all.length - alerts.length} />
          {rules.isPending ? <Loading what="alerts" /> : <FiringAlerts alerts={alerts} rules={count} />}
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <Rules groups={groups} />
        </Tabs.Panel>
        <Tabs.Panel value="notifications">
          <Notifications />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <History />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
