import { ActionIcon, Anchor, Button, Group, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { Link } from '@tanstack/react-router';
import type { LogLine } from '../../api/loki';
import { Icon } from '../../shell/Icon';
import { keptSearch, type AppSearch } from '../../shell/search';
import type { Filter } from './LogList';

const TRACE_ID = /^[0-9a-f]{32}$/i;

interface Props {
  line: LogLine;
  filter?: Filter;
  share?: (line: LogLine) => void;
  context?: (line: LogLine) => void;
}

export function LogDetails({ line, filter, share, context }: Props) {
  const clipboard = useClipboard({ timeout: 1500 });
  const labels = Object.entries(line.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const spanId = line.labels['span_id'];
  return (
    <>
      <Group gap={4} className="sg-log-actions">
        {context && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              context(line);
            }}
          >
            Before and after
          </Button>
        )}
        {share && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              share(line);
            }}
          >
            Copy link to this line
          </Button>
        )}
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            clipboard.copy(line.text);
          }}
        >
          {clipboard.copied ? 'Copied' : 'Copy text'}
        </Button>
      </Group>
      <table className="sg-fields">
        <tbody>
          {labels.map(([name, value]) => (
            <tr key={name}>
              <td style={{ width: 52 }}>
                {filter && (
                  <>
                    <Tooltip label="Only lines with this value">
                      <ActionIcon
                        size="xs"
                        variant="subtle"
                        color="gray"
                        aria-label={`Include ${name} ${value}`}
                        onClick={() => {
                          filter(name, value, true);
                        }}
                      >
                        <Icon name="plus" size={12} />
                      </ActionIcon>
                    </Tooltip>
                    <Tooltip label="No lines with this value">
                      <ActionIcon
                        size="xs"
                        variant="subtle"
                        color="gray"
                        aria-label={`Exclude ${name} ${value}`}
                        onClick={() => {
                          filter(name, value, false);
                        }}
                      >
                        <Icon name="minus" size={12} />
                      </ActionIcon>
                    </Tooltip>
                  </>
                )}
              </td>
              <th scope="row">{name}</th>
              <td className="sg-wrap">
                {name === 'trace_id' && TRACE_ID.test(value) ? (
                  <Anchor
                    size="xs"
                    renderRoot={(props) => (
                      <Link
                        to="/trace/$id"
                        params={{ id: value }}
                        search={(old: AppSearch) => ({ ...keptSearch(old), ...(spanId ? { span: spanId } : {}) })}
                        {...props}
                      />
                    )}
                  >
                    {value} – open trace
                  </Anchor>
                ) : (
                  value
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
