import { Text } from '@mantine/core';
import type { Status } from '../../api/sightglass';
import { CopyBlock, Panel } from '../../shell/states';
import { otlpLines, pushLines, scrapeLines } from '../../shell/snippets';

/** The first page of a new server: the lines that send something here. */
export function SendData({ status }: { status: Status }) {
  const listen = { ...status.listen, page: window.location.hostname };
  return (
    <Panel title="Send the first logs and traces">
      <div className="sg-send">
        <div>
          <Text size="sm" mb={6}>
            OpenTelemetry: set these for your program, SDK or agent
          </Text>
          <CopyBlock text={otlpLines(listen)} />
        </div>
        <div>
          <Text size="sm" mb={6}>
            Prometheus metrics: add this to the configuration of this server
          </Text>
          <CopyBlock text={scrapeLines()} />
        </div>
        <div>
          <Text size="sm" mb={6}>
            One log line, from a shell
          </Text>
          <CopyBlock text={pushLines(listen)} />
        </div>
      </div>
    </Panel>
  );
}
