import { Anchor, Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useRoutedAlerts } from '../../api/alertmanager';
import { useRules, type Labels, type RuleGroup } from '../../api/prometheus';
import { useAlertEvents, type AlertEvent } from '../../api/sightglass';
import { formatSeconds, formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Annotations, isLink, LabelTags, State } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading, Older, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { matchersOf, matchersText } from '../silences/matchers';
import { activeAlerts, ALERTS_INTERVAL, isQuiet, type ActiveAlert } from './active';
import { EventTable } from './EventTable';
import { findRule, type FoundRule } from './findRule';
import { RuleChart } from './RuleChart';
import { ExploreLink, RuleLink } from './RuleLink';
import { seriesOf, useRuleSeries } from './ruleChart';
import { lastFiring, marksOf, rangeAround, stateOf } from './timeline';

const PAGE = 100;

/** One alert: what it says, what happened to it, what changed when it began. */
export function AlertPage() {
  const { search } = useUrl();
  const { interval } = useTime();
  const refresh = interval || ALERTS_INTERVAL;
  const fingerprint = search.alert ?? '';
  const events = useAlertEvents({ fingerprint, limit: PAGE }, refresh);
  const rules = useRules(refresh);
  const routed = useRoutedAlerts(refresh);
  const active = activeAlerts(rules.data ?? [], routed.data).find((alert) => alert.fingerprint === fingerprint);
  const labels = events.items[0]?.labels ?? active?.labels;
  const error = events.error ?? rules.error;
  return (
    <div className="sg-page">
      <nav className="sg-dim" aria-label="Where this is">
        <Link to="/alerts" search={(old: AppSearch) => keptSearch(old)}>
          Alerts
        </Link>{' '}
        / {labels?.alertname ?? fingerprint}
      </nav>
      {error !== null ? (
        <ErrorNote error={error} />
      ) : events.pending || rules.isPending ? (
        <Loading what="the alert" />
      ) : labels === undefined ? (
        <section className="sg-panel">
          <Empty title="Nothing is known of this alert">
            Its history is kept for 400 days, and only since it fired on this server.
          </Empty>
        </section>
      ) : (
        <OneAlert key={fingerprint} labels={labels} events={events} active={active} groups={rules.data ?? []} />
      )}
    </div>
  );
}

interface Props {
  labels: Labels;
  events: ReturnType<typeof useAlertEvents>;
  active: ActiveAlert | undefined;
  groups: readonly RuleGroup[];
}

function OneAlert({ labels, events, active, groups }: Props) {
  const { now, zoom } = useTime();
  const { set } = useUrl();
  const name = labels.alertname ?? 'without a name';
  const group = events.items.find((event) => event.ruleGroup !== '')?.ruleGroup;
  const rule = findRule(groups, { name, ...(group === undefined ? {} : { group }) });
  const firing = lastFiring(events.items);
  const annotations = active?.annotations ?? literal(rule?.rule.annotations ?? {});
  const state = active?.state ?? stateOf(events.items);
  const runbook = Object.entries(annotations).find(([key, value]) => key.startsWith('runbook') && isLink(value))?.[1];
  return (
    <>
      <header className="sg-rule-head">
        <h1 className="sg-title sg-wrap">{rule ? <RuleLink place={rule.place}>{name}</RuleLink> : name}</h1>
        <State state={active && isQuiet(active) ? 'firing, nobody is told' : state} />
        {firing && (
          <span className="sg-dim">
            {firing.to === null
              ? `since ${formatTimeShort(firing.from)}, ${formatSeconds((now - firing.from) / 1000)}`
              : `last fired ${formatTimeShort(firing.from)} for ${formatSeconds((firing.to - firing.from) / 1000)}`}
          </span>
        )}
        <span className="sg-grow" />
        {runbook !== undefined && (
          <Anchor href={runbook} target="_blank" rel="noreferrer noopener" size="sm" data-testid="runbook">
            Runbook
          </Anchor>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="mute" size={13} />}
          data-testid="silence-alert"
          onClick={() => {
            set({ silence: matchersText(matchersOf(labels)) });
          }}
        >
          Silence
        </Button>
      </header>
      <section className="sg-panel sg-rule-text">
        <Annotations annotations={annotations} />
        <LabelTags labels={labels} without={['alertname']} />
        {active && active.receivers.length > 0 && <div className="sg-dim">goes to {active.receivers.join(', ')}</div>}
      </section>
      {rule && (
        <Value
          rule={rule}
          labels={labels}
          events={events.items}
          around={
            firing && {
              label: firing.to === null ? 'Since before it fired' : 'When it last fired',
              show: () => {
                zoom(rangeAround(firing, now));
              },
            }
          }
        />
      )}
      <Panel title="What happened">
        <EventTable events={events.items} ofAlert />
        <Older list={events} what="events" />
      </Panel>
    </>
  );
}

/** Templates say nothing outside of an alert. */
function literal(annotations: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([, value]) => !value.includes('{{')));
}

interface ValueProps {
  rule: FoundRule;
  labels: Labels;
  events: readonly AlertEvent[];
  around: { label: string; show: () => void } | undefined;
}

/** The value of this alert alone, with what happened on the line. */
function Value({ rule, labels, events, around }: ValueProps) {
  const { range } = useTime();
  const series = useRuleSeries(rule.rule.query, rule.place, range, 240);
  const item = seriesOf(series.items, labels);
  const own = useMemo(() => (item === undefined ? series : { ...series, items: [item] }), [series, item]);
  const marks = useMemo(() => marksOf(events, item, series.range), [events, item, series.range]);
  return (
    <Panel
      title={series.drawn.thresholds.length > 0 ? 'Value and threshold' : 'Value'}
      aside={
        <span className="sg-also">
          {around && (
            <Button size="compact-xs" variant="default" onClick={around.show} data-testid="around">
              {around.label}
            </Button>
          )}
          <ExploreLink query={series.drawn.expression} language={series.drawn.language} />
        </span>
      }
    >
      <RuleChart series={own} marks={marks} />
    </Panel>
  );
}
