import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Sparkline } from '../../charts/Sparkline';
import { formatNumber } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Dot } from '../traces/TraceTable';
import { changeText, percentText, rateText, secondsText } from './red';
import type { Measure, RedRow } from './useRed';

export interface ServiceRow {
  name: string;
  red: RedRow;
  errorLines: number;
  alerts: number;
}

/** What needs somebody stands first, then what has the most traffic. */
export function byNeed(a: ServiceRow, b: ServiceRow): number {
  return (
    b.alerts - a.alerts ||
    (b.red.errors.mean ?? 0) - (a.red.errors.mean ?? 0) ||
    (b.red.rate.mean ?? -1) - (a.red.rate.mean ?? -1) ||
    a.name.localeCompare(b.name)
  );
}

export function ServiceTable({ rows }: { rows: readonly ServiceRow[] }) {
  return (
    <table className="sg-table sg-rows sg-services">
      <thead>
        <tr>
          <th>Service</th>
          <th className="sg-num">Requests</th>
          <th className="sg-num">Errors</th>
          <th className="sg-num">95th percentile</th>
          <th className="sg-num">Error lines</th>
          <th className="sg-num">Firing</th>
          <th>Open</th>
        </tr>
      </thead>
      <tbody>
        {[...rows].sort(byNeed).map(({ name, red, errorLines, alerts }) => (
          <tr key={name} data-testid="service-row">
            <td data-label="Service" style={{ fontWeight: 500 }}>
              <ToService to="/services" name={name}>
                <Dot name={name} /> {name}
              </ToService>
            </td>
            <RedCells red={red} name={name} />
            <td data-label="Error lines" className="sg-num">
              {errorLines > 0 ? formatNumber(errorLines) : <span className="sg-dim">–</span>}
            </td>
            <td data-label="Firing" className="sg-num">
              {alerts > 0 ? (
                <ToService to="/alerts" name={name}>
                  <span className="sg-bad">▲ {alerts}</span>
                </ToService>
              ) : (
                <span className="sg-dim">–</span>
              )}
            </td>
            <td data-label="Open" className="sg-nowrap">
              <ToService to="/logs" name={name}>
                Logs
              </ToService>{' '}
              <ToService to="/traces" name={name}>
                Traces
              </ToService>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The three cells of a service or an endpoint. */
export function RedCells({ red, name }: { red: RedRow; name: string }) {
  const has = red.rate.mean !== null;
  // No failed request is no series: that is none, not unknown.
  const errors = has && red.errors.mean === null ? { ...red.errors, mean: 0 } : red.errors;
  return (
    <>
      <Cell label="Requests" measure={red.rate} format={rateText} name={name} />
      <Cell label="Errors" measure={errors} format={percentText} name={name} bad={(errors.mean ?? 0) > 0.01} />
      <Cell label="p95" measure={red.p95} format={secondsText} name={name} />
    </>
  );
}

interface CellProps {
  label: string;
  measure: Measure;
  format: (value: number) => string;
  name: string;
  bad?: boolean;
}

function Cell({ label, measure: { values, mean, before }, format, name, bad = false }: CellProps) {
  const change = changeText(mean, before);
  return (
    <td data-label={label} className="sg-num">
      <span className="sg-red">
        {mean !== null && <Sparkline values={values} label={`${label} of ${name}`} width={96} height={26} />}
        <span className="sg-red-value">
          {mean === null ? (
            <span className="sg-dim">–</span>
          ) : (
            <span className={bad ? 'sg-bad' : undefined}>
              {bad && '▲ '}
              {format(mean)}
            </span>
          )}
          {change !== undefined && before !== null && (
            <span className="sg-dim sg-block" title={`it was ${format(before)}`}>
              {change}
            </span>
          )}
        </span>
      </span>
    </td>
  );
}

type Page = '/services' | '/alerts' | '/logs' | '/traces';

/** A page narrowed to a service, as by the filter of the header. */
export function ToService({ to, name, children }: { to: Page; name: string; children: ReactNode }) {
  return (
    <Link to={to} search={(old: AppSearch) => ({ ...keptSearch(old), service: name })}>
      {children}
    </Link>
  );
}
