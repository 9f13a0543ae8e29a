import { Button } from '@mantine/core';
import { Sparkline } from '../../charts/Sparkline';
import { formatNumber, formatSeconds, formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { Annotations, LabelTags, State } from '../../shell/Labels';
import { useUrl } from '../../shell/search';
import { useTime } from '../../time/TimeContext';
import { Acknowledged } from '../oncall/Acknowledge';
import { matchersOf, matchersText } from '../silences/matchers';
import { isQuiet, type ActiveAlert } from './active';
import { AlertLink } from './EventTable';
import { RuleLink } from './RuleLink';

interface Props {
  alert: ActiveAlert;
  /** With the name of its rule, where no title says it. */
  named?: boolean;
  values?: readonly (number | null)[] | undefined;
  threshold?: number | undefined;
}

export function AlertRow({ alert, named = false, values, threshold }: Props) {
  const { now } = useTime();
  const { set } = useUrl();
  return (
    <div className="sg-alert" data-testid="alert-row">
      <State state={alert.state} />
      <div style={{ minWidth: 0 }}>
        {named && <b>{alert.place === null ? alert.rule : <RuleLink place={alert.place}>{alert.rule}</RuleLink>}</b>}
        <Annotations annotations={alert.annotations} />
        <div className="sg-tagline">
          <LabelTags labels={alert.labels} without={['alertname']} />
          <Routing alert={alert} />
        </div>
      </div>
      <div className="sg-alert-side">
        {values && <Sparkline values={values} threshold={threshold} label={`Value of ${alert.rule}`} />}
        <div className="sg-num">
          <div style={{ fontWeight: 600 }}>{valueText(alert.value)}</div>
          <div className="sg-dim" title={formatTimeShort(Date.parse(alert.activeAt))}>
            for {formatSeconds((now - Date.parse(alert.activeAt)) / 1000)}
          </div>
          <div className="sg-alert-do">
            {alert.fingerprint !== null && (
              <>
                <AlertLink fingerprint={alert.fingerprint}>History</AlertLink>
                <Acknowledged fingerprint={alert.fingerprint} what={alert.rule} />
              </>
            )}
            {alert.silencedBy.length === 0 && (
              <Button
                size="compact-xs"
                variant="default"
                leftSection={<Icon name="mute" size={12} />}
                data-testid="silence-alert"
                aria-label={`Silence ${alert.rule}`}
                onClick={() => {
                  set({ silence: matchersText(matchersOf(alert.labels)) });
                }}
              >
                Silence
              </Button>
            )}
          </div>
        </div>
      </div>
    </div>
  );
}

function valueText(text: string): string {
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? text : formatNumber(value);
}

/** Who is told of an alert, or why nobody is. */
function Routing({ alert }: { alert: ActiveAlert }) {
  const { set } = useUrl();
  if (alert.state !== 'firing') return null;
  const [silence] = alert.silencedBy;
  return (
    <div className="sg-dim sg-routing">
      {isQuiet(alert) ? (
        <>
          <Icon name="mute" size={12} />
          {silence !== undefined && (
            <Button
              size="compact-xs"
              variant="subtle"
              data-testid="silenced-by"
              onClick={() => {
                set({ silence: `id:${silence}` });
              }}
            >
              silenced
            </Button>
          )}
          {alert.inhibitedBy.length > 0 && <span>inhibited by another alert</span>}
          {alert.mutedBy.length > 0 && <span>muted by {alert.mutedBy.join(', ')}</span>}
        </>
      ) : (
        alert.receivers.length > 0 && <span>goes to {alert.receivers.join(', ')}</span>
      )}
    </div>
  );
}
