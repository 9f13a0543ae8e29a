/** What is usually asked of a metric of this type. */
export function suggest(name: string, type: string): string {
  if (name.endsWith('_bucket')) return `histogram_quantile(0.95, sum by (le) (rate(${name}[5m])))`;
  if (type === 'counter' || name.endsWith('_total')) return `rate(${name}[5m])`;
  return name;
}
