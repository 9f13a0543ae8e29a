import type { BurnRate } from '../../api/slo';
import { State } from '../../shell/Labels';
import { Panel } from '../../shell/states';
import { burnText, windowText } from './budget';

/** Each pair of windows: somebody is called when both burn faster than the factor. */
export function Burns({ burns }: { burns: readonly BurnRate[] }) {
  return (
    <Panel
      title="How fast it burns"
      aside={<span className="sg-dim">1× uses the budget up exactly at the end of the window</span>}
    >
      {burns.length === 0 ? (
        <p className="sg-nothing sg-dim">Nothing is known of its burn rates.</p>
      ) : (
        <table className="sg-table sg-burns">
          <thead>
            <tr>
              <th>Calls</th>
              <th className="sg-num">Long window</th>
              <th className="sg-num">Short window</th>
              <th className="sg-num">From</th>
              <th>State</th>
            </tr>
          </thead>
          <tbody>
            {burns.map((burn) => (
              <tr key={`${String(burn.longSeconds)} ${burn.alert}`} data-testid="burn-row">
                <td>{burn.alert}</td>
                <Rate rate={burn.long} seconds={burn.longSeconds} limit={burn.factor} />
                <Rate rate={burn.short} seconds={burn.shortSeconds} limit={burn.factor} />
                <td className="sg-num">{burnText(burn.factor)}</td>
                <td>
                  <State state={burn.tooFast ? 'too fast' : burn.long === null ? 'no data' : 'ok'} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Rate({ rate, seconds, limit }: { rate: number | null; seconds: number; limit: number }) {
  const over = rate !== null && rate > limit;
  return (
    <td className="sg-num">
      {rate === null ? '–' : <span className={over ? 'sg-bad' : undefined}>{burnText(rate)}</span>}
      <span className="sg-dim sg-block">in {windowText(seconds)}</span>
    </td>
  );
}
