import { Anchor, Button } from '@mantine/core';
import { useState } from 'react';
import { calendarPath, useRemoveOverride, useShifts, type Override, type Rotation, type Shift } from '../../api/people';
import { formatSeconds } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { useNarrow } from '../../shell/useNarrow';
import { useTime } from '../../time/TimeContext';
import { OverrideForm } from './OverrideForm';
import { momentText, startOfDay } from './shifts';
import { Strip } from './Strip';

const DAY = 86_400_000;
const SHIFTS_INTERVAL = 60_000;

/** One rotation: who is called now and next, the coming shifts, who stands in. */
export function RotationPanel({ rotation }: { rotation: Rotation }) {
  const { now } = useTime();
  const days = useNarrow() ? 5 : 14;
  const from = startOfDay(now);
  const to = from + days * DAY;
  const answer = useShifts(rotation.name, from, to, SHIFTS_INTERVAL);
  const [asked, setAsked] = useState<{ from: number; to: number } | null>(null);
  return (
    <Panel
      title={rotation.name}
      aside={
        <span className="sg-also">
          <span className="sg-dim">{rotation.timeZone}</span>
          <Anchor size="xs" href={calendarPath(rotation.name)} data-testid="calendar">
            Calendar (.ics)
          </Anchor>
        </span>
      }
    >
      <div className="sg-oncall" data-testid="rotation">
        <Who title="Now" shift={rotation.now} text={(shift) => until(shift, now)} />
        <Who title="Next" shift={rotation.next} text={(shift) => `from ${momentText(Date.parse(shift.from), now)}`} />
        <span className="sg-grow" />
        <Button
          size="xs"
          variant="default"
          leftSection={<Icon name="plus" size={13} />}
          data-testid="override"
          aria-expanded={asked !== null}
          onClick={() => {
            setAsked((open) => (open === null ? { from: Date.now(), to: shiftEnd(rotation.now) } : null));
          }}
        >
          Override
        </Button>
      </div>
      {asked !== null && (
        <OverrideForm
          key={`${String(asked.from)} ${String(asked.to)}`}
          rotation={rotation}
          from={asked.from}
          shiftEnd={Number.isNaN(asked.to) ? null : asked.to}
          done={() => {
            setAsked(null);
          }}
        />
      )}
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the shifts" />
      ) : (
        <>
          <Strip
            shifts={answer.data.shifts}
            from={from}
            to={to}
            now={now}
            onPick={(shift) => {
              setAsked({ from: Math.max(Date.now(), Date.parse(shift.from)), to: Date.parse(shift.to) });
            }}
          />
          {answer.data.overrides.map((item) => (
            <OverrideRow key={item.id} item={item} now={now} />
          ))}
        </>
      )}
    </Panel>
  );
}

function shiftEnd(shift: Shift | null): number {
  return shift === null ? NaN : Date.parse(shift.to);
}

function until(shift: Shift, now: number): string {
  const end = Date.parse(shift.to);
  return `until ${momentText(end, now)}, ${formatSeconds((end - now) / 1000)}`;
}

function Who({ title, shift, text }: { title: string; shift: Shift | null; text: (shift: Shift) => string }) {
  return (
    <div>
      <div className="sg-dim">{title}</div>
      <div className="sg-big">{shift === null ? <span className="sg-bad">▲ nobody</span> : shift.person}</div>
      {shift !== null && (
        <div className="sg-dim">
          {text(shift)}
          {shift.override !== '' && ' · stands in'}
        </div>
      )}
    </div>
  );
}

function OverrideRow({ item, now }: { item: Override; now: number }) {
  const remove = useRemoveOverride();
  return (
    <div className="sg-override" data-testid="override-row">
      <span>
        <b>{item.person}</b> stands in from {momentText(Date.parse(item.from), now)} until{' '}
        {momentText(Date.parse(item.to), now)}
        <span className="sg-dim">
          {' '}
          · by {item.createdBy}
          {item.comment !== '' && `: ${item.comment}`}
        </span>
      </span>
      <Button
        size="compact-xs"
        variant="default"
        data-testid="remove-override"
        loading={remove.isPending}
        onClick={() => {
          remove.mutate({ rotation: item.rotation, id: item.id });
        }}
      >
        Take back
      </Button>
      {remove.error !== null && <ErrorNote error={remove.error} />}
    </div>
  );
}
