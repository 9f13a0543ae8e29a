import { useAlertHistory } from '../../api/sightglass';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { Breakable, LabelTags, State } from '../../shell/Labels';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { ALERTS_INTERVAL } from './active';

export function History() {
  const answer = useAlertHistory(ALERTS_INTERVAL);
  const filters = useFilters();
  const all = answer.data?.changes ?? [];
  const list = all.filter((change) => matchesLabels(change.labels, filters));
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  return (
    <>
      <Hidden count={all.length - list.length} what="change" />
      <Panel title="Changes of state" aside={<span className="sg-dim">the newest 100</span>}>
        {answer.isPending ? (
          <Loading what="the history" />
        ) : list.length === 0 ? (
          <Empty title={all.length === 0 ? 'No alert has changed its state yet' : 'No change matches the filter'} />
        ) : (
          <table className="sg-table sg-rows">
            <thead>
              <tr>
                <th>Time</th>
                <th>Alert</th>
                <th>From</th>
                <th>To</th>
                <th>Labels</th>
                <th className="sg-num">Value</th>
              </tr>
            </thead>
            <tbody>
              {list.map((change, index) => (
                <tr key={`${change.at} ${String(index)}`} data-testid="change-row">
                  <td data-label="Time" className="sg-nowrap">
                    {formatTimeShort(Date.parse(change.at))}
                  </td>
                  <td data-label="Alert" style={{ fontWeight: 500 }}>
                    <Breakable text={change.alertname} />
                  </td>
                  <td data-label="From" className="sg-nowrap">
                    <State state={change.from} />
                  </td>
                  <td data-label="To" className="sg-nowrap">
                    <State state={change.to} />
                  </td>
                  <td data-label="Labels">
                    <LabelTags labels={change.labels} without={['alertname']} />
                  </td>
                  <td data-label="Value" className="sg-num">
                    {change.value === null ? '–' : formatNumber(Number(change.value))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
    </>
  );
}
