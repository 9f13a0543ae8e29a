import { describe, expect, it } from 'vitest';
import { changeText, percentText, redQueries, serviceOfJob, sourcesIn } from '../src/pages/services/red';

const HTTP = 'http_server_request_duration_seconds';

describe('rate, errors and duration', () => {
  it('asks nothing when no metric is known', () => {
    expect(redQueries(sourcesIn(['up']), 150)).toEqual({ rate: '', errors: '', p95: '' });
  });

  it('asks for all services at once', () => {
    const { rate, errors, p95 } = redQueries(sourcesIn([`${HTTP}_count`]), 150);
    expect(rate).toBe(`sum by (job) (rate(${HTTP}_count{}[150s]))`);
    expect(errors).toContain('http_response_status_code=~"5.."');
    expect(p95).toBe(`histogram_quantile(0.95, sum by (job, le) (rate(${HTTP}_bucket{}[150s])))`);
  });

  it('takes the first source of a service, and milliseconds as seconds', () => {
    const sources = sourcesIn([`${HTTP}_count`, 'http_server_duration_milliseconds_count']);
    const { rate, p95 } = redQueries(sources, 150);
    expect(rate.split(' or ')).toHaveLength(2);
    expect(p95).toContain('* 0.001');
  });

  it('asks for the endpoints of one service', () => {
    const { rate } = redQueries(sourcesIn([`${HTTP}_count`]), 60, 'a.b');
    expect(rate).toBe(
      `label_replace(sum by (http_route) (rate(${HTTP}_count{job=~"(.*/)?a\\\\.b"}[60s])), "endpoint", "$1", "http_route", "(.*)")`,
    );
  });

  it('knows the service of a job', () => {
    expect(serviceOfJob('demo/shop')).toBe('shop');
    expect(serviceOfJob('shop')).toBe('shop');
  });

  it.each([
    [1.5, 1, '+50 %'],
    [0.5, 1, '−50 %'],
    [1.01, 1, undefined],
    [20, 1, '×20'],
    [1, 0, undefined],
    [null, 1, undefined],
  ])('says the change of %s from %s', (now, before, wanted) => {
    expect(changeText(now, before)).toBe(wanted);
  });

  it('shows shares with three digits', () => {
    expect(percentText(0.0584912)).toBe('5.85 %');
  });
});
