import { Button } from '@mantine/core';
import { useUrl } from '../shell/search';

/** A filter must not make somebody believe that nothing else is wrong. */
export function HiddenAlerts({ count }: { count: number }) {
  const { set } = useUrl();
  if (count === 0) return null;
  return (
    <p className="sg-hidden-alerts" role="status">
      {count} more {count === 1 ? 'alert does' : 'alerts do'} not match the filter.{' '}
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
