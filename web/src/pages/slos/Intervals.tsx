import { Link } from '@tanstack/react-router';
import type { SlaInterval, SlaReport } from '../../api/sla';
import { groupBy } from '../../lib/group';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Panel } from '../../shell/states';
import { encodeRange } from '../../time/range';
import { percentText } from '../services/red';
import { KIND_NAMES, minutesText } from './agreements';

const SHOWN = 50;
/** Minutes before and after an incident that are shown with it. */
const ROOM = 15;

/** When it was missed, when nothing is known, what did not count. */
export function Intervals({ report }: { report: SlaReport }) {
  return (
    <>
      <Panel title={`Incidents ${report.incidents.length.toLocaleString('en')}`}>
        {report.incidents.length === 0 ? (
          <p className="sg-nothing sg-dim">Nothing was missed.</p>
        ) : (
          <Incidents list={report.incidents} service={report.service} />
        )}
      </Panel>
      {report.gaps.length > 0 && (
        <Panel
          title="Times nothing is known of"
          aside={<span className="sg-dim">they count neither as good nor as missed</span>}
        >
          <Gaps list={report.gaps} />
        </Panel>
      )}
      {report.maintenance.length > 0 && (
        <Panel title={`Maintenance ${String(report.maintenance.length)}`}>
          <table className="sg-table">
            <tbody>
              {report.maintenance.slice(0, SHOWN).map((window) => (
                <tr key={window.start + window.reason}>
                  <td className="sg-nowrap">{formatTimeShort(Date.parse(window.start))}</td>
                  <td className="sg-nowrap">for {minutesText(window.minutes)}</td>
                  <td>{window.reason}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
    </>
  );
}

function Incidents({ list, service }: { list: readonly SlaInterval[]; service: string }) {
  return (
    <>
      <table className="sg-table sg-rows">
        <thead>
          <tr>
            <th>Began</th>
            <th>Target</th>
            <th className="sg-num">Lasted</th>
            <th className="sg-num">At its worst</th>
            <th>Look at</th>
          </tr>
        </thead>
        <tbody>
          {list.slice(0, SHOWN).map((item) => (
            <tr key={item.kind + item.start} data-testid="incident-row">
              <td data-label="Began" className="sg-nowrap">
                {formatTimeShort(Date.parse(item.start))}
              </td>
              <td data-label="Target">{KIND_NAMES[item.kind]}</td>
              <td data-label="Lasted" className="sg-num">
                {minutesText(item.minutes)}
                {item.ongoing && <span className="sg-bad"> ▲ goes on</span>}
              </td>
              <td data-label="Worst" className="sg-num">
                {worstText(item)}
              </td>
              <td data-label="Look at">
                <Link to="/services" search={(old: AppSearch) => ({ ...keptSearch(old), ...aroundOf(item), service })}>
                  the service then
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <More count={list.length - SHOWN} />
    </>
  );
}

/** Targets that read the same series have the same gaps: those are one line. */
function Gaps({ list }: { list: readonly SlaInterval[] }) {
  const groups = [...groupBy(list, (item) => `${item.start} ${item.end}`)];
  return (
    <>
      <table className="sg-table">
        <tbody>
          {groups.slice(0, SHOWN).map(([key, items]) => (
            <tr key={key} data-testid="gap-row">
              <td className="sg-nowrap">{formatTimeShort(Date.parse(items[0]?.start ?? ''))}</td>
              <td className="sg-nowrap">for {minutesText(items[0]?.minutes ?? 0)}</td>
              <td>{items.map((item) => KIND_NAMES[item.kind].toLowerCase()).join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <More count={groups.length - SHOWN} />
    </>
  );
}

function More({ count }: { count: number }) {
  if (count <= 0) return null;
  return <p className="sg-nothing sg-dim">and {count} more, all of them in the printable report</p>;
}

function worstText({ kind, worst }: SlaInterval): string {
  if (worst === null) return '–';
  return kind === 'throughput' ? `${formatNumber(worst)}/s` : `${percentText(worst)} bad`;
}

function aroundOf({ start, end }: SlaInterval) {
  return encodeRange({ from: Date.parse(start) / 1000 - ROOM * 60, to: Date.parse(end) / 1000 + ROOM * 60 });
}
