import { Link } from '@tanstack/react-router';
import type { Labels } from '../../api/prometheus';
import { useAlertHistory, type AlertChange } from '../../api/sightglass';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { Breakable, LabelTags, State } from '../../shell/Labels';
import { ListBar } from '../../shell/ListBar';
import { keptSearch, type AppSearch } from '../../shell/search';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { ALERTS_INTERVAL } from './active';

/** How many of the newest are asked for: for the list, and for those of one rule among all. */
const NEWEST = 300;
const NEWEST_OF_RULE = 1000;
const RULE_INTERVAL = 60_000;
const SHOWN_OF_RULE = 20;

const KINDS = ['all', 'firing', 'pending', 'inactive'] as const;

export function History() {
  const answer = useAlertHistory(NEWEST, ALERTS_INTERVAL);
  const filters = useFilters();
  const all = answer.data?.changes ?? [];
  const kept = all.filter((change) => matchesLabels(change.labels, filters));
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  return (
    <ListBar
      items={kept}
      kinds={KINDS}
      isOf={(change, kind) => kind === 'all' || change.to === kind}
      find={{ label: 'Find a change', placeholder: 'Find alert, group or label', has: hasText }}
      list={(list) => (
        <>
          <Hidden count={all.length - kept.length} what="change" />
          <Panel
            title="Changes of state"
            aside={
              <span className="sg-dim">{all.length < NEWEST ? 'all there are' : `the newest ${String(NEWEST)}`}</span>
            }
          >
            {answer.isPending ? (
              <Loading what="the history" />
            ) : list.length === 0 ? (
              <Empty title={all.length === 0 ? 'No alert has changed its state yet' : 'No change is like this'} />
            ) : (
              <ChangeTable list={list} />
            )}
          </Panel>
        </>
      )}
    />
  );
}

function hasText({ alertname, ruleGroup, labels }: AlertChange, text: string): boolean {
  return [alertname, ruleGroup, ...Object.values(labels)].some((part) => part.toLowerCase().includes(text));
}

/** What one rule did lately, each of its alerts, without the labels that all of them have. */
export function RuleHistory({ name, group, labels }: { name: string; group: string; labels: Labels }) {
  const answer = useAlertHistory(NEWEST_OF_RULE, RULE_INTERVAL);
  const list = (answer.data?.changes ?? []).filter((change) => change.alertname === name && change.ruleGroup === group);
  return (
    <Panel
      title={`Changes of state ${String(list.length)}`}
      aside={<span className="sg-dim">of the newest 1,000 of all rules</span>}
    >
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : answer.isPending ? (
        <Loading what="the history" />
      ) : list.length === 0 ? (
        <p className="sg-nothing sg-dim">It has not changed its state lately.</p>
      ) : (
        <>
          <ChangeTable list={list.slice(0, SHOWN_OF_RULE)} isOfRule without={Object.keys(labels)} />
          {list.length > SHOWN_OF_RULE && (
            <p className="sg-nothing">
              <Link
                to="/alerts"
                search={(old: AppSearch) => ({ ...keptSearch(old), tab: 'history', find: name.toLowerCase() })}
              >
                {list.length - SHOWN_OF_RULE} more
              </Link>
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

interface TableProps {
  list: readonly AlertChange[];
  isOfRule?: boolean;
  /** Labels that say nothing here. */
  without?: readonly string[];
}

function ChangeTable({ list, isOfRule = false, without = [] }: TableProps) {
  return (
    <table className="sg-table sg-rows sg-compact sg-changes">
      <thead>
        <tr>
          <th>Time</th>
          {!isOfRule && <th>Alert</th>}
          <th>From</th>
          <th>To</th>
          <th>Labels</th>
          <th className="sg-num">Value</th>
        </tr>
      </thead>
      <tbody>
        {list.map((change, index) => (
          <tr key={`${change.at} ${String(index)}`} data-testid="change-row">
            <td data-label="Time" className="sg-nowrap">
              {formatTimeShort(Date.parse(change.at))}
            </td>
            {!isOfRule && (
              <td data-label="Alert" style={{ fontWeight: 500 }}>
                <Breakable text={change.alertname} />
              </td>
            )}{' '}
            <td data-label="From" className="sg-nowrap">
              <State state={change.from} />
            </td>
            <td data-label="To" className="sg-nowrap">
              <State state={change.to} />
            </td>
            <td data-label="Labels">
              <LabelTags labels={change.labels} without={['alertname', ...without]} />
            </td>
            <td data-label="Value" className="sg-num">
              {change.value === null ? '–' : formatNumber(Number(change.value))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
