import { SegmentedControl, TextInput } from '@mantine/core';
import type { Rule, RuleGroup } from '../../api/prometheus';
import { matchesRule } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatAgo, formatNanos, formatSeconds } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Breakable, State } from '../../shell/Labels';
import { useUrl } from '../../shell/search';
import { Empty, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { NoRules } from './NoRules';
import { RuleLink } from './RuleLink';

interface Placed {
  rule: Rule;
  index: number;
}

const KINDS = ['all', 'firing', 'pending', 'broken'] as const;

function isOfKind(rule: Rule, kind: string): boolean {
  if (kind === 'all') return true;
  return kind === 'broken' ? rule.health === 'err' : rule.state === kind;
}

export function Rules({ groups }: { groups: readonly RuleGroup[] }) {
  const { search, set } = useUrl();
  const filters = useFilters();
  if (groups.length === 0) return <NoRules />;
  const kind = search.status ?? 'all';
  const find = (search.find ?? '').toLowerCase();
  const all = groups.flatMap((group) => group.rules);
  const kept = all.filter((rule) => matchesRule(rule, filters));
  const shown = groups
    .map((group) => ({
      group,
      rules: group.rules
        .map((rule, index): Placed => ({ rule, index }))
        .filter(({ rule }) => matchesRule(rule, filters) && isOfKind(rule, kind) && hasText(group, rule, find)),
    }))
    .filter(({ rules }) => rules.length > 0);
  return (
    <>
      <div className="sg-bar-row">
        <SegmentedControl
          size="xs"
          value={kind}
          onChange={(value) => {
            set({ status: value === 'all' ? undefined : value });
          }}
          data={KINDS.map((value) => ({
            value,
            label: `${value} ${String(kept.filter((rule) => isOfKind(rule, value)).length)}`,
          }))}
        />
        <TextInput
          size="xs"
          aria-label="Find a rule"
          placeholder="Find name, expression, group or label"
          leftSection={<Icon name="search" size={13} />}
          value={search.find ?? ''}
          onChange={(event) => {
            set({ find: event.currentTarget.value }, true);
          }}
        />
      </div>
      <Hidden count={all.length - kept.length} what="rule" />
      <div className="sg-list">
        {shown.length === 0 && (
          <section className="sg-panel">
            <Empty title="No rule is like this">Change the text or the state above.</Empty>
          </section>
        )}
        {shown.map(({ group, rules }) => (
          <Group key={`${group.file} ${group.name}`} group={group} rules={rules} />
        ))}
      </div>
    </>
  );
}

function hasText(group: RuleGroup, rule: Rule, text: string): boolean {
  if (text === '') return true;
  const labels = Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [rule.name, rule.query, group.name, ...labels].some((part) => part.toLowerCase().includes(text));
}

function Group({ group, rules }: { group: RuleGroup; rules: readonly Placed[] }) {
  const { now } = useTime();
  const file = group.file.slice(group.file.lastIndexOf('/') + 1);
  return (
    <Panel
      title={group.name}
      aside={
        <span className="sg-dim" title={group.file}>
          {file} · every {formatSeconds(group.interval)}
        </span>
      }
    >
      <table className="sg-table sg-rows sg-rules">
        <thead>
          <tr>
            <th>Rule</th>
            <th>State</th>
            <th>Expression</th>
            <th>Health</th>
            <th className="sg-num">Evaluated</th>
          </tr>
        </thead>
        <tbody>
          {rules.map(({ rule, index }) => (
            <tr key={index} data-testid="rule-row">
              <td data-label="Rule" style={{ fontWeight: 500 }}>
                <RuleLink place={{ file: group.file, group: group.name, index, name: rule.name }}>
                  <Breakable text={rule.name} />
                </RuleLink>
                {rule.duration ? <div className="sg-dim">for {formatSeconds(rule.duration)}</div> : null}
              </td>
              <td data-label="State" className="sg-nowrap">
                {rule.type === 'alerting' ? <State state={rule.state ?? 'unknown'} /> : 'recording'}
                {(rule.alerts?.length ?? 0) > 1 && <span className="sg-dim"> × {rule.alerts?.length}</span>}
              </td>
              <td data-label="Expression">
                <span className="sg-mono sg-wrap sg-lines">{rule.query}</span>
                {rule.lastError && <div className="sg-why">{rule.lastError}</div>}
              </td>
              <td data-label="Health" className="sg-nowrap">
                <State state={rule.health} />
              </td>
              <td data-label="Evaluated" className="sg-num">
                <span>
                  {formatAgo(rule.lastEvaluation, now)}
                  <span className="sg-dim sg-block">took {formatNanos(rule.evaluationTime * 1e9)}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
