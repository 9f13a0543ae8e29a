import { Link } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState } from 'react';
import type { TraceSummary } from '../../api/tempo';
import { formatNanos, formatTime } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';
import { nameColor } from '../../theme/theme';

export function traceErrors(trace: TraceSummary): number {
  return Object.values(trace.serviceStats ?? {}).reduce((sum, stats) => sum + (stats.errorCount ?? 0), 0);
}

function traceSpans(trace: TraceSummary): number {
  return Object.values(trace.serviceStats ?? {}).reduce((sum, stats) => sum + (stats.spanCount ?? 0), 0);
}

export function TraceTable({ traces }: { traces: readonly TraceSummary[] }) {
  const longest = Math.max(1, ...traces.map((trace) => trace.durationMs ?? 0));
  const box = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const place = () => {
      setMargin((box.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(document.body);
    return () => {
      observer.disconnect();
    };
  }, []);
  const rows = useWindowVirtualizer({
    count: traces.length,
    estimateSize: () => 33,
    overscan: 20,
    scrollMargin: margin,
  });
  const shown = rows.getVirtualItems();
  const before = (shown[0]?.start ?? margin) - margin;
  const after = rows.getTotalSize() - ((shown.at(-1)?.end ?? margin) - margin);
  return (
    <div ref={box} style={{ overflowX: 'auto' }}>
      <table className="sg-table sg-traces">
        <thead>
          <tr>
            <th>Start</th>
            <th>Root span</th>
            <th>Services</th>
            <th className="sg-num">Spans</th>
            <th className="sg-num">Errors</th>
            <th className="sg-num">Duration</th>
            <th style={{ width: 140 }} aria-label="Duration as a bar" />
            <th>Trace ID</th>
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {shown.map((row) => {
            const trace = traces[row.index];
            if (trace === undefined) return null;
            const errors = traceErrors(trace);
            return (
              <tr key={trace.traceID} ref={rows.measureElement} data-index={row.index} data-testid="trace-row">
                <td className="sg-nowrap">{formatTime(Number(trace.startTimeUnixNano ?? 0) / 1e6)}</td>
                <td>
                  <Link
                    className="sg-link"
                    to="/trace/$id"
                    params={{ id: trace.traceID }}
                    search={(old: AppSearch) => keptSearch(old)}
                  >
                    <Dot name={trace.rootServiceName ?? ''} />
                    {trace.rootServiceName ?? 'root not received'}
                    <b>{trace.rootTraceName ?? ''}</b>
                  </Link>
                </td>
                <td className="sg-dim">{Object.keys(trace.serviceStats ?? {}).length || '–'}</td>
                <td className="sg-num">{traceSpans(trace) || '–'}</td>
                <td className={errors > 0 ? 'sg-num sg-bad' : 'sg-num sg-dim'}>{errors > 0 ? errors : '–'}</td>
                <td className="sg-num">{trace.durationMs ? formatNanos(trace.durationMs * 1e6) : '< 1 ms'}</td>
                <td>
                  <div className="sg-bar">
                    <i style={{ width: `${String(((trace.durationMs ?? 0) / longest) * 100)}%` }} />
                  </div>
                </td>
                <td className="sg-mono sg-dim">{trace.traceID.slice(0, 16)}</td>
              </tr>
            );
          })}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </div>
  );
}

export function Dot({ name }: { name: string }) {
  return <i className="sg-dot" style={{ background: nameColor(name) }} />;
}
