import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatNanos } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { nameColor } from '../../theme/theme';
import type { Trace, TraceSpan } from './tree';
import { parentsOf, visibleSpans } from './visible';

interface Props {
  trace: Trace;
  critical: boolean;
  /** The spans that were searched for; undefined when nothing is. */
  hits: ReadonlySet<TraceSpan> | undefined;
  selected: string | undefined;
  select: (id: string) => void;
}

const TICKS = [0, 0.25, 0.5, 0.75, 1];

export function Waterfall({ trace, critical, hits, selected, select }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set());
  const spans = useMemo(() => {
    if (hits === undefined || collapsed.size === 0) return visibleSpans(trace.spans, collapsed);
    // What is found is shown, collapsed or not.
    const above = parentsOf(trace.spans, hits);
    return visibleSpans(trace.spans, new Set([...collapsed].filter((id) => !above.has(id))));
  }, [trace, collapsed, hits]);
  const rows = useVirtualizer({
    count: spans.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 26,
    overscan: 20,
  });
  const start = spans.findIndex((span) => span.id === selected);
  const firstHit = hits === undefined ? -1 : spans.findIndex((span) => hits.has(span));
  const isHit = hits === undefined || (spans[start] !== undefined && hits.has(spans[start]));
  const shownAt = isHit ? start : firstHit;
  useEffect(() => {
    if (shownAt >= 0) rows.scrollToIndex(shownAt, { align: 'auto' });
  }, [shownAt, rows]);

  const setOpen = (span: TraceSpan, open: boolean) => {
    const next = new Set(collapsed);
    if (open) next.delete(span.id);
    else if (span.children.length > 0) next.add(span.id);
    setCollapsed(next);
  };
  const onKey = (event: KeyboardEvent) => {
    const span = spans[start];
    const next = event.key === 'ArrowDown' ? spans[start + 1] : event.key === 'ArrowUp' ? spans[start - 1] : undefined;
    if (next) select(next.id);
    else if (span && event.key === 'ArrowLeft') setOpen(span, false);
    else if (span && event.key === 'ArrowRight') setOpen(span, true);
    else return;
    event.preventDefault();
  };
  return (
    <section className="sg-panel sg-waterfall" aria-label="Waterfall">
      <div className="sg-span sg-span-head">
        <span className="sg-span-name sg-dim">
          <button
            type="button"
            className="sg-twist"
            aria-label={collapsed.size > 0 ? 'Expand all' : 'Collapse all'}
            title={collapsed.size > 0 ? 'Expand all' : 'Collapse all'}
            onClick={() => {
              setCollapsed(
                new Set(
                  collapsed.size > 0
                    ? []
                    : trace.spans.filter((span) => span.depth > 0 && span.children.length > 0).map((span) => span.id),
                ),
              );
            }}
          >
            <Icon name={collapsed.size > 0 ? 'right' : 'down'} size={11} />
          </button>
          {hits === undefined ? 'Span' : `${String(hits.size)} of ${String(trace.spans.length)} spans match`}
        </span>
        <div className="sg-span-lane">
          {TICKS.map((tick) => (
            <span key={tick} className="sg-tick sg-dim" style={{ left: `${String(tick * 100)}%` }}>
              {formatNanos(trace.duration * tick)}
            </span>
          ))}
        </div>
      </div>
      <div ref={scroller} className="sg-grow" style={{ overflow: 'auto' }} tabIndex={0} role="tree" onKeyDown={onKey}>
        <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
          {rows.getVirtualItems().map((row) => {
            const span = spans[row.index];
            if (span === undefined) return null;
            return (
              <SpanRow
                key={span.id}
                span={span}
                total={trace.duration}
                critical={critical}
                open={!collapsed.has(span.id)}
                dim={hits !== undefined && !hits.has(span)}
                selected={span.id === selected}
                top={row.start}
                select={() => {
                  select(span.id);
                }}
                toggle={() => {
                  setOpen(span, collapsed.has(span.id));
                }}
              />
            );
          })}
        </div>
      </div>
    </section>
  );
}

interface RowProps {
  span: TraceSpan;
  total: number;
  critical: boolean;
  open: boolean;
  dim: boolean;
  selected: boolean;
  top: number;
  select: () => void;
  toggle: () => void;
}

/** Deeper levels are not moved further right: the name has to stay readable. */
const MAX_INDENT = 20;

function SpanRow({ span, total, critical, open, dim, selected, top, select, toggle }: RowProps) {
  const left = total === 0 ? 0 : (span.start / total) * 100;
  const width = total === 0 ? 100 : (span.duration / total) * 100;
  const before = left > 70;
  return (
    <div
      role="treeitem"
      aria-level={span.depth + 1}
      aria-selected={selected}
      aria-expanded={span.children.length === 0 ? undefined : open}
      data-testid="span-row"
      className="sg-span sg-span-row"
      style={{ transform: `translateY(${String(top)}px)`, opacity: dim ? 0.35 : 1 }}
      onClick={select}
    >
      <span className="sg-span-name" style={{ paddingLeft: 8 + Math.min(span.depth, MAX_INDENT) * 12 }}>
        {span.children.length > 0 ? (
          <button
            type="button"
            className="sg-twist"
            aria-label={open ? 'Collapse' : `Expand ${String(span.below)} spans`}
            tabIndex={-1}
            onClick={(event) => {
              event.stopPropagation();
              toggle();
            }}
          >
            <Icon name={open ? 'down' : 'right'} size={11} />
          </button>
        ) : (
          <span className="sg-twist" />
        )}
        <i className="sg-dot" style={{ background: nameColor(span.service) }} />
        {span.error && (
          <span className="sg-bad" title="error">
            !
          </span>
        )}
        <span className="sg-cut" title={`${span.service} ${span.name}`}>
          <b>{span.name}</b> <span className="sg-dim">{span.service}</span>
          {!open && <span className="sg-dim"> +{span.below}</span>}
        </span>
      </span>
      <div className="sg-span-lane">
        <div
          className={span.error ? 'sg-span-bar sg-span-error' : 'sg-span-bar'}
          style={{ left: `${String(left)}%`, width: `${String(width)}%`, background: nameColor(span.service) }}
        >
          {critical && span.critical && <i className="sg-critical" title="on the critical path" />}
        </div>
        <span
          className="sg-span-time sg-dim"
          style={
            before ? { right: `calc(${String(100 - left)}% + 6px)` } : { left: `calc(${String(left + width)}% + 6px)` }
          }
        >
          {formatNanos(span.duration)}
        </span>
      </div>
    </div>
  );
}
