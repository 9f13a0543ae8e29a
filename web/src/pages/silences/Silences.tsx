import { Button, Group } from '@mantine/core';
import { useExpireSilence, useRoutedAlerts, useSilences, type Silence } from '../../api/alertmanager';
import { matchesMatchers } from '../../filters/apply';
import { Hidden } from '../../filters/Hidden';
import { useFilters } from '../../filters/useFilters';
import { formatAgo, formatSeconds, formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { State } from '../../shell/Labels';
import { ListBar } from '../../shell/ListBar';
import { useUrl } from '../../shell/search';
import { Empty, ErrorNote, Loading, Panel } from '../../shell/states';
import { useTime } from '../../time/TimeContext';
import { ALERTS_INTERVAL } from '../alerts/active';
import { matchersText, matcherText } from './matchers';

const STATES = ['active', 'pending', 'expired'] as const;

export function Silences() {
  const { search, set } = useUrl();
  const { interval } = useTime();
  const answer = useSilences(interval || ALERTS_INTERVAL);
  const filters = useFilters();
  const all = answer.data ?? [];
  const kept = all.filter((silence) => matchesMatchers(silence.matchers, filters));
  const isFound = (search.find ?? '') !== '';
  return (
    <ListBar
      items={kept}
      kinds={STATES}
      isOf={(silence, state) => silence.status.state === state}
      find={{
        label: 'Find a silence',
        placeholder: 'Find label, author or comment',
        has: (silence, text) => textOf(silence).includes(text),
      }}
      list={(shown, state) => (
        <>
          <Hidden
            count={all.filter((item) => item.status.state === state && !kept.includes(item)).length}
            what="silence"
          />
          {answer.error !== null ? (
            <ErrorNote error={answer.error} />
          ) : (
            <Panel title={`Silences, ${state}`} aside={<span className="sg-dim">{shown.length} shown</span>}>
              {answer.isPending ? (
                <Loading what="silences" />
              ) : shown.length === 0 ? (
                <Empty title={isFound ? 'No silence has this text' : `No silence is ${state}`}>
                  {state === 'active' &&
                    !isFound &&
                    'Press “Silence” beside an alert, and it is quiet until you say so.'}
                </Empty>
              ) : (
                shown.map((silence) => <SilenceRow key={silence.id} silence={silence} />)
              )}
            </Panel>
          )}
        </>
      )}
    >
      <Button
        size="xs"
        variant="default"
        leftSection={<Icon name="plus" size={13} />}
        data-testid="new-silence"
        onClick={() => {
          set({ silence: 'new' });
        }}
      >
        New silence
      </Button>
    </ListBar>
  );
}

function textOf(silence: Silence): string {
  return `${matchersText(silence.matchers)} ${silence.createdBy} ${silence.comment} ${silence.id}`.toLowerCase();
}

export function SilenceRow({ silence }: { silence: Silence }) {
  const { set } = useUrl();
  const expire = useExpireSilence();
  const routed = useRoutedAlerts(ALERTS_INTERVAL);
  const now = Math.max(useTime().now, routed.dataUpdatedAt);
  const quiet = (routed.data ?? []).filter((alert) => alert.status.silencedBy.includes(silence.id)).length;
  const { state } = silence.status;
  return (
    <div className="sg-alert sg-silence" data-testid="silence-row">
      <State state={state} />
      <div style={{ minWidth: 0 }}>
        <span className="sg-tags">
          {silence.matchers.map((matcher) => (
            <span key={matcherText(matcher)} className="sg-tag sg-mono">
              {matcherText(matcher)}
            </span>
          ))}
        </span>
        <div className="sg-wrap">{silence.comment}</div>
        <div className="sg-dim">
          {silence.createdBy} · {when(silence, now)}
          {state === 'active' &&
            ` · ${quiet === 0 ? 'no alert' : `${String(quiet)} alert${quiet === 1 ? '' : 's'}`} silenced now`}
        </div>
        {expire.error !== null && <ErrorNote error={expire.error} />}
      </div>
      <Group gap={6} wrap="nowrap" align="flex-start">
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            set({ silence: `id:${silence.id}` });
          }}
        >
          {state === 'expired' ? 'Again' : 'Edit'}
        </Button>
        {state !== 'expired' && (
          <Button
            size="compact-xs"
            variant="default"
            data-testid="expire-silence"
            loading={expire.isPending}
            onClick={() => {
              expire.mutate(silence.id);
            }}
          >
            Expire
          </Button>
        )}
      </Group>
    </div>
  );
}

function when({ status, startsAt, endsAt }: Silence, now: number): string {
  const [start, end] = [Date.parse(startsAt), Date.parse(endsAt)];
  if (status.state === 'expired') return `ended ${formatAgo(endsAt, now)}`;
  if (status.state === 'pending') return `from ${formatTimeShort(start)} for ${formatSeconds((end - start) / 1000)}`;
  return `until ${formatTimeShort(end)}, ${formatSeconds((end - now) / 1000)} left`;
}
