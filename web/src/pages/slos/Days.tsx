import type { SlaDay, SlaKind, SlaReport, SlaState, SlaTarget } from '../../api/sla';
import { Panel } from '../../shell/states';
import { achievedText, KIND_NAMES, minutesText, slaStateText } from './agreements';

/** A cell says its state by its sign too. */
const SIGNS: Record<SlaState, string> = { met: '', missed: '▲', no_data: '–', error: '!' };

/** The days of the period, a line for each target. */
export function Days({ report }: { report: SlaReport }) {
  return (
    <Panel
      title="Day by day"
      aside={
        <span className="sg-dim sg-day-key">
          <i className="sg-day sg-day-met" /> met <i className="sg-day sg-day-missed">▲</i> missed{' '}
          <i className="sg-day sg-day-no_data">–</i> not known
        </span>
      }
    >
      {report.days.length === 0 ? (
        <p className="sg-nothing sg-dim">No day of the period has begun.</p>
      ) : (
        <div className="sg-days-list">
          {report.targets.map((target) => (
            <div key={target.kind} className="sg-days">
              <span className="sg-days-name">{KIND_NAMES[target.kind]}</span>
              <ol>
                {report.days.map((day) => (
                  <Day key={day.date} day={day} target={target} />
                ))}
              </ol>
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}

function Day({ day, target }: { day: SlaDay; target: SlaTarget }) {
  const state = stateOn(day, target.kind);
  const text = dayText(day, target);
  return (
    <li className={`sg-day sg-day-${state}`} title={text} data-testid={`day-${state}`}>
      <span aria-hidden="true">{SIGNS[state]}</span>
      <span className="sg-hidden">{text}</span>
    </li>
  );
}

function stateOn(day: SlaDay, kind: SlaKind): SlaState {
  return day.targets.find((figures) => figures.kind === kind)?.state ?? 'no_data';
}

function dayText(day: SlaDay, target: SlaTarget): string {
  const figures = day.targets.find((item) => item.kind === target.kind);
  if (figures === undefined || figures.achieved === null) return `${day.date}: not known`;
  const missed = figures.missedMinutes > 0 ? `, ${minutesText(figures.missedMinutes)} missed` : '';
  return `${day.date}: ${slaStateText(figures.state)}, ${achievedText(figures.achieved, target)}${missed}`;
}
