import { Tabs } from '@mantine/core';
import { useStatus } from '../../api/sightglass';
import { useUrl } from '../../shell/search';
import { useTime } from '../../time/TimeContext';
import { Limits } from './Limits';
import { Listeners } from './Listeners';
import { ScrapeTargets } from './ScrapeTargets';
import { SeriesTab } from './SeriesTab';
import { Sources } from './Sources';
import { LogVolume, Storage } from './Storage';
import { RefusedNotice } from './Verdicts';

const INTERVAL = 10_000;
/** What the server has to count. */
const SLOW_INTERVAL = 60_000;

/** Where data comes from, whether it does, and what it costs. */
export function TargetsPage() {
  const { search, set } = useUrl();
  const { interval } = useTime();
  const refresh = interval || INTERVAL;
  const status = useStatus(refresh).data;
  return (
    <div className="sg-page">
      <RefusedNotice refresh={refresh} />
      <Tabs
        value={search.tab ?? 'sources'}
        onChange={(tab) => {
          const rest = { find: undefined, status: undefined, q: undefined, name: undefined, limit: undefined };
          set({ tab: tab === 'sources' ? undefined : (tab ?? undefined), ...rest });
        }}
        keepMounted={false}
      >
        <Tabs.List mb="md" className="sg-tablist">
          <Tabs.Tab value="sources">Sources</Tabs.Tab>
          <Tabs.Tab value="volume">Volume and limits</Tabs.Tab>
          <Tabs.Tab value="series">Series</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="sources" className="sg-list">
          <ScrapeTargets refresh={refresh} />
          <Sources refresh={refresh} />
          {status && <Listeners status={status} />}
        </Tabs.Panel>
        <Tabs.Panel value="volume" className="sg-list">
          <div className="sg-two sg-halves">
            <Storage status={status} />
            <LogVolume />
          </div>
          {status && <Limits status={status} refresh={SLOW_INTERVAL} />}
        </Tabs.Panel>
        <Tabs.Panel value="series">
          <SeriesTab />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}
