import { ActionIcon, Button, NativeSelect, Text, TextInput } from '@mantine/core';
import type { Matcher } from '../../api/alertmanager';
import { Icon } from '../../shell/Icon';
import { equalTo, OPERATORS, operatorOf, withOperator } from './matchers';

interface Props {
  matchers: Matcher[];
  onChange: (matchers: Matcher[]) => void;
}

/** One line for each label that an alert has to have. */
export function MatcherRows({ matchers, onChange }: Props) {
  const rows = matchers.length === 0 ? [equalTo('', '')] : matchers;
  const change = (at: number, matcher: Matcher) => {
    onChange(rows.map((row, index) => (index === at ? matcher : row)));
  };
  return (
    <div role="group" aria-label="Labels of the alerts to silence">
      <Text size="sm" fw={500} mb={6}>
        Alerts with all of these labels
      </Text>
      {rows.map((matcher, index) => (
        <div key={index} className="sg-matcher" data-testid="matcher-row">
          <TextInput
            size="xs"
            aria-label="Label"
            placeholder="label"
            value={matcher.name}
            onChange={(event) => {
              change(index, { ...matcher, name: event.currentTarget.value });
            }}
          />
          <NativeSelect
            size="xs"
            aria-label="Comparison"
            data={[...OPERATORS]}
            value={operatorOf(matcher)}
            onChange={(event) => {
              change(index, withOperator(matcher, event.currentTarget.value));
            }}
          />
          <TextInput
            size="xs"
            aria-label={`Value of ${matcher.name}`}
            placeholder={matcher.isRegex ? 'regular expression' : 'value'}
            value={matcher.value}
            onChange={(event) => {
              change(index, { ...matcher, value: event.currentTarget.value });
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Without ${matcher.name}`}
            onClick={() => {
              onChange(rows.filter((_, at) => at !== index));
            }}
          >
            <Icon name="close" />
          </ActionIcon>
        </div>
      ))}
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        leftSection={<Icon name="plus" size={12} />}
        onClick={() => {
          onChange([...rows, equalTo('', '')]);
        }}
      >
        Label
      </Button>
    </div>
  );
}
