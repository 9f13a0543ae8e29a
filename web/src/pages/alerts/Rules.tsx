import type { Rule, RuleGroup } from '../../api/prometheus';
import { matchesRule } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatAgo, formatNanos, formatSeconds } from '../../lib/format';
import { Breakable, State } from '../../shell/Labels';
import { groupBy } from '../../lib/group';
import { ListBar } from '../../shell/ListBar';
import { Empty, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { NoRules } from './NoRules';
import { RuleLink } from './RuleLink';

interface Placed {
  group: RuleGroup;
  rule: Rule;
  index: number;
}

const KINDS = ['all', 'firing', 'pending', 'broken'] as const;

function isOfKind({ rule }: Placed, kind: string): boolean {
  if (kind === 'all') return true;
  return kind === 'broken' ? rule.health === 'err' : rule.state === kind;
}

export function Rules({ groups }: { groups: readonly RuleGroup[] }) {
  const filters = useFilters();
  if (groups.length === 0) return <NoRules />;
  const all = groups.flatMap((group) => group.rules.map((rule, index): Placed => ({ group, rule, index })));
  const kept = all.filter(({ rule }) => matchesRule(rule, filters));
  return (
    <ListBar
      items={kept}
      kinds={KINDS}
      isOf={isOfKind}
      find={{ label: 'Find a rule', placeholder: 'Find name, expression, group or label', has: hasText }}
      list={(shown) => (
        <>
          <Hidden count={all.length - kept.length} what="rule" />
          <div className="sg-list">
            {shown.length === 0 && (
              <section className="sg-panel">
                <Empty title="No rule is like this">Change the text or the state above.</Empty>
              </section>
            )}
            {[...groupBy(shown, ({ group }) => `${group.file} ${group.name}`)].map(([key, rules]) => (
              <Group key={key} rules={rules} />
            ))}
          </div>
        </>
      )}
    />
  );
}

function hasText({ group, rule }: Placed, text: string): boolean {
  const labels = Object.entries(rule.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [rule.name, rule.query, group.name, ...labels].some((part) => part.toLowerCase().includes(text));
}

function Group({ rules }: { rules: readonly Placed[] }) {
  const { now } = useTime();
  const group = rules[0]?.group;
  if (group === undefined) return null;
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
