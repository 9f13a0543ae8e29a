import { Icon } from '../../shell/Icon';
import { filtersOf, removeStage } from './query';

/** The filters that clicks have put into the query, each with a way out. */
export function ActiveFilters({ query, change }: { query: string; change: (query: string) => void }) {
  const filters = filtersOf(query);
  if (filters.length === 0) return null;
  return (
    <ul className="sg-active" aria-label="Filters of the query" data-testid="active-filters">
      {filters.map(({ stage, label, include }) => (
        <li key={stage} className={include ? undefined : 'sg-active-not'}>
          <span className="sg-cut" title={label}>
            {include ? '' : 'not '}
            {label}
          </span>
          <button
            type="button"
            aria-label={`Remove the filter ${label}`}
            onClick={() => {
              change(removeStage(query, stage));
            }}
          >
            <Icon name="close" size={10} />
          </button>
        </li>
      ))}
    </ul>
  );
}
