import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { keptSearch, type AppSearch } from '../../shell/search';

/** Leads to the page of an objective. */
export function SloLink({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Link to="/slos/one" search={(old: AppSearch) => ({ ...keptSearch(old), name })}>
      {children}
    </Link>
  );
}
