import type { Shift } from '../../api/people';
import { nameColor } from '../../theme/theme';
import { blocksOf, daysOf, momentText } from './shifts';

interface Props {
  shifts: readonly Shift[];
  from: number;
  to: number;
  now: number;
  /** Somebody else for this shift. */
  onPick: (shift: Shift) => void;
}

/** The coming shifts on a line of days. */
export function Strip({ shifts, from, to, now, onPick }: Props) {
  const place = (now - from) / (to - from);
  return (
    <div className="sg-strip" data-testid="strip">
      <div className="sg-strip-days" aria-hidden="true">
        {daysOf(from, to).map((day) => (
          <span
            key={day.at}
            className={day.weekend ? 'sg-weekend' : undefined}
            style={{ left: `${String(day.left)}%` }}
          >
            {day.label}
          </span>
        ))}
      </div>
      <div className="sg-strip-lane">
        {blocksOf(shifts, from, to).map(({ shift, left, width }) => {
          const over = Date.parse(shift.to) <= now;
          const text = `${shift.person}${shift.override === '' ? '' : ' (stands in)'}, ${momentText(Date.parse(shift.from), now)} to ${momentText(Date.parse(shift.to), now)}`;
          return (
            <button
              key={shift.from + shift.person}
              type="button"
              data-testid="shift"
              className={shift.override === '' ? 'sg-shift' : 'sg-shift sg-shift-override'}
              style={{
                left: `${String(left)}%`,
                width: `${String(width)}%`,
                borderLeftColor: nameColor(shift.person),
              }}
              disabled={over}
              title={over ? text : `${text}: click for somebody else`}
              aria-label={text}
              onClick={() => {
                onPick(shift);
              }}
            >
              {shift.person}
            </button>
          );
        })}
        {place >= 0 && place <= 1 && <i className="sg-strip-now" style={{ left: `${String(place * 100)}%` }} />}
      </div>
    </div>
  );
}
