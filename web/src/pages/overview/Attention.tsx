import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRoutedAlerts } from '../../api/alertmanager';
import { useRefusals } from '../../api/cardinality';
import { useAcknowledgements, type Acknowledgement } from '../../api/people';
import type { RuleGroup, Target } from '../../api/prometheus';
import { useNotifications } from '../../api/sightglass';
import { SLO_INTERVAL, useSlos, type Slo } from '../../api/slo';
import { matchesLabels, matchesRule } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatNumber, formatSeconds } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Breakable, State } from '../../shell/Labels';
import { keptSearch, type AppSearch } from '../../shell/search';
import { ErrorNote, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { activeAlerts, isBackground, isQuiet } from '../alerts/active';
import { RuleLink } from '../alerts/RuleLink';
import { budgetText, burnText, byUrgency, goneText, leadingBurn, needsSomebody, stateText } from '../slos/budget';
import { SloLink } from '../slos/SloLink';
import { REASONS } from '../targets/verdicts';
import { brokenRules, downTargets, failingReceivers, firingRules, isOfBroken, type FiringRule } from './wrong';

interface Props {
  groups: RuleGroup[] | undefined;
  targets: Target[] | undefined;
  error: Error | null;
  refresh: number;
}

/** More than this is on the page of its kind. */
const SHOWN = 8;

/** What is wrong now; one calm line when nothing is. */
export function Attention({ groups, targets, error, refresh }: Props) {
  const filters = useFilters();
  const routed = useRoutedAlerts(refresh).data;
  const notifications = useNotifications(100, refresh).data?.notifications ?? [];
  const taken = useAcknowledgements(refresh).data ?? [];
  const refusals = useRefusals(refresh).data ?? [];
  const slos = (useSlos(SLO_INTERVAL).data ?? [])
    .filter((slo) => needsSomebody(slo) && matchesLabels({ ...slo.labels, service: slo.service }, filters))
    .sort(byUrgency);
  if (error !== null) return <ErrorNote error={error} />;
  if (groups === undefined || targets === undefined) return <section className="sg-panel sg-calm">Looking…</section>;
  const all = activeAlerts(groups, routed);
  const alerts = all.filter((alert) => matchesLabels(alert.labels, filters));
  const quiet = alerts.filter(isQuiet).length;
  const pending = alerts.filter((alert) => alert.state === 'pending').length;
  const down = downTargets(targets).filter((target) => matchesLabels(target.labels, filters));
  const hiddenDown = downTargets(targets).length - down.length;
  const broken = brokenRules(
    groups.map((group) => ({
      ...group,
      rules: group.rules.map((rule) => (matchesRule(rule, filters) ? rule : { ...rule, health: 'ok' })),
    })),
  );
  const firing = alerts.filter(
    (alert) => alert.state === 'firing' && !isQuiet(alert) && !isBackground(alert) && !isOfBroken(alert, broken),
  );
  const rules = firingRules(firing);
  const failing = failingReceivers(notifications);
  const wrong = firing.length + down.length + broken.length + failing.length + refusals.length + slos.length;
  const count = groups.reduce((sum, group) => sum + group.rules.filter((rule) => rule.type === 'alerting').length, 0);
  const also = (
    <span className="sg-dim sg-also">
      {quiet > 0 && <ToAlerts>{quiet} silenced</ToAlerts>}
      {pending > 0 && <ToAlerts>{pending} pending</ToAlerts>}
      <ToAlerts>All alerts</ToAlerts>
    </span>
  );
  return (
    <>
      <Hidden count={all.length - alerts.length} what="alert" />
      <Hidden count={hiddenDown} what="target that is down" />
      {wrong === 0 ? (
        <section className="sg-panel sg-calm" data-testid="all-quiet">
          <span className="sg-state-good">
            <Icon name="check" size={18} />
          </span>
          <b>All quiet</b>
          <span className="sg-dim">
            {count === 0
              ? 'no alert rules yet'
              : `${String(count)} alert ${count === 1 ? 'rule' : 'rules'}, none firing`}{' '}
            · {targets.length} {targets.length === 1 ? 'target' : 'targets'} up
          </span>
          <span className="sg-grow" />
          {also}
        </section>
      ) : (
        <Panel title={<span className="sg-bad">{title(firing.length, rules.length)}</span>} aside={also}>
          {failing.map((item) => (
            <Row
              key={item.receiver}
              state="failing"
              name={<ToAlerts tab="notifications">{item.receiver}</ToAlerts>}
              age={item.since}
            >
              nobody is told by this receiver: {item.error}
            </Row>
          ))}
          {refusals.slice(0, SHOWN).map(({ sender, reason, samples }) => (
            <Row key={`${sender} ${reason}`} state="refused" name={<ToData tab="volume">{sender}</ToData>} age={null}>
              new series are not stored, {REASONS[reason] ?? reason}: {formatNumber(samples)} samples in 15 minutes
            </Row>
          ))}
          {rules.slice(0, SHOWN).map((item) => (
            <FiringRow key={JSON.stringify(item.place ?? item.rule)} item={item} taken={taken} />
          ))}
          {rules.length > SHOWN && (
            <div className="sg-more">
              <ToAlerts>{more(rules.length - SHOWN, 'rule')}</ToAlerts>
            </div>
          )}
          {slos.slice(0, SHOWN).map((slo) => (
            <SloRow key={slo.name} slo={slo} />
          ))}
          {slos.length > SHOWN && (
            <div className="sg-more">
              <Link to="/slos" search={(old: AppSearch) => keptSearch(old)}>
                {more(slos.length - SHOWN, 'objective')}
              </Link>
            </div>
          )}
          {down.slice(0, SHOWN).map((target) => (
            <Row
              key={target.scrapePool + target.scrapeUrl}
              state="down"
              name={<ToData>{target.scrapePool}</ToData>}
              age={null}
            >
              <span className="sg-mono">{target.scrapeUrl}</span> {target.lastError}
            </Row>
          ))}
          {down.length > SHOWN && (
            <div className="sg-more">
              <ToData>{more(down.length - SHOWN, 'target')} down</ToData>
            </div>
          )}
          {broken.slice(0, SHOWN).map(({ place, error: why }) => (
            <Row
              key={JSON.stringify(place)}
              state="broken"
              name={<RuleLink place={place}>{place.name}</RuleLink>}
              age={null}
            >
              the rule cannot be evaluated: {why}
            </Row>
          ))}
        </Panel>
      )}
    </>
  );
}

function more(count: number, what: string): string {
  return `and ${String(count)} more ${what}${count === 1 ? '' : 's'}`;
}

function title(firing: number, rules: number): string {
  if (firing === 0) return 'Not well';
  return firing === rules ? `${String(firing)} firing` : `${String(firing)} alerts firing, ${String(rules)} rules`;
}

interface FiringProps {
  item: FiringRule;
  taken: readonly Acknowledgement[];
}

function FiringRow({ item: { rule, place, alerts }, taken }: FiringProps) {
  const [first] = alerts;
  if (first === undefined) return null;
  const oldest = alerts.map((alert) => alert.activeAt).sort()[0] ?? first.activeAt;
  const value = Number(first.value);
  const severity = first.labels.severity;
  const fingerprints = alerts.map((alert) => alert.fingerprint);
  const hands = new Set(taken.filter((item) => fingerprints.includes(item.fingerprint)).map((item) => item.by));
  return (
    <Row
      state="firing"
      name={
        <>
          {place === null ? (
            rule
          ) : (
            <RuleLink place={place}>
              <Breakable text={rule} />
            </RuleLink>
          )}
          {alerts.length > 1 && <span className="sg-dim"> × {alerts.length}</span>}
        </>
      }
      aside={
        first.value === '' || alerts.length > 1 || first.annotations.summary || Number.isNaN(value)
          ? undefined
          : formatNumber(value)
      }
      age={oldest}
    >
      {severity && <span className="sg-tag">{severity}</span>}{' '}
      {first.annotations.summary ?? first.annotations.description}
      {hands.size > 0 && <span className="sg-state-good"> · {[...hands].join(', ')} has it</span>}
    </Row>
  );
}

/** An objective whose budget goes too fast, or is gone. */
function SloRow({ slo }: { slo: Slo }) {
  const { now } = useTime();
  const burn = leadingBurn(slo.burnRates);
  const left = slo.budgetRemaining ?? 0;
  return (
    <Row
      state={stateText(slo.state)}
      name={<SloLink name={slo.name}>{slo.displayName || slo.name}</SloLink>}
      aside={slo.error !== undefined ? undefined : left <= 0 ? 'budget used up' : `${budgetText(left)} left`}
      age={null}
    >
      {slo.error !== undefined
        ? `the objective cannot be evaluated: ${slo.error}`
        : [
            slo.service,
            burn?.short != null && `burns at ${burnText(burn.short)}`,
            left > 0 && slo.exhaustedAt && `gone ${goneText(slo, now)}`,
          ]
            .filter(Boolean)
            .join(' · ')}
    </Row>
  );
}

interface RowProps {
  state: string;
  name: ReactNode;
  aside?: string | undefined;
  age: string | null;
  children: ReactNode;
}

function Row({ state, name, aside, age, children }: RowProps) {
  const { now } = useTime();
  return (
    <div className="sg-wrong" data-testid="wrong-row">
      <State state={state} />
      <b className="sg-wrong-name">{name}</b>
      <span className="sg-wrong-text sg-lines">{children}</span>
      <span className="sg-num">
        {aside !== undefined && <b>{aside} </b>}
        {age !== null && <span className="sg-dim">for {formatSeconds((now - Date.parse(age)) / 1000)}</span>}
      </span>
    </div>
  );
}

function ToAlerts({ tab, children }: { tab?: string; children: ReactNode }) {
  return (
    <Link to="/alerts" search={(old: AppSearch) => ({ ...keptSearch(old), ...(tab === undefined ? {} : { tab }) })}>
      {children}
    </Link>
  );
}

function ToData({ tab, children }: { tab?: string; children: ReactNode }) {
  return (
    <Link to="/targets" search={(old: AppSearch) => ({ ...keptSearch(old), ...(tab === undefined ? {} : { tab }) })}>
      {children}
    </Link>
  );
}
