import { ActionIcon, Autocomplete, Button, Group, NativeSelect, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { metricLabelNames, metricLabelValues, useMetricNames } from '../../api/prometheus';
import { Icon } from '../../shell/Icon';
import { useTime } from '../../time/TimeContext';
import {
  AGGREGATIONS,
  EMPTY_BUILT,
  FUNCTIONS,
  isDuration,
  OPERATORS,
  QUANTILES,
  type Built,
  type Matcher,
} from './builder';

interface Props {
  built: Built;
  change: (built: Built) => void;
}

/** The query as choices; what is chosen is written into the editor beside it. */
export function Builder({ built, change }: Props) {
  const { range } = useTime();
  const names = useMetricNames(range);
  const labels = useLabels(built.metric);
  const set = (patch: Partial<Built>) => {
    change({ ...built, ...patch });
  };
  const setMatcher = (at: number, patch: Partial<Matcher>) => {
    set({ matchers: built.matchers.map((matcher, index) => (index === at ? { ...matcher, ...patch } : matcher)) });
  };
  const over = built.fn !== '';
  const isQuantile = QUANTILES.includes(built.fn);
  return (
    <div className="sg-builder" data-testid="builder">
      <Group gap={6} wrap="wrap">
        <Autocomplete
          size="xs"
          w={300}
          aria-label="Metric"
          placeholder="Metric"
          limit={50}
          data={names.data ?? []}
          value={built.metric}
          onChange={(metric) => {
            change(metric === '' ? EMPTY_BUILT : { ...built, metric });
          }}
        />
        <NativeSelect
          size="xs"
          w={150}
          aria-label="Function"
          value={built.fn}
          onChange={(event) => {
            set({ fn: event.currentTarget.value });
          }}
          data={[
            ...FUNCTIONS.map((value) => ({ value, label: value === '' ? 'value as it is' : value })),
            ...QUANTILES.map((value) => ({ value, label: `${value} of a histogram` })),
          ]}
        />
        {over && (
          <TextInput
            size="xs"
            w={70}
            aria-label="Over"
            value={built.over}
            error={!isDuration(built.over)}
            onChange={(event) => {
              set({ over: event.currentTarget.value.trim() });
            }}
          />
        )}
        {!isQuantile && (
          <NativeSelect
            size="xs"
            w={124}
            aria-label="Aggregation"
            value={built.aggregation}
            onChange={(event) => {
              set({ aggregation: event.currentTarget.value });
            }}
            data={AGGREGATIONS.map((value) => ({ value, label: value === '' ? 'every series' : value }))}
          />
        )}
        {(isQuantile || built.aggregation !== '') && (
          <TagsInput
            size="xs"
            miw={160}
            aria-label="By"
            placeholder={built.by.length === 0 ? 'by label' : ''}
            data={labels}
            value={built.by}
            onChange={(by) => {
              set({ by });
            }}
          />
        )}
      </Group>
      <Group gap={6} mt={6} wrap="wrap">
        {built.matchers.map((matcher, index) => (
          <MatcherRow
            key={index}
            metric={built.metric}
            labels={labels}
            matcher={matcher}
            change={(patch) => {
              setMatcher(index, patch);
            }}
            remove={() => {
              set({ matchers: built.matchers.filter((_, at) => at !== index) });
            }}
          />
        ))}
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<Icon name="plus" size={12} />}
          disabled={built.metric === ''}
          onClick={() => {
            set({ matchers: [...built.matchers, { name: '', op: '=', value: '' }] });
          }}
        >
          Label
        </Button>
      </Group>
    </div>
  );
}

function useLabels(metric: string): string[] {
  const { range } = useTime();
  return (
    useQuery({
      queryKey: ['prometheus', 'labels', metric, Math.floor(range.to / 60)],
      queryFn: ({ signal }) => metricLabelNames(range, signal, metric),
      enabled: metric !== '',
    }).data ?? []
  ).filter((name) => name !== '__name__');
}

interface RowProps {
  metric: string;
  labels: string[];
  matcher: Matcher;
  change: (patch: Partial<Matcher>) => void;
  remove: () => void;
}

function MatcherRow({ metric, labels, matcher, change, remove }: RowProps) {
  const { range } = useTime();
  const values = useQuery({
    queryKey: ['prometheus', 'label values', metric, matcher.name, Math.floor(range.to / 60)],
    queryFn: ({ signal }) => metricLabelValues(matcher.name, range, signal, metric),
    enabled: /^[a-zA-Z_]\w*$/.test(matcher.name),
  });
  return (
    <Group gap={2} wrap="nowrap" className="sg-matcher">
      <Autocomplete
        size="xs"
        w={150}
        aria-label="Label"
        placeholder="label"
        data={labels}
        value={matcher.name}
        onChange={(name) => {
          change({ name });
        }}
      />
      <NativeSelect
        size="xs"
        w={58}
        aria-label="Operator"
        value={matcher.op}
        data={OPERATORS}
        onChange={(event) => {
          change({ op: event.currentTarget.value });
        }}
      />
      <Autocomplete
        size="xs"
        w={180}
        aria-label="Value"
        placeholder="value"
        limit={100}
        data={values.data ?? []}
        value={matcher.value}
        onChange={(value) => {
          change({ value });
        }}
      />
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={`Remove ${matcher.name}`} onClick={remove}>
        <Icon name="close" size={12} />
      </ActionIcon>
    </Group>
  );
}
