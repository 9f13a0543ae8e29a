import { useMediaQuery } from '@mantine/hooks';

/** A phone: the width at which the styles change too. */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 800px)', false, { getInitialValueInEffect: false });
}
