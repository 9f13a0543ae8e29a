import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { keptSearch, type AppSearch } from '../../shell/search';
import type { RulePlace } from './active';

/** Leads to the page of a rule. */
export function RuleLink({
  place,
  className,
  children,
}: {
  place: RulePlace;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Link
      className={className}
      to="/alerts/rule"
      search={(old: AppSearch) => ({
        ...keptSearch(old),
        name: place.name,
        group: place.group,
        file: place.file,
        at: String(place.index),
      })}
    >
      {children}
    </Link>
  );
}

/** Leads to where the expression can be changed and asked. */
export function ExploreLink({ query, language }: { query: string; language: 'promql' | 'logql' }) {
  return (
    <Link
      className="sg-dim"
      to={language === 'logql' ? '/logs' : '/metrics-explorer'}
      search={(old: AppSearch) => ({ ...keptSearch(old), q: query })}
    >
      Explore
    </Link>
  );
}
