/** The pages of the navigation, with the second key after `g`. */
export const PAGES = [
  { to: '/', label: 'Overview', key: 'o', id: 'overview', hint: 'what is wrong now' },
  { to: '/services', label: 'Services', key: 's', id: 'services', hint: 'rate, errors and duration' },
  { to: '/metrics-explorer', label: 'Metrics', key: 'm', id: 'metrics', hint: 'graph and table of PromQL' },
  { to: '/logs', label: 'Logs', key: 'l', id: 'logs', hint: 'lines and counts of LogQL' },
  { to: '/traces', label: 'Traces', key: 't', id: 'traces', hint: 'search spans with TraceQL' },
  { to: '/alerts', label: 'Alerts', key: 'a', id: 'alerts', hint: 'firing, silences, rules, notifications' },
  { to: '/slos', label: 'SLOs', key: 'b', id: 'slos', hint: 'error budgets and how fast they burn' },
  { to: '/targets', label: 'Data', key: 'd', id: 'targets', hint: 'targets, receivers, volume, cardinality' },
] as const;
