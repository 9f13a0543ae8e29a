import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { LogLine } from '../../api/loki';
import { formatTime } from '../../lib/format';
import { LogDetails } from './LogDetails';
import { levelOf } from './query';

export type Filter = (name: string, value: string, include: boolean) => void;

interface Props {
  lines: readonly LogLine[];
  filter?: Filter;
  /** Asked for older lines when the end of the list comes near. */
  more?: () => void;
}

export function LogList({ lines, filter, more }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 24,
    getItemKey: (index) => lines[index]?.id ?? index,
    overscan: 20,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  const nearEnd = lines.length > 0 && last >= lines.length - 100;
  useEffect(() => {
    if (nearEnd) more?.();
  }, [nearEnd, more]);
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  return (
    <div ref={scroller} className="sg-grow" style={{ overflow: 'auto' }}>
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const line = lines[row.index];
          if (line === undefined) return null;
          const level = levelOf(line.labels['detected_level'] ?? line.labels['severity_text'] ?? line.labels['level']);
          return (
            <div
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              className="sg-log"
              style={{ transform: `translateY(${String(row.start)}px)` }}
            >
              <button
                type="button"
                data-testid="log-row"
                className="sg-log-line"
                aria-expanded={open.has(line.id)}
                onClick={() => {
                  toggle(line.id);
                }}
              >
                <b className={`sg-level sg-level-${level}`} title={level}>
                  {level === 'unknown' ? '·' : level[0]?.toUpperCase()}
                </b>
                <time>{formatTime(line.time)}</time>
                <span className="sg-log-service">{line.labels['service_name'] ?? ''}</span>
                <span className={open.has(line.id) ? 'sg-wrap' : 'sg-cut'} style={{ flex: 1 }}>
                  {line.text}
                </span>
              </button>
              {open.has(line.id) && <LogDetails line={line} {...(filter ? { filter } : {})} />}
            </div>
          );
        })}
      </div>
    </div>
  );
}
