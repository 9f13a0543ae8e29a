import { ActionIcon, Tabs, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatNanos } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Empty } from '../../shell/states';
import { SpanLinks } from './SpanLinks';
import { SpanLogs } from './SpanLogs';
import type { Trace, TraceSpan } from './tree';

interface Props {
  traceId: string;
  trace: Trace;
  span: TraceSpan;
  close: () => void;
}

export function SpanDetails({ traceId, trace, span, close }: Props) {
  const { search, set } = useUrl();
  return (
    <aside className="sg-panel sg-details" aria-label="Span">
      <header className="sg-panel-head">
        <h2 className="sg-wrap">{span.name}</h2>
        <ActionIcon variant="subtle" color="gray" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </ActionIcon>
      </header>
      <div className="sg-facts">
        <Fact name="Service">{span.service}</Fact>
        <Fact name="Duration">{formatNanos(span.duration)}</Fact>
        <Fact name="Start">+{formatNanos(span.start)}</Fact>
        <Fact name="Kind">{span.kind || '–'}</Fact>
        <Fact name="Status">{span.error ? <span className="sg-bad">error</span> : 'ok'}</Fact>
        <Fact name="Span ID">
          <span className="sg-mono">{span.id}</span>
        </Fact>
      </div>
      <SpanLinks service={span.service} name={span.name} millis={trace.startMillis} />
      {span.statusMessage !== '' && <Text className="sg-bad sg-wrap sg-pad">{span.statusMessage}</Text>}
      <Tabs
        value={search.tab ?? 'attributes'}
        onChange={(tab) => {
          set({ tab: tab === 'attributes' ? undefined : (tab ?? undefined) }, true);
        }}
        keepMounted={false}
        className="sg-tabs"
      >
        <Tabs.List>
          <Tabs.Tab value="attributes">Attributes</Tabs.Tab>
          <Tabs.Tab value="resource">Resource</Tabs.Tab>
          <Tabs.Tab value="events">Events {span.events.length || ''}</Tabs.Tab>
          {span.links.length > 0 && <Tabs.Tab value="links">Links {span.links.length}</Tabs.Tab>}
          <Tabs.Tab value="logs">Logs</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="attributes">
          <Pairs rows={span.scope === '' ? span.attributes : [...span.attributes, ['otel.scope', span.scope]]} />
        </Tabs.Panel>
        <Tabs.Panel value="resource">
          <Pairs rows={span.resource} />
        </Tabs.Panel>
        <Tabs.Panel value="events">
          {span.events.length === 0 && <Empty title="No events" />}
          {span.events.map((event, index) => (
            <div key={index} className="sg-event">
              <Text size="sm" fw={500}>
                {event.name} <span className="sg-dim">+{formatNanos(event.at - span.start)} in the span</span>
              </Text>
              <Pairs rows={event.attributes.filter(([key]) => key !== 'exception.stacktrace')} />
              <Stack text={event.attributes.find(([key]) => key === 'exception.stacktrace')?.[1]} />
            </div>
          ))}
        </Tabs.Panel>
        <Tabs.Panel value="links">
          {span.links.map((link) => (
            <div key={link.traceId + link.spanId} className="sg-event">
              <Link
                className="sg-mono"
                to="/trace/$id"
                params={{ id: link.traceId }}
                search={(old: AppSearch) => ({ ...keptSearch(old), span: link.spanId })}
              >
                {link.traceId} / {link.spanId}
              </Link>
            </div>
          ))}
        </Tabs.Panel>
        <Tabs.Panel value="logs">
          <SpanLogs traceId={traceId} trace={trace} span={span} />
        </Tabs.Panel>
      </Tabs>
    </aside>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <div className="sg-dim">{name}</div>
      <div>{children}</div>
    </div>
  );
}

function Stack({ text }: { text: string | undefined }) {
  return text === undefined ? null : <pre className="sg-stack">{text}</pre>;
}

function Pairs({ rows }: { rows: readonly [string, string][] }) {
  if (rows.length === 0) return <Empty title="None" />;
  return (
    <table className="sg-fields" style={{ margin: '6px 0 6px 8px' }}>
      <tbody>
        {rows.map(([key, value]) => (
          <tr key={key}>
            <th scope="row">{key}</th>
            <td className="sg-wrap">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
