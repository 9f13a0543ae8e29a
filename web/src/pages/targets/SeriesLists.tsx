import { UnstyledButton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Cardinality, Sender } from '../../api/cardinality';
import { formatBytes, formatNumber } from '../../lib/format';
import { Breakable } from '../../shell/Labels';
import { keptSearch, useUrl, type AppSearch } from '../../shell/search';
import { Panel } from '../../shell/states';
import { Bars } from './Bars';
import { narrowed } from './selector';

interface Props {
  data: Cardinality;
  selector: string;
  /** The label whose values are shown. */
  label: string;
  narrow: (selector: string) => void;
}

export function SeriesLists({ data, selector, label, narrow }: Props) {
  return (
    <>
      <div className="sg-thirds">
        <Panel title="Series by metric" aside={<span className="sg-dim">click for one alone</span>}>
          <Bars
            items={data.metrics}
            format={formatNumber}
            link={(name) => (
              <Pick
                text={name}
                pick={() => {
                  narrow(narrowed(selector, '__name__', name));
                }}
              />
            )}
            aside={(name) => <Graph query={narrowed('', '__name__', name)} />}
          />
        </Panel>
        <Labels data={data} chosen={label} />
        {label === '' ? (
          <Panel title="Series by label and value" aside={<span className="sg-dim">the most frequent</span>}>
            <Bars
              items={data.pairs
                .filter(byLabel)
                .map((pair) => ({ name: `${pair.label}=${pair.value}`, value: pair.series }))}
              format={formatNumber}
              link={(name) => (
                <Pick
                  text={name}
                  pick={() => {
                    const at = name.indexOf('=');
                    narrow(narrowed(selector, name.slice(0, at), name.slice(at + 1)));
                  }}
                />
              )}
            />
          </Panel>
        ) : (
          <Panel title={`Values of ${label}`} aside={<span className="sg-dim">by series</span>}>
            <Bars
              items={data.values ?? []}
              format={formatNumber}
              link={(name) => (
                <Pick
                  text={name}
                  pick={() => {
                    narrow(narrowed(selector, label, name));
                  }}
                />
              )}
            />
          </Panel>
        )}
      </div>
      <div className="sg-two sg-halves">
        <Churn data={data} />
        <Senders senders={data.senders} />
      </div>
    </>
  );
}

/** The names of metrics have a list of their own. */
const byLabel = ({ label }: { label: string }) => label !== '__name__';

function Pick({ text, pick }: { text: string; pick: () => void }) {
  return (
    <UnstyledButton className="sg-pick" onClick={pick}>
      {text === '' ? '(empty)' : <Breakable text={text} />}
    </UnstyledButton>
  );
}

function Graph({ query }: { query: string }) {
  return (
    <Link
      className="sg-dim"
      aria-label={`Graph of ${query}`}
      to="/metrics-explorer"
      search={(old: AppSearch) => ({ ...keptSearch(old), q: query })}
    >
      graph
    </Link>
  );
}

/** Each label with what it costs; a click shows its values. */
function Labels({ data, chosen }: { data: Cardinality; chosen: string }) {
  const { set } = useUrl();
  const series = new Map(data.labelSeries.map((item) => [item.name, item.value]));
  const bytes = new Map(data.labelBytes.map((item) => [item.name, item.value]));
  const most = Math.max(1, ...data.labels.map((item) => item.value));
  return (
    <Panel title="Labels" aside={<span className="sg-dim">click for the values</span>}>
      <table className="sg-table">
        <thead>
          <tr>
            <th>Label</th>
            <th className="sg-num">Values</th>
            <th className="sg-num">Series</th>
            <th className="sg-num">Text</th>
          </tr>
        </thead>
        <tbody>
          {data.labels.map(({ name, value }) => (
            <tr key={name} data-testid="label-row" className={name === chosen ? 'sg-chosen' : undefined}>
              <td className="sg-wrap">
                <UnstyledButton
                  className="sg-pick"
                  aria-pressed={name === chosen}
                  onClick={() => {
                    set({ name: name === chosen ? undefined : name });
                  }}
                >
                  {name}
                </UnstyledButton>
                <div className="sg-bar">
                  <i style={{ width: `${String((value / most) * 100)}%` }} />
                </div>
              </td>
              <td className="sg-num">{formatNumber(value)}</td>
              <td className="sg-num">{formatCell(series.get(name), formatNumber)}</td>
              <td className="sg-num sg-nowrap">{formatCell(bytes.get(name), formatBytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** The lists are cut one by one: what a label has beyond its list is not known. */
function formatCell(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '–' : format(value);
}

/** New series: what comes and goes costs more than what stays. */
function Churn({ data }: { data: Cardinality }) {
  return (
    <Panel title="New series by metric" aside={<span className="sg-dim">of all senders</span>}>
      {data.churn.length === 0 ? (
        <p className="sg-nothing sg-dim">No new series in the last hour.</p>
      ) : (
        <table className="sg-table">
          <thead>
            <tr>
              <th>Metric</th>
              <th className="sg-num">Last hour</th>
              <th className="sg-num">Since start</th>
            </tr>
          </thead>
          <tbody>
            {data.churn.map((item) => (
              <tr key={item.metric} data-testid="churn-row">
                <td className="sg-wrap">
                  <Breakable text={item.metric} /> <Graph query={narrowed('', '__name__', item.metric)} />
                </td>
                <td className="sg-num">{formatNumber(item.newSeriesLastHour)}</td>
                <td className="sg-num">{formatNumber(item.newSeriesSinceStart)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Senders({ senders }: { senders: readonly Sender[] }) {
  return (
    <Panel title="Senders" aside={<span className="sg-dim">whose series are in memory</span>}>
      {senders.length === 0 ? (
        <p className="sg-nothing sg-dim">Nobody has sent metrics yet.</p>
      ) : (
        <table className="sg-table">
          <thead>
            <tr>
              <th>Sender</th>
              <th className="sg-num">Active series</th>
              <th className="sg-num">New since start</th>
            </tr>
          </thead>
          <tbody>
            {senders.map((sender) => (
              <tr key={sender.sender} data-testid="sender-row">
                <td className="sg-wrap">{sender.sender}</td>
                <td className="sg-num">{formatNumber(sender.activeSeries)}</td>
                <td className="sg-num">{formatNumber(sender.newSeriesSinceStart)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
