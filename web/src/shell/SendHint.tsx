import { Text } from '@mantine/core';
import { type Status, useStatus } from '../api/sightglass';
import { otlpLines, pushLines } from './snippets';
import { CopyBlock, Empty } from './states';

/** A write-ahead log of this size holds its header only. */
const EMPTY_LOG_BYTES = 1024;

// Since the start, or before it: then it is on the disk.
function hasArrived(status: Status, signal: 'logs' | 'traces'): boolean {
  const { logsBytes, spansBytes, eventsWalBytes } = status.storage;
  return (
    status.ingest[signal].items > 0 ||
    (signal === 'logs' ? logsBytes : spansBytes) > 0 ||
    eventsWalBytes > EMPTY_LOG_BYTES
  );
}

interface Props {
  signal: 'logs' | 'traces';
  title: string;
  advice: string;
  /** What is said while none has ever come. */
  first?: string;
}

/** Nothing found: the lines to copy while the server has never had any, what to change afterwards. */
export function SendHint({ signal, title, advice, first = `No ${signal} have arrived yet` }: Props) {
  const status = useStatus(false).data;
  if (status === undefined || hasArrived(status, signal)) return <Empty title={title}>{advice}</Empty>;
  const listen = { ...status.listen, page: window.location.hostname };
  return (
    <Empty title={first}>
      <div className="sg-send-hint">
        <Text size="sm" mb={6}>
          OpenTelemetry: set these for your program, SDK or agent
        </Text>
        <CopyBlock text={otlpLines(listen)} />
        {signal === 'logs' && (
          <>
            <Text size="sm" mt="md" mb={6}>
              One line, from a shell
            </Text>
            <CopyBlock text={pushLines(listen)} />
          </>
        )}
      </div>
    </Empty>
  );
}
