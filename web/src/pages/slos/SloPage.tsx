import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRoutedAlerts } from '../../api/alertmanager';
import { useRules } from '../../api/prometheus';
import { SLO_INTERVAL, useSlo, type SloDetails } from '../../api/slo';
import { formatSeconds, formatTimeShort } from '../../lib/format';
import { LabelTags, State } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { activeAlerts, ALERTS_INTERVAL } from '../alerts/active';
import { AlertRow } from '../alerts/AlertRow';
import { BudgetBar } from './BudgetBar';
import { BudgetChart } from './BudgetChart';
import { budgetText, goneText, objectiveText, sliText, stateText } from './budget';
import { Burns } from './Burns';
import { ErrorsChart } from './ErrorsChart';
import { WhatAteIt } from './WhatAteIt';

/** One objective: what is left, how long it lasts, what used it up. */
export function SloPage() {
  const { search } = useUrl();
  const { interval } = useTime();
  const name = search.name ?? '';
  const answer = useSlo(name, interval || SLO_INTERVAL);
  return (
    <div className="sg-page">
      <nav className="sg-dim" aria-label="Where this is">
        <Link to="/slos" search={(old: AppSearch) => keptSearch(old)}>
          Objectives
        </Link>{' '}
        / {answer.data?.service ?? name}
      </nav>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the objective" />
      ) : (
        <OneSlo key={name} slo={answer.data} />
      )}
    </div>
  );
}

function OneSlo({ slo }: { slo: SloDetails }) {
  return (
    <>
      <header className="sg-rule-head">
        <h1 className="sg-title sg-wrap">{slo.displayName || slo.name}</h1>
        <State state={stateText(slo.state)} />
        <span className="sg-dim">
          {objectiveText(slo.objective)} of{' '}
          <Link to="/services" search={(old: AppSearch) => ({ ...keptSearch(old), service: slo.service })}>
            {slo.service}
          </Link>{' '}
          in {slo.window.name}
        </span>
      </header>
      {slo.description !== '' && <p className="sg-hidden-count sg-wrap">{slo.description}</p>}
      {slo.error !== undefined && <ErrorNote error={slo.error} />}
      {slo.state === 'no_data' && (
        <p className="sg-refused">Nothing was measured lately: without traffic the budget stays whole.</p>
      )}
      <Facts slo={slo} />
      <SloAlerts name={slo.name} />
      <div className="sg-two sg-halves">
        <BudgetChart slo={slo} />
        <ErrorsChart slo={slo} />
      </div>
      <WhatAteIt slo={slo} />
      <div className="sg-two sg-halves">
        <Burns burns={slo.burnRates ?? []} />
        <Definition slo={slo} />
      </div>
    </>
  );
}

function Facts({ slo }: { slo: SloDetails }) {
  const { now } = useTime();
  if (slo.budgetRemaining === undefined || slo.sli === undefined) return null;
  const used = slo.budgetRemaining <= 0;
  return (
    <section className="sg-panel sg-figures" data-testid="slo-facts">
      <Figure name="Budget left">
        <span className={used ? 'sg-bad' : undefined}>{budgetText(slo.budgetRemaining)}</span>
        <BudgetBar remaining={slo.budgetRemaining} />
      </Figure>
      <Figure name="Gone" note={slo.exhaustedAt && !used ? formatTimeShort(Date.parse(slo.exhaustedAt)) : undefined}>
        {goneText(slo, now)}
      </Figure>
      <Figure name={`Good in ${slo.window.name}`} note={`wanted ${objectiveText(slo.objective)}`}>
        {slo.state === 'no_data' ? '–' : sliText(slo.sli, slo.objective)}
      </Figure>
      <Figure name="Good now" note={slo.burnRates?.[0] && `in ${formatSeconds(slo.burnRates[0].shortSeconds)}`}>
        {slo.sliNow == null ? '–' : sliText(slo.sliNow, slo.objective)}
      </Figure>
      <Figure name="Window" note={slo.window.end && `ends ${formatTimeShort(Date.parse(slo.window.end))}`}>
        {slo.window.calendar ? `this ${slo.window.name}` : slo.window.name}
      </Figure>
    </section>
  );
}

function Figure({ name, note, children }: { name: string; note?: string | undefined; children: ReactNode }) {
  return (
    <div>
      <div className="sg-dim">{name}</div>
      <div className="sg-big">{children}</div>
      {note && <div className="sg-dim">{note}</div>}
    </div>
  );
}

/** What its burning has set off. */
function SloAlerts({ name }: { name: string }) {
  const { interval } = useTime();
  const refresh = interval || ALERTS_INTERVAL;
  const rules = useRules(refresh).data;
  const routed = useRoutedAlerts(refresh).data;
  const alerts = activeAlerts(rules ?? [], routed).filter((alert) => alert.labels.slo === name);
  if (alerts.length === 0) return null;
  return (
    <Panel title={`Alerts ${String(alerts.length)}`}>
      {alerts.map((alert) => (
        <AlertRow key={alert.rule + JSON.stringify(alert.labels)} alert={alert} named />
      ))}
    </Panel>
  );
}

function Definition({ slo }: { slo: SloDetails }) {
  return (
    <Panel
      title="Definition"
      aside={
        <Link
          className="sg-dim"
          to="/alerts"
          search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'rules', find: `slo-${slo.name}` })}
        >
          Its rules
        </Link>
      }
    >
      <div className="sg-rule-text">
        <dl className="sg-pairs">
          <dt>Name</dt>
          <dd className="sg-wrap">{slo.name}</dd>
          <dt>File</dt>
          <dd className="sg-wrap">
            {slo.file}, line {slo.line}
          </dd>
          {Object.keys(slo.labels).length > 0 && (
            <>
              <dt>Labels</dt>
              <dd>
                <LabelTags labels={slo.labels} />
              </dd>
            </>
          )}
        </dl>
      </div>
    </Panel>
  );
}
