import { SegmentedControl, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { backtestKey, useBacktest, type BacktestedRule, type BacktestQuestion } from '../../api/backtest';
import { RunButton } from '../../editor/RunButton';
import { formatNumber, formatSeconds } from '../../lib/format';
import { useUrl } from '../../shell/search';
import { ErrorNote, Loading, Panel } from '../../shell/states';
import type { Range } from '../../time/range';
import { useTime } from '../../time/TimeContext';
import { BandLane } from './BandLane';
import { choicesOf, differenceText, episodeRows, ofRule, parseThresholds, parseWaits } from './backtest';
import type { FoundRule } from './findRule';
import { RuleChart } from './RuleChart';
import { useRuleSeries } from './ruleChart';

const DAYS = ['1', '3', '7', '30'] as const;
const DAY = 86_400;
/** Lines of alerts below the chart. */
const LANES = 12;

/** When the rule would have fired in the last days, and what another threshold or wait would have done. */
export function Backtest({ found }: { found: FoundRule }) {
  const { search, set } = useUrl();
  const { now } = useTime();
  const { place, group } = found;
  const chosen = DAYS.find((days) => days === search.days);
  const [days, setDays] = useState<string>(chosen ?? '7');
  const [thresholdText, setThresholds] = useState(search.threshold ?? '');
  const [waitText, setWaits] = useState(search.for ?? '');
  // Asked again, it is about the days before that moment.
  const [at, setAt] = useState(() => Math.floor(now / 1000));
  const thresholds = parseThresholds(search.threshold ?? '');
  const waits = parseWaits(search.for ?? '');
  const question = useMemo<BacktestQuestion | undefined>(
    () =>
      chosen === undefined || thresholds === undefined || waits === undefined
        ? undefined
        : {
            file: place.file,
            group: place.group,
            rule: place.name,
            from: at - Number(chosen) * DAY,
            to: at,
            thresholds,
            waits,
          },
    // The lists are made anew from the same text each time.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [chosen, search.threshold, search.for, place.file, place.group, place.name, at],
  );
  const answer = useBacktest(question);
  const result = answer.data && ofRule(answer.data, group.rules, place.index);
  const wrongThresholds = parseThresholds(thresholdText) === undefined;
  const wrongWaits = parseWaits(waitText) === undefined;
  const run = () => {
    if (wrongThresholds || wrongWaits) return;
    setAt(Math.floor(Date.now() / 1000));
    set({ days, threshold: thresholdText.trim(), for: waitText.trim() }, true);
  };
  return (
    <Panel title="Back-test" aside={<span className="sg-dim">what it would have done over what is stored</span>}>
      <form
        className="sg-backtest"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <SegmentedControl
          size="xs"
          aria-label="Over how long"
          value={days}
          onChange={setDays}
          data={DAYS.map((value) => ({ value, label: value === '1' ? '1 day' : `${value} days` }))}
        />
        <TextInput
          size="xs"
          label="Other thresholds"
          placeholder="a tenth less and more"
          error={wrongThresholds && 'numbers with commas'}
          value={thresholdText}
          onChange={(event) => {
            setThresholds(event.currentTarget.value);
          }}
        />
        <TextInput
          size="xs"
          label="Other waits (for)"
          placeholder="none, half and twice"
          error={wrongWaits && 'durations such as 5m, 1h'}
          value={waitText}
          onChange={(event) => {
            setWaits(event.currentTarget.value);
          }}
        />
        <RunButton asked={backtestKey(question)} run={run} />
      </form>
      {answer.error !== null ? (
        <ErrorNote error={answer.error} />
      ) : question === undefined ? (
        <p className="sg-nothing sg-dim">Run it before you change a rule, and see how often it calls you.</p>
      ) : answer.isFetching ? (
        <Loading what="the back-test" />
      ) : result === undefined ? (
        answer.data && <p className="sg-nothing sg-dim">The rule is not in force any more.</p>
      ) : (
        <Result result={result} found={found} from={question.from} to={question.to} />
      )}
    </Panel>
  );
}

interface ResultProps {
  result: BacktestedRule;
  found: FoundRule;
  from: number;
  to: number;
}

function Result({ result, found, from, to }: ResultProps) {
  const range = useMemo<Range>(() => ({ from, to }), [from, to]);
  const series = useRuleSeries(found.rule.query, found.place, range, 300);
  const rows = episodeRows(result, to);
  const reason = result.error ?? result.skipped;
  if (reason !== null) return <ErrorNote error={reason} />;
  const { fired, totalSeconds, longestSeconds, flaps } = result.summary;
  return (
    <div data-testid="backtest">
      <p className="sg-nothing" role="status">
        {fired === 0 ? (
          <b>It would not have fired.</b>
        ) : (
          <>
            It would have fired <b>{fired.toLocaleString('en')}×</b>, {formatSeconds(totalSeconds)} in all,{' '}
            {formatSeconds(longestSeconds)} at most{flaps > 0 && `, and flapped ${flaps.toLocaleString('en')}×`}.
          </>
        )}
      </p>
      <RuleChart series={series} />
      {rows.length > 0 && (
        <div className="sg-bands" data-testid="backtest-episodes">
          {rows.slice(0, LANES).map((row) => (
            <BandLane
              key={JSON.stringify(row.labels)}
              row={row}
              from={series.range.from}
              to={series.range.to}
              without={['alertname', ...Object.keys(found.rule.labels ?? {})]}
            />
          ))}
          {rows.length > LANES && <div className="sg-dim">and {rows.length - LANES} more alerts</div>}
          {result.episodesLeftOut > 0 && (
            <div className="sg-dim">the first {result.episodes.length.toLocaleString('en')} times are drawn</div>
          )}
        </div>
      )}
      <Alternatives result={result} />
    </div>
  );
}

/** The rule as it is beside what it might be. */
function Alternatives({ result }: { result: BacktestedRule }) {
  const choices = choicesOf(result);
  const most = Math.max(1, ...choices.map((choice) => choice.summary.fired));
  const own = result.summary.fired;
  const threshold = result.threshold === null ? '' : ` (threshold ${formatNumber(Number(result.threshold))})`;
  return (
    <>
      <table className="sg-table sg-alternatives">
        <thead>
          <tr>
            <th>Rule</th>
            <th>Would have fired</th>
            <th className="sg-num">In all</th>
            <th className="sg-num">At most</th>
            <th className="sg-num">Flapped</th>
          </tr>
        </thead>
        <tbody>
          {choices.map(({ key, changed, text, summary }) => (
            <tr key={key} data-testid="alternative-row" className={changed === 'nothing' ? 'sg-chosen' : undefined}>
              <td>
                {changed === 'nothing' ? (
                  <b>
                    {text}
                    <span className="sg-dim">{threshold}</span>
                  </b>
                ) : (
                  text
                )}
              </td>
              <td>
                {summary.fired.toLocaleString('en')}×
                {changed !== 'nothing' && <span className="sg-dim"> {differenceText(summary.fired, own)}</span>}
                <span className="sg-bar" aria-hidden="true">
                  <i style={{ width: `${String((summary.fired / most) * 100)}%` }} />
                </span>
              </td>
              <td className="sg-num">{formatSeconds(summary.totalSeconds)}</td>
              <td className="sg-num">{formatSeconds(summary.longestSeconds)}</td>
              <td className="sg-num">{summary.flaps.toLocaleString('en')}×</td>
            </tr>
          ))}
        </tbody>
      </table>
      {result.noThreshold !== null && <p className="sg-nothing sg-dim">{result.noThreshold}</p>}
    </>
  );
}
