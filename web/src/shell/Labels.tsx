import { Anchor } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';

/** Labels as small tags. */
export function LabelTags({ labels, without = [] }: { labels: Record<string, string>; without?: readonly string[] }) {
  const shown = Object.entries(labels).filter(([name]) => !without.includes(name));
  return (
    <span className="sg-tags">
      {shown.map(([name, value]) => (
        <span key={name} className="sg-tag">
          <span className="sg-dim">{name}</span> {value}
        </span>
      ))}
    </span>
  );
}

export const isLink = (value: string) => /^https?:\/\//i.test(value);

/** Annotations come from rule files: they are text, and only an http(s) runbook becomes a link. */
export function Annotations({ annotations }: { annotations: Record<string, string> }) {
  const { summary, description, ...rest } = annotations;
  return (
    <div className="sg-annotations">
      {summary && <div style={{ fontWeight: 500 }}>{summary}</div>}
      {description && <div className="sg-dim sg-wrap">{description}</div>}
      {Object.entries(rest).map(([name, value]) => (
        <div key={name} className="sg-dim sg-wrap">
          {name.startsWith('runbook') && isLink(value) ? (
            <Anchor href={value} target="_blank" rel="noreferrer noopener" size="xs">
              Runbook
            </Anchor>
          ) : (
            `${name}: ${value}`
          )}
        </div>
      ))}
    </div>
  );
}

const TONES: Record<string, string> = {
  firing: 'bad',
  failed: 'bad',
  failing: 'bad',
  'too fast': 'bad',
  broken: 'bad',
  missed: 'bad',
  refused: 'bad',
  down: 'bad',
  burning: 'bad',
  exhausted: 'bad',
  error: 'bad',
  err: 'bad',
  pending: 'warn',
  running: 'warn',
  held: 'calm',
  unknown: 'warn',
  up: 'good',
  ok: 'good',
  met: 'good',
  sent: 'good',
  resolved: 'good',
  acknowledged: 'good',
  active: 'good',
  expired: 'calm',
  inactive: 'calm',
  idle: 'calm',
};

const SIGNS: Record<string, string> = { bad: '▲', warn: '◆', good: '●', calm: '○' };

/** Words with a sign and a colour: what is bad is told without colour too. */
export function Toned({ tone, children }: { tone: string; children: ReactNode }) {
  return (
    <span className={`sg-state sg-state-${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  );
}

/** A state as word, sign and colour. */
export function State({ state }: { state: string }) {
  return <Toned tone={TONES[state] ?? 'calm'}>{state}</Toned>;
}

/** A name like `HostOutOfMemory` that may be broken before its words. */
export function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[_:])/).map((word, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {word}
    </Fragment>
  ));
}
