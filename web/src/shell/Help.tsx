import { Kbd, Modal } from '@mantine/core';
import { PAGES } from './pages';

export function Help({ opened, close }: { opened: boolean; close: () => void }) {
  const keys: [string[], string][] = [
    [['/'], 'Search pages, metrics, rules, services, a trace ID'],
    [['?'], 'This list'],
    [['r'], 'Refresh'],
    [['['], 'Back: undo a zoom, a filter or a change of page'],
    ...PAGES.map((page): [string[], string] => [['g', page.key], `Go to ${page.label.toLowerCase()}`]),
    [['Ctrl', 'Enter'], 'Run the query of the editor'],
    [['p'], 'Pause live lines, or go on'],
    [['↑', '↓'], 'Move in a waterfall or from line to line of a log'],
    [['←', '→'], 'Collapse or expand a span'],
  ];
  return (
    <Modal opened={opened} onClose={close} title="Keys" size="md">
      <table className="sg-table">
        <tbody>
          {keys.map(([parts, text]) => (
            <tr key={text}>
              <td style={{ width: 130 }}>
                {parts.map((part) => (
                  <Kbd key={part} size="xs" mr={4}>
                    {part}
                  </Kbd>
                ))}
              </td>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
