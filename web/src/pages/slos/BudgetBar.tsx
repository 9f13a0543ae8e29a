/** How much of a budget is left, as a length. The figure stands beside it. */
export function BudgetBar({ remaining }: { remaining: number }) {
  const width = Math.min(1, Math.max(0, remaining)) * 100;
  const tone = remaining <= 0.1 ? 'bad' : remaining <= 0.35 ? 'warn' : 'good';
  return (
    <span className="sg-bar sg-budget-bar" aria-hidden="true">
      <i className={`sg-fill-${tone}`} style={{ width: `${String(width)}%` }} />
    </span>
  );
}
