import { useQuery, type QueryKey } from '@tanstack/react-query';
import { parsed, sendJson } from './client';
import type { Labels } from './prometheus';

/** What a rule would have done over stored history. */

export interface BacktestSummary {
  fired: number;
  totalSeconds: number;
  longestSeconds: number;
  flaps: number;
  series: number;
}

export interface BacktestEpisode {
  labels: Labels;
  start: string;
  /** Null when it still fired at the end. */
  end: string | null;
  seconds: number;
}

export interface BacktestAlternative {
  /** Null where it is the rule's own. */
  threshold: number | string | null;
  forSeconds: number;
  expression: string;
  summary: BacktestSummary;
}

export interface BacktestedRule {
  group: string;
  name: string;
  expression: string;
  threshold: number | string | null;
  intervalSeconds: number;
  forSeconds: number;
  keepFiringForSeconds: number;
  skipped: string | null;
  error: string | null;
  noThreshold: string | null;
  summary: BacktestSummary;
  episodes: BacktestEpisode[];
  episodesLeftOut: number;
  alternatives: BacktestAlternative[];
}

export interface Backtest {
  from: string;
  to: string;
  flapSeconds: number;
  rules: BacktestedRule[];
}

export interface BacktestQuestion {
  file: string;
  group: string;
  rule: string;
  /** Seconds. */
  from: number;
  to: number;
  /** None: the server tries some. */
  thresholds: readonly number[];
  waits: readonly string[];
}

export const backtestKey = (question: BacktestQuestion | undefined): QueryKey => ['sightglass', 'backtest', question];

export function useBacktest(question: BacktestQuestion | undefined) {
  return useQuery({
    queryKey: backtestKey(question),
    queryFn: async ({ signal }) => {
      const { waits, thresholds, ...rest } = question ?? NOTHING;
      const path = '/sightglass/v1/backtest';
      const body = {
        ...rest,
        ...(thresholds.length === 0 ? {} : { thresholds }),
        ...(waits.length === 0 ? {} : { for: waits }),
      };
      return parsed<Backtest>(path, await sendJson('POST', path, body, signal));
    },
    enabled: question !== undefined,
    staleTime: Infinity,
    retry: false,
  });
}

const NOTHING: BacktestQuestion = { file: '', group: '', rule: '', from: 0, to: 0, thresholds: [], waits: [] };
