import { Link } from '@tanstack/react-router';
import { useLabelValues } from '../../api/loki';
import { useTagValues } from '../../api/tempo';
import { useFilters } from '../../filters/useFilters';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { Dot } from '../traces/TraceTable';

export function Services() {
  const { range } = useTime();
  const logs = useLabelValues('service_name', range);
  const traces = useTagValues('resource.service.name');
  const inLogs = new Set(logs.data);
  const inTraces = new Set(traces.data);
  const { service } = useFilters();
  const names = [...new Set([...inLogs, ...inTraces])].filter((name) => service === '' || name === service).sort();
  return (
    <Panel title="Services" aside={<span className="sg-dim">{names.length} seen</span>}>
      {logs.isPending && traces.isPending ? (
        <Loading what="services" />
      ) : names.length === 0 ? (
        <Empty title="No service in this time range" />
      ) : (
        <table className="sg-table">
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <td>
                  <Dot name={name} /> {name}
                </td>
                <td className="sg-num">
                  {inLogs.has(name) && (
                    <Link
                      className="sg-dim"
                      to="/logs"
                      search={(old: AppSearch) => ({
                        ...keptSearch(old),
                        service: name,
                      })}
                    >
                      Logs
                    </Link>
                  )}{' '}
                  {inTraces.has(name) && (
                    <Link
                      className="sg-dim"
                      to="/traces"
                      search={(old: AppSearch) => ({ ...keptSearch(old), service: name })}
                    >
                      Traces
                    </Link>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
