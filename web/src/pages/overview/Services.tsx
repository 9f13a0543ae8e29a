import { Link } from '@tanstack/react-router';
import { useFilters } from '../../filters/useFilters';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { percentText, rateText, secondsText } from '../services/red';
import { byNeed, ToService } from '../services/ServiceTable';
import { useServices } from '../services/useServices';
import { Dot } from '../traces/TraceTable';

const SHOWN = 12;
const BAD_SHARE = 0.01;

/** Services by health: what fails first. */
export function Services() {
  const { service } = useFilters();
  const { rows, pending, error } = useServices(false);
  const shown = rows.filter((row) => service === '' || row.name === service).sort(byNeed);
  return (
    <Panel
      title="Services"
      aside={
        <Link className="sg-dim" to="/services" search={(old: AppSearch) => keptSearch(old)}>
          {shown.length > SHOWN ? `All ${String(shown.length)}` : 'Open'}
        </Link>
      }
    >
      {error !== null ? (
        <ErrorNote error={error} />
      ) : pending ? (
        <Loading what="services" />
      ) : shown.length === 0 ? (
        <Empty title="No service in this time range" />
      ) : (
        <table className="sg-table">
          <thead>
            <tr>
              <th>Service</th>
              <th className="sg-num">Requests</th>
              <th className="sg-num">Errors</th>
              <th className="sg-num">p95</th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, SHOWN).map(({ name, red: { rate, errors, p95 }, alerts }) => {
              const share = rate.mean === null ? null : (errors.mean ?? 0);
              return (
                <tr key={name} data-testid="service-row">
                  <td>
                    <ToService to="/services" name={name}>
                      <Dot name={name} /> {name}
                    </ToService>
                    {alerts > 0 && <span className="sg-bad"> ▲ {alerts}</span>}
                  </td>
                  <td className="sg-num">{rate.mean === null ? '–' : rateText(rate.mean)}</td>
                  <td className={share !== null && share > BAD_SHARE ? 'sg-num sg-bad' : 'sg-num'}>
                    {share === null ? '–' : percentText(share)}
                  </td>
                  <td className="sg-num">{p95.mean === null ? '–' : secondsText(p95.mean)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
