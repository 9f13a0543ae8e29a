import { Anchor, Group } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMetricNames } from '../../api/prometheus';
import { keptSearch, type AppSearch } from '../../shell/search';
import { encodeRange, type Range } from '../../time/range';
import { redQueries, sourcesIn } from '../services/red';

const AROUND_SECONDS = 900;
const RATE_SECONDS = 300;

/** Where to look next: the service, its metrics, its log and its other traces, around the time of the trace. */
export function SpanLinks({ service, name, millis }: { service: string; name: string; millis: number }) {
  const second = Math.round(millis / 1000);
  const range: Range = { from: second - AROUND_SECONDS, to: second + AROUND_SECONDS };
  const sources = sourcesIn(useMetricNames(range).data ?? []);
  const p95 = sources.length === 0 ? '' : redQueries(sources, RATE_SECONDS, service).p95;
  const time = (old: AppSearch): AppSearch => ({ ...keptSearch(old), ...encodeRange(range), refresh: undefined });
  const text = JSON.stringify;
  return (
    <Group gap="md" className="sg-pad" data-testid="span-links">
      <To to="/services" search={(old) => ({ ...time(old), service })}>
        Service
      </To>
      {p95 !== '' && (
        <To to="/metrics-explorer" search={(old) => ({ ...time(old), q: p95 })}>
          Its duration
        </To>
      )}
      <To to="/logs" search={(old) => ({ ...time(old), q: `{service_name=${text(service)}}` })}>
        Its log
      </To>
      <To
        to="/traces"
        search={(old) => ({ ...time(old), q: `{ resource.service.name = ${text(service)} && name = ${text(name)} }` })}
      >
        Spans like this
      </To>
    </Group>
  );
}

interface ToProps {
  to: '/services' | '/metrics-explorer' | '/logs' | '/traces';
  search: (old: AppSearch) => AppSearch;
  children: string;
}

function To({ to, search, children }: ToProps) {
  return (
    <Anchor size="xs" renderRoot={(props) => <Link to={to} search={search} {...props} />}>
      {children}
    </Anchor>
  );
}
