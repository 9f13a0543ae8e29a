import { useFilters } from '../../filters/useFilters';
import { Hidden } from '../../filters/Hidden';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import { SendHint } from '../../shell/SendHint';
import { OneService } from './OneService';
import { ServiceTable } from './ServiceTable';
import { useServices } from './useServices';

/** Every service with its rate, errors and duration; with one chosen in the header, that one. */
export function ServicesPage() {
  const { service } = useFilters();
  const { rows, pending, error } = useServices(true);
  const shown = rows.filter((row) => service === '' || row.name === service);
  if (error !== null) {
    return (
      <div className="sg-page">
        <ErrorNote error={error} />
      </div>
    );
  }
  return (
    <div className="sg-page">
      <Hidden count={rows.length - shown.length} what="service" />
      <Panel
        title="Services"
        aside={<span className="sg-dim">mean of the time range, and change to the one before</span>}
      >
        {pending ? (
          <Loading what="services" />
        ) : rows.length === 0 ? (
          <SendHint
            signal="traces"
            title="No service in this time range"
            advice="Choose a longer time range."
            first="No service has sent anything yet"
          />
        ) : (
          <ServiceTable rows={shown} />
        )}
      </Panel>
      {service !== '' && <OneService key={service} name={service} />}
    </div>
  );
}
