import { Button } from '@mantine/core';
import { useUrl } from '../shell/search';

/** A filter must not make somebody believe that there is nothing else. */
export function Hidden({ count, what }: { count: number; what: string }) {
  const { set } = useUrl();
  if (count === 0) return null;
  return (
    <p className="sg-hidden-count" role="status" data-testid="hidden-count">
      {count} more {what}
      {count === 1 ? ' does' : 's do'} not match the filter.{' '}
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => {
          set({ service: undefined, env: undefined });
        }}
      >
        Show all
      </Button>
    </p>
  );
}
