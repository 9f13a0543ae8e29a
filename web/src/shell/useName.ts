import { useLocalStorage } from '@mantine/hooks';

/** What is written where nobody said who it was. */
export const NOBODY = 'web UI';

/** Who sits here: asked once, kept in this browser. */
export function useName() {
  const [name, setName] = useLocalStorage({ key: 'sightglass-name', defaultValue: '', getInitialValueInEffect: false });
  return { name, setName, by: name.trim() || NOBODY };
}
