import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useLogMetric } from '../../api/loki';
import { Chart } from '../../charts/Chart';
import { toColumns } from '../../charts/columns';
import { filterLogql } from '../../filters/apply';
import { useFilters } from '../../filters/useFilters';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { nameColor } from '../../theme/theme';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';

export const ERROR_LINES = '{service_name=~".+"} | detected_level=~"error|critical|fatal"';

/** Lines of errors by service: where to look first. */
export function ErrorLogs() {
  const { range, zoom } = useTime();
  const filters = useFilters();
  const step = stepFor(range, 80);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const query = `sum by (service_name) (count_over_time(${filterLogql(ERROR_LINES, filters)} [${String(step)}s]))`;
  const answer = useLogMetric(query, aligned, step);
  const data = answer.data;
  const chart = useMemo(() => {
    const columns = toColumns(data ?? [], aligned, step);
    const series = (data ?? []).map((item, index) => {
      const name = item.metric['service_name'] ?? 'unknown';
      return { label: name, color: nameColor(name), values: columns.values[index] ?? [] };
    });
    return { times: columns.times.map((time) => time - step), series };
  }, [data, aligned, step]);
  const shown = useMemo(() => ({ from: from - step, to }), [from, to, step]);
  return (
    <Panel
      title="Error lines by service"
      aside={
        <Link className="sg-dim" to="/logs" search={(old: AppSearch) => ({ ...keptSearch(old), q: ERROR_LINES })}>
          Open in logs
        </Link>
      }
    >
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="error lines" />
      ) : chart.series.length === 0 ? (
        <Empty title="No error lines in this time range" />
      ) : (
        <div style={{ padding: '10px 12px 0 0' }}>
          <Chart label="Error lines by service" {...chart} range={shown} height={220} kind="bars" onZoom={zoom} />
          <div className="sg-levels">
            {chart.series.map((item) => (
              <span key={item.label}>
                <i style={{ background: item.color }} />
                {item.label}
              </span>
            ))}
          </div>
        </div>
      )}
    </Panel>
  );
}
