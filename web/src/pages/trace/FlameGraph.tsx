import { Button } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { formatNanos } from '../../lib/format';
import { nameColor } from '../../theme/theme';
import { flameRows } from './flame';
import type { Trace, TraceSpan } from './tree';

const ROW = 22;

interface Props {
  trace: Trace;
  matches: (span: TraceSpan) => boolean;
  selected: string | undefined;
  select: (id: string) => void;
}

/** Where the time goes: equal spans below the same path are one box, as wide as the sum of their durations. */
export function FlameGraph({ trace, matches, selected, select }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState<TraceSpan>();
  const rows = useMemo(() => flameRows(top === undefined ? trace.roots : [top]), [trace, top]);
  const lines = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  });
  return (
    <section className="sg-panel sg-waterfall" aria-label="Flame graph">
      <div className="sg-span sg-span-head sg-flame-head">
        <span className="sg-dim sg-grow sg-cut">
          {top === undefined ? 'Equal spans of one path together; double click to see one alone' : top.name}
        </span>
        {top !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              setTop(undefined);
            }}
          >
            Whole trace
          </Button>
        )}
      </div>
      <div ref={scroller} className="sg-grow sg-flame">
        <div style={{ height: lines.getTotalSize(), position: 'relative' }}>
          {lines.getVirtualItems().map((line) =>
            rows[line.index]?.map((box) => {
              const tells = `${box.name}, ${box.service}: ${formatNanos(box.total)} in ${String(box.count)} ${box.count === 1 ? 'span' : 'spans'}, ${formatNanos(box.self)} of its own${box.errors > 0 ? `, ${String(box.errors)} with errors` : ''}`;
              return (
                <button
                  key={`${String(box.left)} ${box.first.id}`}
                  type="button"
                  data-testid="flame-box"
                  className={box.errors > 0 ? 'sg-flame-box sg-flame-error' : 'sg-flame-box'}
                  aria-pressed={box.first.id === selected}
                  aria-label={tells}
                  title={tells}
                  style={{
                    top: line.start,
                    left: `${String(box.left * 100)}%`,
                    width: `${String(box.width * 100)}%`,
                    borderLeftColor: nameColor(box.service),
                    opacity: matches(box.first) ? 1 : 0.35,
                  }}
                  onClick={() => {
                    select(box.first.id);
                  }}
                  onDoubleClick={() => {
                    setTop(box.first);
                  }}
                >
                  {box.width > 0.03 && (
                    <>
                      {box.name}
                      {box.count > 1 && <span className="sg-dim"> ×{box.count}</span>}{' '}
                      <span className="sg-dim">{formatNanos(box.total)}</span>
                    </>
                  )}
                </button>
              );
            }),
          )}
        </div>
      </div>
    </section>
  );
}
