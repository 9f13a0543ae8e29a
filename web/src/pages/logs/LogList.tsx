import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { LogLine } from '../../api/loki';
import { formatTime } from '../../lib/format';
import { LevelMark } from './LevelMark';
import { lineKey, prettyJson } from './line';
import { LogDetails } from './LogDetails';

export type Filter = (name: string, value: string, include: boolean) => void;

interface Props {
  lines: readonly LogLine[];
  filter?: Filter;
  /** Asked for older lines when the end of the list comes near. */
  more?: () => void;
  /** Whole lines instead of their beginning. */
  wrap?: boolean;
  /** JSON with one key a line. */
  pretty?: boolean;
  /** The key of the line a link is about: it is scrolled to, opened and marked. */
  marked?: string | undefined;
  share?: (line: LogLine) => void;
  context?: (line: LogLine) => void;
  /** Told when the reader scrolls away from the newest line or opens one, and when he is back. */
  reading?: (isReading: boolean) => void;
  /** Told when a mouse comes over the lines, and when it leaves. */
  pointed?: (isPointed: boolean) => void;
  /** Another number leads back to the newest line. */
  top?: number;
}

const TOP_PIXELS = 40;

export function LogList(props: Props) {
  const { lines, filter, more, wrap = false, pretty = false, marked, share, context, reading, pointed, top } = props;
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

  const markedNanos = marked?.split('-')[0];
  const markedAt = useMemo(
    () =>
      marked === undefined ? -1 : lines.findIndex((line) => line.nanos === markedNanos && lineKey(line) === marked),
    [lines, marked, markedNanos],
  );
  const markedId = lines[markedAt]?.id;
  const [shownMark, setShownMark] = useState<string>();
  if (markedId !== undefined && marked !== shownMark) {
    setShownMark(marked);
    setOpen(new Set([...open, markedId]));
  }
  const reached = useRef<string>(undefined);
  useEffect(() => {
    if (markedAt < 0 || reached.current === marked) return;
    reached.current = marked;
    rows.scrollToIndex(markedAt, { align: 'center' });
  }, [markedAt, marked, rows]);

  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  // From a line the arrows go to the next one; Enter opens it.
  const step = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const from = event.target instanceof HTMLElement && event.target.closest<HTMLElement>('.sg-log-line');
    if (by === 0 || !from) return;
    const next = Number(from.closest<HTMLElement>('[data-index]')?.dataset.index) + by;
    if (!(next >= 0 && next < lines.length)) return;
    event.preventDefault();
    rows.scrollToIndex(next, { align: 'auto' });
    requestAnimationFrame(() => {
      const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${String(next)}"] .sg-log-line`);
      row?.focus({ preventScroll: true });
    });
  };
  const [away, setAway] = useState(false);
  const isReading = away || open.size > 0;
  useEffect(() => {
    reading?.(isReading);
  }, [isReading, reading]);
  const [shownTop, setShownTop] = useState(top);
  if (shownTop !== top) {
    setShownTop(top);
    setOpen(new Set());
  }
  useEffect(() => {
    if (top !== undefined && top > 0) scroller.current?.scrollTo({ top: 0 });
  }, [top]);
  return (
    <div
      ref={scroller}
      className="sg-grow"
      style={{ overflow: 'auto' }}
      tabIndex={0}
      role="region"
      aria-label="Lines of the log"
      data-testid="log-list"
      onKeyDown={step}
      onScroll={(event) => {
        setAway(event.currentTarget.scrollTop > TOP_PIXELS);
      }}
      onPointerEnter={(event) => {
        if (event.pointerType === 'mouse') pointed?.(true);
      }}
      onPointerLeave={() => {
        pointed?.(false);
      }}
    >
      <div style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {rows.getVirtualItems().map((row) => {
          const line = lines[row.index];
          if (line === undefined) return null;
          const isOpen = open.has(line.id);
          const json = pretty || isOpen ? prettyJson(line.text) : undefined;
          return (
            <div
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              className={row.index === markedAt ? 'sg-log sg-log-marked' : 'sg-log'}
              style={{ transform: `translateY(${String(row.start)}px)` }}
            >
              <button
                type="button"
                data-testid="log-row"
                className="sg-log-line"
                aria-expanded={isOpen}
                aria-current={row.index === markedAt ? 'true' : undefined}
                onClick={() => {
                  toggle(line.id);
                }}
              >
                <LevelMark line={line} />
                <time>{formatTime(line.time)}</time>
                <span className="sg-log-service">{line.labels['service_name'] ?? ''}</span>
                <span className={isOpen || wrap || json !== undefined ? 'sg-wrap' : 'sg-cut'} style={{ flex: 1 }}>
                  {json ?? line.text}
                </span>
              </button>
              {isOpen && (
                <LogDetails
                  line={line}
                  {...(filter ? { filter } : {})}
                  {...(share ? { share } : {})}
                  {...(context ? { context } : {})}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
