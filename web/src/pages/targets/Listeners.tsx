import type { Status } from '../../api/sightglass';
import { Panel } from '../../shell/states';
import { KIND_NAMES } from './Sources';

/** Where this server is listening: what to write into the configuration of a sender. */
export function Listeners({ status }: { status: Status }) {
  const { http, otlpGrpc, otlpHttp } = status.listen;
  const rows = [
    { name: 'Page, APIs, Loki push, remote write', transport: 'http', address: http, connections: null },
    { name: 'OTLP', transport: 'grpc', address: otlpGrpc, connections: null },
    { name: 'OTLP', transport: 'http', address: otlpHttp, connections: null },
    ...status.receivers.map(({ receiver, transport, address, connections }) => ({
      name: KIND_NAMES[receiver] ?? receiver,
      transport,
      address,
      connections,
    })),
  ];
  return (
    <Panel title="Listens on">
      <table className="sg-table sg-rows">
        <thead>
          <tr>
            <th>Address</th>
            <th>Transport</th>
            <th>For</th>
            <th className="sg-num">Connections</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, transport, address, connections }) => (
            <tr key={`${transport} ${address}`} data-testid="listener-row">
              <td data-label="Address" className="sg-mono">
                {address}
              </td>
              <td data-label="Transport">{transport}</td>
              <td data-label="For">{name}</td>
              <td data-label="Connections" className="sg-num">
                {connections ?? '–'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
