import { useTargets, type Target } from '../../api/prometheus';
import { matchesLabels } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatAgo, formatNanos } from '../../lib/format';
import { LabelTags, State } from '../../shell/Labels';
import { ListBar } from '../../shell/ListBar';
import { scrapeLines } from '../../shell/snippets';
import { CopyBlock, Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';

const KINDS = ['all', 'down', 'up'] as const;

/** What is down stands first. */
function byHealth(a: Target, b: Target): number {
  return Number(a.health === 'up') - Number(b.health === 'up') || a.scrapeUrl.localeCompare(b.scrapeUrl);
}

function isOfKind(target: Target, kind: string): boolean {
  return kind === 'all' || (kind === 'up') === (target.health === 'up');
}

function hasText({ scrapeUrl, scrapePool, labels }: Target, text: string): boolean {
  return [scrapeUrl, scrapePool, ...Object.values(labels)].some((part) => part.toLowerCase().includes(text));
}

export function ScrapeTargets({ refresh }: { refresh: number }) {
  const answer = useTargets(refresh);
  const filters = useFilters();
  const now = Math.max(useTime().now, answer.dataUpdatedAt);
  const all = answer.data ?? [];
  const kept = all.filter((target) => matchesLabels(target.labels, filters)).sort(byHealth);
  const up = kept.filter((target) => target.health === 'up').length;
  return (
    <div>
      <ListBar
        items={kept}
        kinds={KINDS}
        isOf={isOfKind}
        find={{ label: 'Find a target', placeholder: 'Find address, job or label', has: hasText }}
        list={(targets) => (
          <>
            <Hidden count={all.length - kept.length} what="target" />
            <Panel
              title="Scrape targets"
              aside={<span className="sg-dim">{`${String(up)} of ${String(kept.length)} up`}</span>}
            >
              {answer.error !== null ? (
                <ErrorNote error={answer.error} />
              ) : answer.isPending ? (
                <Loading what="targets" />
              ) : all.length === 0 ? (
                <Empty title="Nothing is scraped">
                  <div className="sg-send-hint">
                    Add this to the configuration of the server:
                    <CopyBlock text={scrapeLines()} />
                  </div>
                </Empty>
              ) : targets.length === 0 ? (
                <Empty title="No target is like this" />
              ) : (
                <table className="sg-table sg-rows">
                  <thead>
                    <tr>
                      <th>Health</th>
                      <th>Target</th>
                      <th>Labels</th>
                      <th className="sg-num">Last scrape</th>
                      <th className="sg-num">Took</th>
                    </tr>
                  </thead>
                  <tbody>
                    {targets.map((target) => (
                      <tr key={`${target.scrapePool} ${target.scrapeUrl}`} data-testid="target-row">
                        <td data-label="Health" className="sg-nowrap">
                          <State state={target.health} />
                        </td>
                        <td data-label="Target">
                          <span className="sg-mono sg-wrap">{target.scrapeUrl}</span>
                          {target.lastError !== '' && <div className="sg-why">{target.lastError}</div>}
                        </td>
                        <td data-label="Labels">
                          <LabelTags labels={target.labels} />
                        </td>
                        <td data-label="Last scrape" className="sg-num">
                          {formatAgo(target.lastScrape, now)}
                        </td>
                        <td data-label="Took" className="sg-num">
                          {formatNanos(target.lastScrapeDuration * 1e9)}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
            </Panel>
          </>
        )}
      />
    </div>
  );
}
