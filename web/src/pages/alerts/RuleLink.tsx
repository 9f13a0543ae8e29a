import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ExpressionLanguage } from '../../api/expression';
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

/** Where an expression of each language is asked. */
export const EXPLORE_PAGES = { promql: '/metrics-explorer', logql: '/logs', traceql: '/traces' } as const;

/** Leads to where the expression can be changed and asked. */
export function ExploreLink({ query, language }: { query: string; language: ExpressionLanguage }) {
  return (
    <Link
      className="sg-dim"
      to={EXPLORE_PAGES[language]}
      search={(old: AppSearch) => ({ ...keptSearch(old), q: query })}
    >
      Explore
    </Link>
  );
}
