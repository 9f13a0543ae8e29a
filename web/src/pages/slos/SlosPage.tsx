import { Tabs } from '@mantine/core';
import { useMemo } from 'react';
import { useRange } from '../../api/prometheus';
import { SLO_INTERVAL, useSlos, type Slo } from '../../api/slo';
import { toColumns } from '../../charts/columns';
import { Sparkline } from '../../charts/Sparkline';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { Breakable, State } from '../../shell/Labels';
import { ListBar } from '../../shell/ListBar';
import { useUrl } from '../../shell/search';
import { sloLines } from '../../shell/snippets';
import { CopyBlock, Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { align, stepFor } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { Agreements } from './Agreements';
import { BudgetBar } from './BudgetBar';
import {
  budgetText,
  burnText,
  byUrgency,
  goneText,
  leadingBurn,
  needsSomebody,
  objectiveText,
  sliText,
  stateText,
  windowText,
} from './budget';
import { SloLink } from './SloLink';

const KINDS = ['all', 'burning', 'exhausted', 'ok', 'no data'] as const;

/** Objectives and agreements. */
export function SlosPage() {
  const { search, set } = useUrl();
  return (
    <div className="sg-page">
      <Tabs
        value={search.tab ?? 'objectives'}
        onChange={(tab) => {
          set({ tab: tab === 'objectives' ? undefined : (tab ?? undefined), find: undefined, status: undefined });
        }}
        keepMounted={false}
      >
        <Tabs.List mb="md" className="sg-tablist">
          <Tabs.Tab value="objectives">Objectives</Tabs.Tab>
          <Tabs.Tab value="agreements">Agreements</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="objectives">
          <Objectives />
        </Tabs.Panel>
        <Tabs.Panel value="agreements">
          <Agreements />
        </Tabs.Panel>
      </Tabs>
    </div>
  );
}

/** Every objective: what is left of its budget and how fast it goes. */
function Objectives() {
  const { interval } = useTime();
  const answer = useSlos(interval || SLO_INTERVAL);
  const filters = useFilters();
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  if (answer.isPending) return <Loading what="objectives" />;
  const all = answer.data;
  if (all.length === 0) return <NoSlos />;
  const kept = all.filter((slo) => matchesLabels({ ...slo.labels, service: slo.service }, filters));
  const needing = kept.filter(needsSomebody).length;
  return (
    <ListBar
      items={kept}
      kinds={KINDS}
      isOf={(slo, kind) => kind === 'all' || stateText(slo.state) === kind}
      find={{ label: 'Find an objective', placeholder: 'Find name, service or label', has: hasText }}
      list={(shown) => (
        <>
          <Hidden count={all.length - kept.length} what="objective" />
          <Panel
            title="Objectives"
            aside={
              <span className="sg-dim">
                {needing === 0
                  ? 'none needs anybody now'
                  : `${String(needing)} of ${String(kept.length)} need somebody`}
              </span>
            }
          >
            {shown.length === 0 ? (
              <Empty title="No objective is like this">Change the text or the state above.</Empty>
            ) : (
              <SloTable slos={shown} />
            )}
          </Panel>
        </>
      )}
    />
  );
}

function hasText(slo: Slo, text: string): boolean {
  const labels = Object.entries(slo.labels).map(([name, value]) => `${name}=${value}`);
  return [slo.name, slo.displayName, slo.service, ...labels].some((part) => part.toLowerCase().includes(text));
}

function SloTable({ slos }: { slos: readonly Slo[] }) {
  const { now } = useTime();
  const history = useBudgets();
  return (
    <table className="sg-table sg-rows sg-slos">
      <thead>
        <tr>
          <th>Objective</th>
          <th>State</th>
          <th>Budget left</th>
          <th>In this time range</th>
          <th className="sg-num">Burns at</th>
          <th className="sg-num">Budget gone</th>
          <th className="sg-num">Good</th>
        </tr>
      </thead>
      <tbody>
        {[...slos].sort(byUrgency).map((slo) => (
          <tr key={slo.name} data-testid="slo-row">
            <td data-label="Objective">
              <b>
                <SloLink name={slo.name}>
                  <Breakable text={slo.displayName || slo.name} />
                </SloLink>
              </b>
              <div className="sg-dim">
                {slo.service} · {objectiveText(slo.objective)} in {slo.window.name}
              </div>
              {slo.error && <div className="sg-why">{slo.error}</div>}
            </td>
            <td data-label="State">
              <State state={stateText(slo.state)} />
            </td>
            <td data-label="Budget left">
              <Left slo={slo} />
            </td>
            <td data-label="Over time">
              <History values={history.get(slo.name)} name={slo.name} />
            </td>
            <td data-label="Burns at" className="sg-num">
              <Burn slo={slo} />
            </td>
            <td data-label="Budget gone" className="sg-num">
              {goneText(slo, now)}
            </td>
            <td data-label="Good" className="sg-num">
              {slo.sli === undefined || slo.state === 'no_data' ? (
                <span className="sg-dim">–</span>
              ) : (
                sliText(slo.sli, slo.objective)
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One point is no history. */
function History({ values, name }: { values: (number | null)[] | undefined; name: string }) {
  const known = values?.filter((value) => value !== null).length ?? 0;
  if (values === undefined || known < 2) return <span className="sg-dim">–</span>;
  return <Sparkline values={values} label={`Budget left of ${name}`} height={28} />;
}

function Left({ slo }: { slo: Slo }) {
  if (slo.budgetRemaining === undefined || slo.state === 'no_data') return <span className="sg-dim">–</span>;
  return (
    <span className="sg-budget">
      <b className={slo.budgetRemaining <= 0 ? 'sg-bad' : undefined}>{budgetText(slo.budgetRemaining)}</b>
      <BudgetBar remaining={slo.budgetRemaining} />
    </span>
  );
}

function Burn({ slo }: { slo: Slo }) {
  const burn = leadingBurn(slo.burnRates);
  if (burn?.short == null) return <span className="sg-dim">–</span>;
  return (
    <>
      <span className={burn.tooFast ? 'sg-bad' : undefined}>
        {burn.tooFast && '▲ '}
        {burnText(burn.short)}
      </span>
      <span className="sg-dim sg-block">
        in {windowText(burn.shortSeconds)}
        {burn.long !== null && `, ${burnText(burn.long)} in ${windowText(burn.longSeconds)}`}
      </span>
    </>
  );
}

/** What was recorded of every budget, for the small pictures. */
function useBudgets(): Map<string, (number | null)[]> {
  const { range } = useTime();
  const step = stepFor(range, 60);
  const { from, to } = align(range, step);
  const aligned = useMemo(() => ({ from, to }), [from, to]);
  const data = useRange('slo:period_error_budget_remaining:ratio', aligned, step).data;
  return useMemo(() => {
    const columns = toColumns(data ?? [], aligned, step);
    return new Map((data ?? []).map((item, index) => [item.metric.slo ?? '', columns.values[index] ?? []]));
  }, [data, aligned, step]);
}

/** What makes the first one. */
function NoSlos() {
  return (
    <section className="sg-panel">
      <Empty title="There are no objectives yet">
        <div className="sg-send-hint">
          An objective says how good a service has to be. In the configuration of the server:
          <CopyBlock text={sloLines()} />
          Files of OpenSLO v1 are read too: <span className="sg-mono">slo_files: [&apos;slo/*.yml&apos;]</span>
        </div>
      </Empty>
    </section>
  );
}
