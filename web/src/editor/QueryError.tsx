import { ErrorNote } from '../shell/states';
import { caretText, placeOf } from './position';

/** Why a query was refused, and where: the query as it was sent with a mark under the place. */
export function QueryError({ error, query }: { error: unknown; query: string }) {
  const place = placeOf(error instanceof Error ? error.message : String(error));
  const caret = place === undefined ? undefined : caretText(query, place);
  return (
    <div data-testid="query-error">
      <ErrorNote error={error} />
      {caret !== undefined && <pre className="sg-caret">{caret}</pre>}
    </div>
  );
}
