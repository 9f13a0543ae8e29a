import { Button, Popover, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAcknowledge, useAcknowledgements, useUnacknowledge } from '../../api/people';
import { formatTimeShort } from '../../lib/format';
import { Icon } from '../../shell/Icon';
import { NOBODY, useName } from '../../shell/useName';
import { ALERTS_INTERVAL } from '../alerts/active';

interface Props {
  fingerprints: readonly string[];
  /** What is acknowledged, for who hears the page. */
  what: string;
  /** What else was wrong, beside the list. */
  size?: 'compact-xs' | 'xs';
}

/** Takes alerts in hand: escalation stops, and everybody sees who works on it. One click once the browser knows the name. */
export function Acknowledge({ fingerprints, what, size = 'compact-xs' }: Props) {
  const { name, setName, by } = useName();
  const [asking, setAsking] = useState(false);
  const acknowledge = useAcknowledge();
  const send = () => {
    setAsking(false);
    acknowledge.mutate({ fingerprints, by, comment: '' });
  };
  return (
    <>
      <Popover opened={asking} onChange={setAsking} position="bottom-end" shadow="md" trapFocus withinPortal>
        <Popover.Target>
          <Button
            size={size}
            variant="default"
            leftSection={<Icon name="check" size={12} />}
            data-testid="acknowledge"
            aria-label={`Acknowledge ${what}`}
            loading={acknowledge.isPending}
            onClick={() => {
              if (name.trim() === '') setAsking(true);
              else send();
            }}
          >
            Acknowledge
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <form
            className="sg-ask"
            onSubmit={(event) => {
              event.preventDefault();
              send();
            }}
          >
            <TextInput
              size="xs"
              label="Your name"
              description="Asked once, kept in this browser"
              placeholder={NOBODY}
              autoComplete="name"
              data-autofocus
              value={name}
              onChange={(event) => {
                setName(event.currentTarget.value);
              }}
            />
            <Button type="submit" size="xs" data-testid="acknowledge-as">
              Acknowledge
            </Button>
          </form>
        </Popover.Dropdown>
      </Popover>
      {acknowledge.error !== null && (
        <span className="sg-why" role="alert">
          {acknowledge.error.message}
        </span>
      )}
    </>
  );
}

/** Who has an alert in hand, or the button to take it. */
export function Acknowledged({ fingerprint, what, size }: { fingerprint: string; what: string; size?: 'xs' }) {
  const found = useAcknowledgements(ALERTS_INTERVAL).data?.find((item) => item.fingerprint === fingerprint);
  const { by } = useName();
  const take = useUnacknowledge();
  if (found === undefined) return <Acknowledge fingerprints={[fingerprint]} what={what} {...(size ? { size } : {})} />;
  return (
    <span className="sg-acknowledged" data-testid="acknowledged">
      <span className="sg-state-good" title={`at ${formatTimeShort(Date.parse(found.at))}`}>
        <Icon name="check" size={12} /> {found.by}
      </span>
      <Button
        size="compact-xs"
        variant="subtle"
        aria-label={`Give ${what} back`}
        data-testid="unacknowledge"
        loading={take.isPending}
        onClick={() => {
          take.mutate({ fingerprint, by });
        }}
      >
        Give back
      </Button>
      {take.error !== null && (
        <span className="sg-why" role="alert">
          {take.error.message}
        </span>
      )}
    </span>
  );
}
