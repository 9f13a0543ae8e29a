import { ActionIcon, Anchor, Button, NativeSelect, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { printablePath, useSlaReport, useSlas, type SlaReport } from '../../api/sla';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { State } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { achievedText, KIND_NAMES, minutesText, missedText, recentPeriods, slaStateText } from './agreements';
import { Days } from './Days';
import { Intervals } from './Intervals';

/** So many periods can be chosen at once; the arrows go further. */
const CHOICES = 13;

/** One agreement over one period: what was promised, what was achieved, when it was missed. */
export function AgreementPage() {
  const { search } = useUrl();
  const name = search.name ?? '';
  const answer = useSlaReport(name, search.period);
  return (
    <div className="sg-page">
      <nav className="sg-dim" aria-label="Where this is">
        <Link to="/slos" search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'agreements' })}>
          Agreements
        </Link>{' '}
        / {answer.data?.service ?? name}
      </nav>
      {answer.error !== null ? (
        <>
          <ErrorNote error={answer.error} />
          {search.period !== undefined && <ToNow />}
        </>
      ) : answer.isPending ? (
        <Loading what="the report" />
      ) : (
        <Report report={answer.data} stale={answer.isPlaceholderData} />
      )}
    </div>
  );
}

function ToNow() {
  const { set } = useUrl();
  return (
    <div>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          set({ period: undefined });
        }}
      >
        The period now
      </Button>
    </div>
  );
}

function Report({ report, stale }: { report: SlaReport; stale: boolean }) {
  const { period } = report;
  return (
    <>
      <header className="sg-rule-head">
        <h1 className="sg-title sg-wrap">{report.displayName || report.name}</h1>
        <State state={slaStateText(report.state)} />
        {report.customer !== '' && <span className="sg-dim">for {report.customer}</span>}
        <span className="sg-grow" />
        <Periods report={report} />
        <Anchor
          size="sm"
          href={printablePath(report.name, period.name)}
          target="_blank"
          rel="noreferrer noopener"
          data-testid="printable"
        >
          Printable report
        </Anchor>
      </header>
      <p className="sg-hidden-count sg-dim">
        {formatTimeShort(Date.parse(period.start))} to{' '}
        {formatTimeShort(Date.parse(period.complete ? period.end : period.until))}
        {period.complete ? '' : `, goes on until ${formatTimeShort(Date.parse(period.end))}`} · days of{' '}
        {period.timeZone}
        {report.description !== '' && ` · ${report.description}`}
      </p>
      <div className="sg-list" aria-busy={stale}>
        <Targets report={report} />
        <Days report={report} />
        <Intervals report={report} />
      </div>
    </>
  );
}

function Periods({ report: { name, period } }: { report: SlaReport }) {
  const { set } = useUrl();
  const newest = useSlas().data?.find((sla) => sla.name === name)?.period.name ?? period.name;
  const names = recentPeriods(period.kind, newest, CHOICES);
  const choices = names.includes(period.name) ? names : [...names, period.name];
  const go = (to: string) => {
    set({ period: to === newest ? undefined : to });
  };
  return (
    <span className="sg-periods" role="group" aria-label="Period">
      <Tooltip label={`Before: ${period.previous}`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="The period before"
          onClick={() => {
            go(period.previous);
          }}
        >
          <Icon name="left" />
        </ActionIcon>
      </Tooltip>
      <NativeSelect
        size="xs"
        aria-label="Period"
        data-testid="period"
        value={period.name}
        data={choices}
        onChange={(event) => {
          go(event.currentTarget.value);
        }}
      />
      <Tooltip label={`After: ${period.next}`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label="The period after"
          disabled={!period.complete}
          onClick={() => {
            go(period.next);
          }}
        >
          <Icon name="right" />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}

function Targets({ report }: { report: SlaReport }) {
  return (
    <Panel title="Promised and achieved">
      <table className="sg-table sg-rows">
        <thead>
          <tr>
            <th>Target</th>
            <th>State</th>
            <th className="sg-num">Achieved</th>
            <th className="sg-num">Missed</th>
            <th className="sg-num">Requests</th>
            <th className="sg-num">Incidents</th>
            <th className="sg-num">Not known</th>
            <th className="sg-num">Maintenance</th>
          </tr>
        </thead>
        <tbody>
          {report.targets.map((target) => (
            <tr key={target.kind} data-testid="target-figures">
              <td data-label="Target">
                <b>{KIND_NAMES[target.kind]}</b>
                <div className="sg-dim">{target.text}</div>
                {target.error && <div className="sg-why">{target.error}</div>}
              </td>
              <td data-label="State">
                <State state={slaStateText(target.state)} />
              </td>
              <td data-label="Achieved" className="sg-num">
                <b className={target.state === 'missed' ? 'sg-bad' : undefined}>
                  {achievedText(target.achieved, target)}
                </b>
                {target.perSecond !== null && (
                  <span className="sg-dim sg-block">{formatNumber(target.perSecond)}/s on average</span>
                )}
              </td>
              <td data-label="Missed" className="sg-num">
                {missedText(target)}
              </td>
              <td data-label="Requests" className="sg-num">
                {target.requests === null ? '–' : formatNumber(Math.round(target.requests))}
              </td>
              <td data-label="Incidents" className="sg-num">
                {target.incidentCount.toLocaleString('en')}
              </td>
              <td data-label="Not known" className="sg-num">
                {minutesText(target.gapMinutes)}
              </td>
              <td data-label="Maintained" className="sg-num">
                {minutesText(target.maintenanceMinutes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
