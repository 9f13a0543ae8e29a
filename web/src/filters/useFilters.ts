import { useMemo } from 'react';
import { useUrl } from '../shell/search';
import type { Filters } from './apply';

/** The service and the environment the whole app is narrowed to; empty means any. */
export function useFilters(): Filters {
  const { search } = useUrl();
  const { service = '', env = '' } = search;
  return useMemo(() => ({ service, env }), [service, env]);
}
