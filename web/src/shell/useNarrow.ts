import { useMediaQuery } from '@mantine/hooks';

/** A phone: the width at which app.css changes too. */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 800px)', false, { getInitialValueInEffect: false });
}
