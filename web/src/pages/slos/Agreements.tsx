import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useSlas, type Sla } from '../../api/sla';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { Breakable, State } from '../../shell/Labels';
import { ListBar } from '../../shell/ListBar';
import { keptSearch, type AppSearch } from '../../shell/search';
import { slaLines } from '../../shell/snippets';
import { CopyBlock, Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { achievedText, KIND_NAMES, missedText, slaStateText } from './agreements';

const KINDS = ['all', 'missed', 'met', 'no data', 'error'] as const;

/** Every agreement in the period that now lies in. */
export function Agreements() {
  const answer = useSlas();
  const filters = useFilters();
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  if (answer.isPending) return <Loading what="agreements" />;
  if (answer.data.length === 0) return <NoSlas />;
  const kept = answer.data.filter((sla) => matchesLabels({ service: sla.service }, { ...filters, env: '' }));
  return (
    <ListBar
      items={kept}
      kinds={KINDS}
      isOf={(sla, kind) => kind === 'all' || slaStateText(sla.state) === kind}
      find={{ label: 'Find an agreement', placeholder: 'Find name, service or customer', has: hasText }}
      list={(shown) => (
        <>
          <Hidden count={answer.data.length - kept.length} what="agreement" />
          <Panel title="Agreements" aside={<span className="sg-dim">in the period that now lies in</span>}>
            {shown.length === 0 ? (
              <Empty title="No agreement is like this">Change the text or the state above.</Empty>
            ) : (
              <Table slas={shown} />
            )}
          </Panel>
        </>
      )}
    />
  );
}

function hasText(sla: Sla, text: string): boolean {
  return [sla.name, sla.displayName, sla.service, sla.customer].some((part) => part.toLowerCase().includes(text));
}

function Table({ slas }: { slas: readonly Sla[] }) {
  return (
    <table className="sg-table sg-rows sg-slas">
      <thead>
        <tr>
          <th>Agreement</th>
          <th>Period</th>
          <th>State</th>
          <th>Promised and achieved</th>
        </tr>
      </thead>
      <tbody>
        {slas.map((sla) => (
          <tr key={sla.name} data-testid="sla-row">
            <td data-label="Agreement">
              <b>
                <SlaLink name={sla.name}>
                  <Breakable text={sla.displayName || sla.name} />
                </SlaLink>
              </b>
              <div className="sg-dim">{[sla.service, sla.customer].filter((part) => part !== '').join(' · ')}</div>
            </td>
            <td data-label="Period">
              {sla.period.name}
              {!sla.period.complete && <div className="sg-dim">goes on</div>}
            </td>
            <td data-label="State">
              <State state={slaStateText(sla.state)} />
            </td>
            <td data-label="Targets">
              <ul className="sg-promises">
                {sla.targets.map((target) => (
                  <li key={target.kind}>
                    <span>
                      {KIND_NAMES[target.kind]} <span className="sg-dim">{target.text}</span>
                    </span>
                    <span className={target.state === 'missed' ? 'sg-num sg-bad' : 'sg-num'}>
                      {target.state === 'missed' && '▲ '}
                      {achievedText(target.achieved, target)}
                      <span className="sg-dim"> {missedText(target)}</span>
                    </span>
                  </li>
                ))}
              </ul>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SlaLink({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Link to="/slos/agreement" search={(old: AppSearch) => ({ ...keptSearch(old), name })}>
      {children}
    </Link>
  );
}

/** What makes the first one. */
function NoSlas() {
  return (
    <section className="sg-panel">
      <Empty title="There are no agreements yet">
        <div className="sg-send-hint">
          An agreement says what somebody was promised over a week, month, quarter or year; it makes a report. In the
          configuration of the server:
          <CopyBlock text={slaLines()} />
        </div>
      </Empty>
    </section>
  );
}
