import { useInstant, type InstantData, type Labels } from '../../api/prometheus';
import { formatSeries } from '../../lib/format';
import { Empty, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

const MAX_ROWS = 1000;

function rowsOf(data: InstantData): { metric: Labels; value: string }[] {
  if (data.resultType === 'vector') return data.result.map((item) => ({ metric: item.metric, value: item.value[1] }));
  if (data.resultType === 'matrix') {
    return data.result.map((item) => ({
      metric: item.metric,
      value: item.values.map(([time, value]) => `${value} @ ${String(time)}`).join('\n'),
    }));
  }
  return [{ metric: {}, value: data.result[1] }];
}

export function TableTab({ query }: { query: string }) {
  const { range } = useTime();
  const answer = useInstant(query, range.to);
  const rows = answer.data === undefined ? [] : rowsOf(answer.data);
  return (
    <Panel
      title={<span className="sg-mono">{query}</span>}
      aside={<span>{rows.length === 1 ? '1 row' : `${String(rows.length)} rows`}</span>}
    >
      {answer.isPending && !answer.error ? (
        <Loading what="the table" />
      ) : rows.length === 0 ? (
        <Empty title="No data at the end of this time range" />
      ) : (
        <table className="sg-table">
          <thead>
            <tr>
              <th>Series</th>
              <th className="sg-num">Value</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MAX_ROWS).map((row) => {
              const name = formatSeries(row.metric);
              return (
                <tr key={name}>
                  <td className="sg-mono sg-wrap">{name}</td>
                  <td className="sg-num sg-mono" style={{ whiteSpace: 'pre' }}>
                    {row.value}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
