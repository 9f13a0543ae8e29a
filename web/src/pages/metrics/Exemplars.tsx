import { Link } from '@tanstack/react-router';
import type { Mark } from '../../charts/Chart';
import { formatNumber, formatTimeShort } from '../../lib/format';
import { keptSearch, type AppSearch } from '../../shell/search';

const LISTED = 5;

/** The greatest of the dots as links: for the keyboard, and for who does not want to aim. */
export function Exemplars({ marks }: { marks: readonly Mark[] }) {
  const greatest = [...marks].sort((a, b) => b.y - a.y).slice(0, LISTED);
  return (
    <p className="sg-exemplars" data-testid="exemplars">
      <span className="sg-dim">
        {marks.length} {marks.length === 1 ? 'exemplar' : 'exemplars'}, the greatest:
      </span>
      {greatest.map((mark) => (
        <Link
          key={`${mark.id} ${String(mark.y)}`}
          data-testid="exemplar"
          to="/trace/$id"
          params={{ id: mark.id }}
          search={(old: AppSearch) => keptSearch(old)}
          title={`${mark.label} · ${formatTimeShort(mark.x * 1000)}`}
        >
          <i aria-hidden="true" style={{ background: mark.color }} />
          {formatNumber(mark.y)} at {formatTimeShort(mark.x * 1000).slice(11)}
        </Link>
      ))}
    </p>
  );
}
