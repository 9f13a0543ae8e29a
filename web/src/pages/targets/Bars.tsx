import type { ReactNode } from 'react';
import type { NamedCount } from '../../api/cardinality';

interface Props {
  items: readonly NamedCount[];
  format: (value: number) => string;
  link?: (name: string) => ReactNode;
  /** What else leads somewhere, before the number. */
  aside?: (name: string) => ReactNode;
}

/** Names with their share of the largest. */
export function Bars({ items, format, link = (name) => name, aside }: Props) {
  const most = Math.max(1, ...items.map((item) => item.value));
  return (
    <ul className="sg-bars">
      {items.map(({ name, value }) => (
        <li key={name}>
          <span className="sg-wrap">{link(name)}</span>
          <span className="sg-num">
            {aside && <span className="sg-bars-aside">{aside(name)}</span>}
            {format(value)}
          </span>
          <span className="sg-bar" aria-hidden="true">
            <i style={{ width: `${String((value / most) * 100)}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
