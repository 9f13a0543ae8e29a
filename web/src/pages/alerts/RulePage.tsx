import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useRoutedAlerts, useSilences } from '../../api/alertmanager';
import { useRules, type Rule } from '../../api/prometheus';
import { formatAgo, formatNanos, formatSeconds } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Annotations, LabelTags, State } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { CopyBlock, Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { equalTo, matchesAll, matchersText } from '../silences/matchers';
import { SilenceRow } from '../silences/Silences';
import { activeAlerts, ALERTS_INTERVAL } from './active';
import { AlertRow } from './AlertRow';
import { Backtest } from './Backtest';
import { RuleHistory } from './History';
import { RuleNotifications } from './Notifications';
import { RuleChart } from './RuleChart';
import { findRule, type FoundRule } from './findRule';
import { ExploreLink } from './RuleLink';
import { seriesOf, useRuleSeries } from './ruleChart';
import { toColumns } from '../../charts/columns';
import { StateHistory } from './StateHistory';

/** One rule: what it says, how close it is to it, what it did. */
export function RulePage() {
  const { search } = useUrl();
  const { interval } = useTime();
  const rules = useRules(interval || ALERTS_INTERVAL);
  if (rules.error !== null) {
    return (
      <div className="sg-page">
        <ErrorNote error={rules.error} />
      </div>
    );
  }
  if (rules.isPending) return <Loading what="the rule" />;
  const found = findRule(rules.data, search);
  return (
    <div className="sg-page">
      <nav className="sg-dim" aria-label="Where this is">
        <Link to="/alerts" search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'rules' })}>
          Rules
        </Link>{' '}
        / {found?.group.name ?? search.group}
      </nav>
      {found === undefined ? (
        <section className="sg-panel">
          <Empty title={`There is no rule ${search.name ?? ''}`}>It may have another name or group by now.</Empty>
        </section>
      ) : (
        <OneRule {...found} />
      )}
    </div>
  );
}

function OneRule({ group, rule, place }: FoundRule) {
  const { set } = useUrl();
  const { range, now, interval } = useTime();
  const routed = useRoutedAlerts(interval || ALERTS_INTERVAL);
  const series = useRuleSeries(rule.query, place, range, 240);
  const alerts = activeAlerts([{ ...group, rules: [rule] }], routed.data)
    .filter((alert) => alert.place !== null)
    .map((alert) => ({ ...alert, place }));
  const isAlert = rule.type === 'alerting';
  return (
    <>
      <header className="sg-rule-head">
        <h1 className="sg-title sg-wrap">{rule.name}</h1>
        {isAlert ? <State state={rule.state ?? 'unknown'} /> : <span className="sg-dim">recording rule</span>}
        <span className="sg-grow" />
        {isAlert && (
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="mute" size={13} />}
            onClick={() => {
              set({ silence: matchersText([equalTo('alertname', rule.name)]) });
            }}
          >
            Silence the rule
          </Button>
        )}
      </header>
      {rule.lastError && <ErrorNote error={rule.lastError} />}
      <Panel
        title={isAlert && series.drawn.thresholds.length > 0 ? 'Value and threshold' : 'Value'}
        aside={<ExploreLink query={series.drawn.expression} language={series.drawn.language} />}
      >
        <RuleChart series={series} />
        {isAlert && <StateHistory name={rule.name} labels={rule.labels ?? {}} />}
      </Panel>
      {isAlert && (
        <Panel title={`Alerts ${String(alerts.length)}`}>
          {alerts.length === 0 ? (
            <p className="sg-nothing sg-dim">The expression holds for nothing now.</p>
          ) : (
            alerts.map((alert) => {
              const item = seriesOf(series.items, alert.labels);
              return (
                <AlertRow
                  key={JSON.stringify(alert.labels)}
                  alert={alert}
                  values={item && toColumns([item], series.range, series.step).values[0]}
                  threshold={series.drawn.thresholds[0]?.value}
                />
              );
            })
          )}
        </Panel>
      )}
      <div className="sg-two sg-halves">
        <Panel title="Rule" aside={<State state={rule.health} />}>
          <div className="sg-rule-text">
            <CopyBlock text={rule.query} />
            <dl className="sg-pairs">
              <dt>Group</dt>
              <dd>
                {group.name}, every {formatSeconds(group.interval)}
              </dd>
              <dt>File</dt>
              <dd className="sg-wrap">{group.file}</dd>
              {isAlert && (
                <>
                  <dt>Fires after</dt>
                  <dd>{rule.duration ? formatSeconds(rule.duration) : 'at once'}</dd>
                </>
              )}
              {rule.keepFiringFor ? (
                <>
                  <dt>Keeps firing for</dt>
                  <dd>{formatSeconds(rule.keepFiringFor)}</dd>
                </>
              ) : null}
              <dt>Evaluated</dt>
              <dd>
                {formatAgo(rule.lastEvaluation, now)}, took {formatNanos(rule.evaluationTime * 1e9)}
              </dd>
              {Object.keys(rule.labels ?? {}).length > 0 && (
                <>
                  <dt>Labels</dt>
                  <dd>
                    <LabelTags labels={rule.labels ?? {}} />
                  </dd>
                </>
              )}
            </dl>
            {isAlert && <Annotations annotations={rule.annotations ?? {}} />}
          </div>
        </Panel>
        {isAlert && (
          <div className="sg-list">
            <RuleNotifications name={rule.name} />
            <RuleSilences rule={rule} />
          </div>
        )}
      </div>
      {isAlert && (
        <Backtest key={`${place.file} ${place.group} ${String(place.index)}`} found={{ group, rule, place }} />
      )}
      {isAlert && <RuleHistory name={rule.name} group={group.name} labels={rule.labels ?? {}} />}
    </>
  );
}

/** Silences that fit an alert of the rule, or would when it fires. */
function RuleSilences({ rule }: { rule: Rule }) {
  const answer = useSilences(ALERTS_INTERVAL);
  const fixed = Object.entries(rule.labels ?? {}).filter(([, value]) => !value.includes('{{'));
  const own = { ...Object.fromEntries(fixed), alertname: rule.name };
  const fitting = (answer.data ?? []).filter(
    (silence) =>
      silence.status.state !== 'expired' &&
      [own, ...(rule.alerts ?? []).map((alert) => alert.labels)].some((labels) => matchesAll(labels, silence.matchers)),
  );
  return (
    <Panel title={`Silences ${String(fitting.length)}`}>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : fitting.length === 0 ? (
        <p className="sg-nothing sg-dim">No silence fits its alerts.</p>
      ) : (
        fitting.map((silence) => <SilenceRow key={silence.id} silence={silence} />)
      )}
    </Panel>
  );
}
