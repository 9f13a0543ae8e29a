import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTrace } from '../../api/tempo';
import { formatNanos } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading } from '../../shell/states';
import { Dot } from '../traces/TraceTable';
import { compareTraces } from './compare';
import { buildTrace, type Trace } from './tree';

const MOST = 200;

/** This trace beside another one: where the time is different. */
export function Compare({ trace, otherId, close }: { trace: Trace; otherId: string; close: () => void }) {
  const answer = useTrace(otherId);
  const other = useMemo(() => (answer.data === undefined ? undefined : buildTrace(answer.data)), [answer.data]);
  const rows = useMemo(() => (other === undefined ? [] : compareTraces(trace, other)), [trace, other]);
  const most = Math.max(1, ...rows.slice(0, MOST).flatMap((row) => row.self));
  return (
    <section className="sg-panel sg-grow" style={{ display: 'flex', flexDirection: 'column' }} data-testid="compare">
      <header className="sg-panel-head">
        <h2>Beside another trace</h2>
        <span className="sg-dim sg-grow">
          <Link
            className="sg-mono"
            to="/trace/$id"
            params={{ id: otherId }}
            search={(old: AppSearch) => keptSearch(old)}
          >
            {otherId}
          </Link>
          {other !== undefined &&
            other.spans.length > 0 &&
            `: ${formatNanos(other.duration)}, ${String(other.spans.length)} spans; this one ${formatNanos(trace.duration)}, ${String(trace.spans.length)} spans`}
        </span>
        <span className="sg-dim sg-key">
          <i className="sg-in" /> this <i className="sg-out" /> other
        </span>
        <Button size="compact-xs" variant="default" onClick={close}>
          End comparison
        </Button>
      </header>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : other === undefined ? (
        <Loading what="the other trace" />
      ) : other.spans.length === 0 ? (
        <Empty title="No span of the other trace is stored">{otherId}</Empty>
      ) : (
        <div className="sg-grow" style={{ overflow: 'auto' }}>
          <table className="sg-table">
            <thead>
              <tr>
                <th>Span</th>
                <th style={{ width: '30%' }}>Own time</th>
                <th className="sg-num">This</th>
                <th className="sg-num">Other</th>
                <th className="sg-num">Difference</th>
                <th className="sg-num">Spans</th>
                <th className="sg-num">Errors</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, MOST).map((row) => {
                const more = row.self[0] - row.self[1];
                return (
                  <tr key={`${row.service}\n${row.name}`} data-testid="compare-row">
                    <td>
                      <Dot name={row.service} /> {row.name} <span className="sg-dim">{row.service}</span>
                    </td>
                    <td>
                      <span className="sg-share-bars">
                        <i className="sg-in" style={{ width: `${String((row.self[0] / most) * 100)}%` }} />
                        <i className="sg-out" style={{ width: `${String((row.self[1] / most) * 100)}%` }} />
                      </span>
                    </td>
                    <td className="sg-num">{row.spans[0] === 0 ? '–' : formatNanos(row.self[0])}</td>
                    <td className="sg-num">{row.spans[1] === 0 ? '–' : formatNanos(row.self[1])}</td>
                    <td className="sg-num">{`${more > 0 ? '+' : more < 0 ? '−' : ''}${formatNanos(Math.abs(more))}`}</td>
                    <td className="sg-num">{row.spans.join(' / ')}</td>
                    <td className={row.errors[0] + row.errors[1] > 0 ? 'sg-num sg-bad' : 'sg-num sg-dim'}>
                      {row.errors.join(' / ')}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
