import { Anchor, Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ApiError } from '../../api/client';
import { useEscalations } from '../../api/people';
import { useRules, type RuleGroup } from '../../api/prometheus';
import { useAlert, useAlertEvents, type AlertDetails, type AlertEvent } from '../../api/sightglass';
import { formatNumber, formatSeconds, formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Annotations, isLink, LabelTags, State } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading, Older, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { Acknowledged } from '../oncall/Acknowledge';
import { EscalationRow } from '../oncall/Escalations';
import { matchersOf, matchersText } from '../silences/matchers';
import { ALERTS_INTERVAL } from './active';
import { Episodes } from './Episodes';
import { EventTable } from './EventTable';
import { findRule, type FoundRule } from './findRule';
import { RuleChart } from './RuleChart';
import { ExploreLink, RuleLink } from './RuleLink';
import { seriesOf, useRuleSeries } from './ruleChart';
import { marksOf, rangeAround } from './timeline';
import { WhatChanged } from './WhatChanged';

const PAGE = 50;

/** One alert: what it says, what happened to it, what changed when it began. */
export function AlertPage() {
  const { search } = useUrl();
  const { interval } = useTime();
  const refresh = interval || ALERTS_INTERVAL;
  const fingerprint = search.alert ?? '';
  const answer = useAlert(fingerprint, refresh);
  const rules = useRules(refresh);
  const isUnknown = answer.error instanceof ApiError && answer.error.status === 404;
  return (
    <div className="sg-page">
      <nav className="sg-dim" aria-label="Where this is">
        <Link to="/alerts" search={(old: AppSearch) => keptSearch(old)}>
          Alerts
        </Link>{' '}
        / {answer.data?.alertname ?? fingerprint}
      </nav>
      {isUnknown ? (
        <section className="sg-panel">
          <Empty title="Nothing is known of this alert">
            Its history is kept for 400 days, and only since it fired on this server.
          </Empty>
        </section>
      ) : answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the alert" />
      ) : (
        <OneAlert key={fingerprint} alert={answer.data} groups={rules.data ?? []} />
      )}
    </div>
  );
}

function OneAlert({ alert, groups }: { alert: AlertDetails; groups: readonly RuleGroup[] }) {
  const { interval } = useTime();
  const refresh = interval || ALERTS_INTERVAL;
  const { alertname, labels, fingerprint } = alert;
  const events = useAlertEvents({ fingerprint, limit: PAGE }, refresh);
  const escalations = useEscalations(refresh).data?.escalations ?? [];
  const mine = escalations.filter((item) => item.alerts.some((member) => member.fingerprint === fingerprint));
  const rule = findRule(groups, { name: alertname, group: alert.ruleGroup });
  return (
    <>
      <Head alert={alert} rule={rule} />
      <section className="sg-panel sg-rule-text">
        {Object.keys(alert.annotations).length > 0 && <Annotations annotations={alert.annotations} />}
        <LabelTags labels={labels} without={['alertname']} />
        <Routing alert={alert} />
      </section>
      {mine.length > 0 && (
        <Panel title="Escalation">
          {mine.map((item) => (
            <EscalationRow key={item.id} item={item} />
          ))}
        </Panel>
      )}
      {rule && <Value rule={rule} alert={alert} events={events.items} />}
      <WhatChanged fingerprint={fingerprint} at={alert.episodes[0]?.start} />
      <div className="sg-two sg-halves">
        <Panel title="What happened">
          {events.error !== null ? (
            <ErrorNote error={events.error} />
          ) : events.pending ? (
            <Loading what="the history" />
          ) : (
            <EventTable events={events.items} ofAlert />
          )}
          <Older list={events} what="events" />
        </Panel>
        <Episodes alert={alert} />
      </div>
    </>
  );
}

function Head({ alert, rule }: { alert: AlertDetails; rule: FoundRule | undefined }) {
  const { now } = useTime();
  const { set } = useUrl();
  const [last] = alert.episodes;
  const fires = alert.state === 'firing';
  const since = alert.startsAt === null ? undefined : Date.parse(alert.startsAt);
  return (
    <header className="sg-rule-head">
      <h1 className="sg-title sg-wrap">
        {rule ? <RuleLink place={rule.place}>{alert.alertname}</RuleLink> : alert.alertname}
      </h1>
      <State state={alert.state === 'inactive' ? 'resolved' : alert.state} />
      <span className="sg-dim">
        {fires && since !== undefined
          ? `since ${formatTimeShort(since)}, ${formatSeconds((now - since) / 1000)}`
          : last && `last fired ${formatTimeShort(Date.parse(last.start))} for ${formatSeconds(last.seconds)}`}
        {alert.value !== null && ` · value ${formatNumber(Number(alert.value))}`}
      </span>
      <span className="sg-grow" />
      {alert.runbookUrl !== null && isLink(alert.runbookUrl) && (
        <Anchor href={alert.runbookUrl} target="_blank" rel="noreferrer noopener" size="sm" data-testid="runbook">
          Runbook
        </Anchor>
      )}
      {fires && <Acknowledged fingerprint={alert.fingerprint} what={alert.alertname} size="xs" />}
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name="mute" size={13} />}
        data-testid="silence-alert"
        onClick={() => {
          set({ silence: matchersText(matchersOf(alert.labels)) });
        }}
      >
        Silence
      </Button>
    </header>
  );
}

/** Who is told, or why nobody is. */
function Routing({ alert }: { alert: AlertDetails }) {
  const { set } = useUrl();
  return (
    <>
      {alert.receivers.length > 0 && <div className="sg-dim">goes to {alert.receivers.join(', ')}</div>}
      {alert.silencedBy.map((silence) => (
        <div key={silence.id} className="sg-routing">
          <Icon name="mute" size={12} /> silenced by {silence.createdBy} until{' '}
          {formatTimeShort(Date.parse(silence.endsAt))}: <span className="sg-wrap">{silence.comment}</span>
          <Button
            size="compact-xs"
            variant="subtle"
            data-testid="silenced-by"
            onClick={() => {
              set({ silence: `id:${silence.id}` });
            }}
          >
            Edit
          </Button>
        </div>
      ))}
      {alert.inhibitedBy.length > 0 && <div className="sg-routing">inhibited by another alert</div>}
      {alert.mutedBy.length > 0 && <div className="sg-routing">muted by {alert.mutedBy.join(', ')}</div>}
    </>
  );
}

/** The value of this alert alone, with what happened on the line. */
function Value({ rule, alert, events }: { rule: FoundRule; alert: AlertDetails; events: readonly AlertEvent[] }) {
  const { range, now, zoom } = useTime();
  const series = useRuleSeries(rule.rule.query, rule.place, range, 240);
  const item = seriesOf(series.items, alert.labels);
  const own = useMemo(() => (item === undefined ? series : { ...series, items: [item] }), [series, item]);
  const marks = useMemo(() => marksOf(events, item, series.range), [events, item, series.range]);
  const [last] = alert.episodes;
  return (
    <Panel
      title={series.drawn.thresholds.length > 0 ? 'Value and threshold' : 'Value'}
      aside={
        <span className="sg-also">
          {last && (
            <Button
              size="compact-xs"
              variant="default"
              data-testid="around"
              onClick={() => {
                const to = last.end === null ? null : Date.parse(last.end);
                zoom(rangeAround({ from: Date.parse(last.start), to }, now));
              }}
            >
              {last.end === null ? 'Since before it fired' : 'When it last fired'}
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
