import { SegmentedControl, TextInput } from '@mantine/core';
import type { Labels } from '../../api/prometheus';
import { useAlertEvents, type AlertEvent } from '../../api/sightglass';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { Icon } from '../../shell/Icon';
import { useUrl } from '../../shell/search';
import { Empty, ErrorNote, Loading, Older, Panel } from '../../shell/states';
import { ALERTS_INTERVAL } from './active';
import { EventTable } from './EventTable';
import { eventDetail, eventText, KIND_GROUPS } from './timeline';

const PAGE = 200;
const PAGE_OF_RULE = 20;
const RULE_INTERVAL = 30_000;

/** What happened to alerts; which kinds is the server's to choose, the text is looked for in what is here. */
export function History() {
  const { search, set } = useUrl();
  const group = search.status !== undefined && search.status in KIND_GROUPS ? search.status : 'all';
  const answer = useAlertEvents({ kinds: KIND_GROUPS[group] ?? [], limit: PAGE }, ALERTS_INTERVAL);
  const filters = useFilters();
  const text = (search.find ?? '').trim().toLowerCase();
  const kept = answer.items.filter((event) => matchesLabels(event.labels, filters));
  const shown = kept.filter((event) => text === '' || hasText(event, text));
  return (
    <>
      <div className="sg-bar-row">
        <SegmentedControl
          size="xs"
          aria-label="Which are shown"
          value={group}
          onChange={(value) => {
            set({ status: value === 'all' ? undefined : value });
          }}
          data={Object.keys(KIND_GROUPS)}
        />
        <TextInput
          size="xs"
          aria-label="Find an event"
          placeholder="Find alert, person, receiver or label"
          leftSection={<Icon name="search" size={13} />}
          value={search.find ?? ''}
          onChange={(event) => {
            set({ find: event.currentTarget.value }, true);
          }}
        />
      </div>
      <Hidden count={answer.items.length - kept.length} what="event" />
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : (
        <Panel
          title="What happened"
          aside={
            <span className="sg-dim">
              {answer.more ? `the newest ${answer.items.length.toLocaleString('en')}` : 'all there is'}
            </span>
          }
        >
          {answer.pending ? (
            <Loading what="the history" />
          ) : shown.length === 0 ? (
            <Empty
              title={answer.items.length === 0 ? 'Nothing has happened to an alert yet' : 'Nothing is like this'}
            />
          ) : (
            <EventTable events={shown} />
          )}
          <Older list={answer} what="events" />
        </Panel>
      )}
    </>
  );
}

function hasText(event: AlertEvent, text: string): boolean {
  return [eventText(event), eventDetail(event), event.ruleGroup, ...Object.values(event.labels)].some((part) =>
    part.toLowerCase().includes(text),
  );
}

/** What one rule did lately, each of its alerts, without the labels that all of them have. */
export function RuleHistory({ name, group, labels }: { name: string; group: string; labels: Labels }) {
  const answer = useAlertEvents({ alertname: name, limit: PAGE_OF_RULE }, RULE_INTERVAL);
  // Rules of one name in other groups have a history of their own; what was told knows no group.
  const list = answer.items.filter((event) => event.ruleGroup === '' || event.ruleGroup === group);
  return (
    <Panel title="What happened">
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.pending ? (
        <Loading what="the history" />
      ) : list.length === 0 ? (
        <p className="sg-nothing sg-dim">It has not changed its state yet.</p>
      ) : (
        <EventTable events={list} ofRule without={Object.keys(labels)} />
      )}
      <Older list={answer} what="events" />
    </Panel>
  );
}
