import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

/** Everything a page keeps in the URL. One list for all pages: a name means the same everywhere. */
export const SEARCH_KEYS = [
  'from',
  'to',
  'refresh',
  'q',
  'q2',
  'q3',
  'q4',
  'tab',
  'service',
  'env',
  'name',
  'min',
  'status',
  'span',
  'find',
  'filter',
  'group',
  'file',
  'at',
  'silence',
  'line',
  'limit',
  'view',
  'compare',
  'alert',
  'period',
  'days',
  'threshold',
  'for',
] as const;

export type AppSearch = Partial<Record<(typeof SEARCH_KEYS)[number], string>>;

/** What stays when the page changes. */
export const KEPT_KEYS = ['from', 'to', 'refresh', 'service', 'env'] as const;

export function validateSearch(raw: Record<string, unknown>): AppSearch {
  const search: AppSearch = {};
  for (const key of SEARCH_KEYS) {
    const value = raw[key];
    if (typeof value === 'string' && value !== '') search[key] = value;
  }
  return search;
}

/** Values are plain text in the URL (the router would write JSON). */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') params.set(key, value);
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

export function keptSearch(search: AppSearch): AppSearch {
  const kept: AppSearch = {};
  for (const key of KEPT_KEYS) if (search[key] !== undefined) kept[key] = search[key];
  return kept;
}

/** The whole address of this page with another search: what is copied as a link. */
export function withSearch(search: AppSearch): string {
  return `${window.location.origin}${window.location.pathname}${stringifySearch(search)}`;
}

/** The URL as state: read it, or change some of it. */
export function useUrl() {
  const search: AppSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (patch: AppSearch, replace = false) => {
      void navigate({
        to: '.',
        replace,
        // What only refines the page leaves it, and the lists in it, where they are scrolled to.
        resetScroll: !replace,
        search: (old: AppSearch) => validateSearch({ ...old, ...patch }),
      });
    },
    [navigate],
  );
  return { search, set };
}
